//! OpenLDAP's server (Debian package slapd) as a process, with a folder and ports of its own, and an authority that has
//! signed its certificate for `localhost`.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// How many times a port that is about to open is tried.
const CONNECTS_MAX: usize = 1_000_000;

/// Everything below this belongs to it.
const SUFFIX: &str = "dc=ex,dc=org";
const ADMIN: &str = "cn=admin,dc=ex,dc=org";
const ADMIN_PASSWORD: &str = "secret of the directory";

/// A running slapd, ended when dropped.
#[derive(Debug)]
pub struct Slapd {
    dir: TempDir,
    process: Option<Child>,
    port: u16,
    tls_port: u16,
}

impl Slapd {
    /// Starts one with people below `ou=people`, groups below `ou=groups`, and what `ldif` adds.
    pub fn start(ldif: &str) -> Self {
        let dir = TempDir::with_prefix("veche-slapd-").expect("a temporary folder can be made");
        make_certificates(dir.path());
        fs::create_dir(dir.path().join("data")).expect("the folder can be written");
        fs::write(dir.path().join("slapd.conf"), config(dir.path())).expect("the folder can be written");
        let base = format!(
            "dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: ex\n\n\
             dn: ou=people,{SUFFIX}\nobjectClass: organizationalUnit\nou: people\n\n\
             dn: ou=others,{SUFFIX}\nobjectClass: organizationalUnit\nou: others\n\n\
             dn: ou=groups,{SUFFIX}\nobjectClass: organizationalUnit\nou: groups\n\n{ldif}"
        );
        fs::write(dir.path().join("start.ldif"), base).expect("the folder can be written");
        let loaded = Command::new(tool("slapadd"))
            .args(["-q", "-f"])
            .arg(dir.path().join("slapd.conf"))
            .arg("-l")
            .arg(dir.path().join("start.ldif"))
            .output();
        must(&loaded.expect("slapadd is installed (see .ci/run setup_tests)"));
        let mut slapd = Self { dir, process: None, port: free_port(), tls_port: free_port() };
        slapd.restart();
        slapd
    }

    /// A person for the LDIF of [`Slapd::start`] or [`Slapd::add`], whose password is his name and `-password`.
    pub fn person(uid: &str, more: &str) -> String {
        let mut ldif = format!(
            "dn: uid={uid},ou=people,{SUFFIX}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: The {uid}\nsn: {uid}\n\
             mail: {uid}@ex.org\nuserPassword: {uid}-password\n"
        );
        ldif.push_str(more);
        ldif.push('\n');
        ldif
    }

    /// A group of these DNs.
    pub fn group(cn: &str, members: &[&str]) -> String {
        let mut ldif = format!("dn: {}\nobjectClass: groupOfNames\ncn: {cn}\n", Self::group_dn(cn));
        for member in members {
            writeln!(ldif, "member: {member}").expect("text can be added to text");
        }
        ldif.push('\n');
        ldif
    }

    /// Where a person stands.
    pub fn dn(uid: &str) -> String {
        format!("uid={uid},ou=people,{SUFFIX}")
    }

    /// Where a group stands.
    pub fn group_dn(cn: &str) -> String {
        format!("cn={cn},ou=groups,{SUFFIX}")
    }

    /// `ldaps://` with this name of the machine.
    pub fn ldaps(&self, host: &str) -> String {
        format!("ldaps://{host}:{}", self.tls_port)
    }

    /// `ldap://`, upon which TLS can be started.
    pub fn ldap(&self, host: &str) -> String {
        format!("ldap://{host}:{}", self.port)
    }

    /// The authority, in PEM.
    pub fn ca_pem(&self) -> String {
        fs::read_to_string(self.dir.path().join("ca.pem")).expect("it was made")
    }

    /// Who may read everything.
    pub const fn admin() -> (&'static str, &'static str) {
        (ADMIN, ADMIN_PASSWORD)
    }

    /// What everything is below.
    pub const fn suffix() -> &'static str {
        SUFFIX
    }

    /// Changes it by LDIF: `changetype` and the rest of it, or entries to add.
    pub fn change(&self, ldif: &str) {
        let path = self.dir.path().join("change.ldif");
        fs::write(&path, ldif).expect("the folder can be written");
        let mut command = Command::new("ldapmodify");
        command.args(["-x", "-a", "-e", "relax", "-H", &self.ldap("127.0.0.1"), "-D", ADMIN, "-w", ADMIN_PASSWORD]);
        must(&command.arg("-f").arg(path).output().expect("ldap-utils are installed (see .ci/run setup_tests)"));
    }

    /// Ends it.
    pub fn end(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("our own child can be killed");
            process.wait().expect("our own child can be waited for");
        }
    }

    /// Starts it on the same folder and ports.
    pub fn restart(&mut self) {
        self.end();
        let addresses = format!("{} {}", self.ldap("127.0.0.1"), self.ldaps("127.0.0.1"));
        let mut command = Command::new(tool("slapd"));
        command.args(["-d", "0", "-h", &addresses, "-f"]).arg(self.dir.path().join("slapd.conf"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.process = Some(command.spawn().expect("slapd is installed (see .ci/run setup_tests)"));
        let is_up = |port| (0..CONNECTS_MAX).any(|_| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        assert!(is_up(self.port) && is_up(self.tls_port), "slapd does not listen");
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        self.end();
    }
}

/// Debian puts servers where only root looks.
fn tool(name: &str) -> PathBuf {
    Path::new("/usr/sbin").join(name)
}

fn config(dir: &Path) -> String {
    let folder = dir.display();
    let schemas: String = ["core", "cosine", "inetorgperson"]
        .iter()
        .map(|name| format!("include /etc/ldap/schema/{name}.schema\n"))
        .collect();
    format!(
        "{schemas}modulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload ppolicy\n\
         TLSCACertificateFile {folder}/ca.pem\nTLSCertificateFile {folder}/server.pem\nTLSCertificateKeyFile {folder}/server.key\n\
         pidfile {folder}/slapd.pid\nsizelimit size.soft=500 size.hard=500 size.prtotal=unlimited\n\
         database mdb\nmaxsize 1073741824\nsuffix \"{SUFFIX}\"\nrootdn \"{ADMIN}\"\nrootpw \"{ADMIN_PASSWORD}\"\n\
         directory {folder}/data\nindex objectClass,uid,mail,entryUUID,member eq\nindex modifyTimestamp eq\n\
         access to attrs=userPassword by anonymous auth\naccess to * by users read\noverlay ppolicy\n"
    )
}

fn make_certificates(dir: &Path) {
    let openssl = |arguments: &str| {
        let run = Command::new("openssl").args(arguments.split(' ')).current_dir(dir).output();
        must(&run.expect("openssl is installed (see .ci/run setup_tests)"));
    };
    fs::write(dir.join("names"), "subjectAltName=DNS:localhost").expect("the folder can be written");
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    openssl(&format!("req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=Directory-CA -days 30"));
    openssl(&format!("req {key} -keyout server.key -out server.csr -subj /CN=localhost"));
    openssl(
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 30 -extfile names",
    );
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

#[track_caller]
fn must(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
