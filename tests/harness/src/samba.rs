//! An Active Directory domain controller (Debian package samba-ad-dc) as a process: only its LDAP, in a folder of its own, at an
//! address of this machine that nobody else uses. The ports are fixed, which only root may open.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// How many times a port that is about to open is tried.
const CONNECTS_MAX: usize = 10_000_000;

const PASSWORD: &str = "Passw0rd.Of.The.Domain";

/// A running domain controller of `ex.org`, ended when dropped.
#[derive(Debug)]
pub struct Samba {
    dir: TempDir,
    process: Option<Child>,
    address: Ipv4Addr,
}

impl Samba {
    /// Makes the domain and starts it.
    pub fn start() -> Self {
        let dir = TempDir::with_prefix("veche-samba-").expect("a temporary folder can be made");
        let [high, low, ..] = std::process::id().to_be_bytes()[2..] else { unreachable!("four bytes") };
        let address = Ipv4Addr::new(127, 77, high, low);
        let target = format!("--targetdir={}", dir.path().display());
        let password = format!("--adminpass={PASSWORD}");
        let mut command = Command::new("samba-tool");
        command.args(["domain", "provision", "--realm=EX.ORG", "--domain=EX", "--server-role=dc"]);
        command.args(["--host-name=localdc", "--host-ip=127.0.0.1", &target, &password]);
        must(&command.output().expect("samba-ad-dc is installed (see .ci/run setup_tests)"));
        make_certificates(dir.path(), address);
        fs::write(dir.path().join("smb.conf"), config(dir.path(), address)).expect("the folder can be written");
        let mut samba = Self { dir, process: None, address };
        samba.tool(&["domain", "passwordsettings", "set", "--complexity=off", "--min-pwd-length=1"]);
        let mut command = Command::new("/usr/sbin/samba");
        command.args(["-i", "-M", "single", "-s"]).arg(samba.dir.path().join("smb.conf"));
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        samba.process = Some(command.spawn().expect("samba-ad-dc is installed (see .ci/run setup_tests)"));
        let is_up = (0..CONNECTS_MAX).any(|_| TcpStream::connect((address, 636)).is_ok());
        assert!(is_up, "Samba does not listen on {address}: its ports are for root alone");
        samba
    }

    /// Runs Samba's own tool on the domain: `user create`, `group addmembers` and so on.
    pub fn tool(&self, arguments: &[&str]) {
        let mut command = Command::new("samba-tool");
        command.args(arguments).arg("-s").arg(self.dir.path().join("smb.conf"));
        must(&command.output().expect("samba-ad-dc is installed (see .ci/run setup_tests)"));
    }

    /// Its address.
    pub fn ldaps(&self) -> String {
        format!("ldaps://{}", self.address)
    }

    /// The authority, in PEM.
    pub fn ca_pem(&self) -> String {
        fs::read_to_string(self.dir.path().join("ca.pem")).expect("it was made")
    }

    /// Who may read everything.
    pub const fn admin() -> (&'static str, &'static str) {
        ("administrator@ex.org", PASSWORD)
    }
}

impl Drop for Samba {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("our own child can be killed");
            process.wait().expect("our own child can be waited for");
        }
    }
}

fn config(dir: &Path, address: Ipv4Addr) -> String {
    let folder = dir.display();
    format!(
        "[global]\nnetbios name = LOCALDC\nrealm = EX.ORG\nworkgroup = EX\nserver role = active directory domain controller\n\
         server services = ldap\nprivate dir = {folder}/private\nstate directory = {folder}/state\n\
         cache directory = {folder}/cache\nlock directory = {folder}\npid directory = {folder}\n\
         ncalrpc dir = {folder}/ncalrpc\nlog file = {folder}/log\ninterfaces = {address}/255.0.0.0\n\
         bind interfaces only = yes\ntls enabled = yes\ntls keyfile = {folder}/server.key\n\
         tls certfile = {folder}/server.pem\ntls cafile = {folder}/ca.pem\ndns update command = /bin/true\n\
         spn update command = /bin/true\n"
    )
}

fn make_certificates(dir: &Path, address: Ipv4Addr) {
    let openssl = |arguments: &str| {
        let run = Command::new("openssl").args(arguments.split(' ')).current_dir(dir).output();
        must(&run.expect("openssl is installed (see .ci/run setup_tests)"));
    };
    fs::write(dir.join("names"), format!("subjectAltName=IP:{address}")).expect("the folder can be written");
    openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=Domain-CA -days 30");
    openssl("req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localdc");
    openssl(
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 30 -extfile names",
    );
    fs::set_permissions(dir.join("server.key"), fs::Permissions::from_mode(0o600)).expect("it is ours");
}

#[track_caller]
fn must(output: &Output) {
    let words = [&output.stdout[..], &output.stderr[..]].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&words));
}
