//! The openssl command line as an independent maker of certificates.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::NAME;

const AUTHORITY: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";

/// A folder with an authority, in which certificates are made.
pub(crate) struct Workshop {
    dir: TempDir,
}

impl Workshop {
    /// Makes the authority, `root`.
    pub(crate) fn new() -> Self {
        let this = Self { dir: tempfile::tempdir().expect("a temporary folder can be made") };
        this.certify("root", None, AUTHORITY);
        this
    }

    /// Makes a good certificate of this authority for the server of the tests.
    pub(crate) fn certify_server(&self, name: &str) {
        let extensions = format!(
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n\
             subjectAltName=DNS:{NAME}\n"
        );
        self.certify(name, Some("root"), &extensions);
    }

    /// Makes one for HTTPS on this machine.
    pub(crate) fn certify_localhost(&self, name: &str) {
        self.certify(name, Some("root"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    }

    /// `name.pem`
    pub(crate) fn chain(&self, name: &str) -> PathBuf {
        self.dir.path().join(format!("{name}.pem"))
    }

    /// `name.key`
    pub(crate) fn key(&self, name: &str) -> PathBuf {
        self.dir.path().join(format!("{name}.key"))
    }

    /// The authority's certificate in PEM.
    pub(crate) fn root_pem(&self) -> String {
        fs::read_to_string(self.chain("root")).expect("openssl has written it")
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, content).expect("the folder can be written");
        path
    }

    fn certify(&self, name: &str, issuer: Option<&str>, extensions: &str) {
        self.write(&format!("{name}.ext"), extensions);
        self.openssl(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"));
        self.openssl(&format!("req -new -key {name}.key -subj /CN={name} -out {name}.csr"));
        let signer = match issuer {
            None => format!("-signkey {name}.key"),
            Some(issuer) => format!("-CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial"),
        };
        self.openssl(&format!(
            "x509 -req -in {name}.csr {signer} -days 90 -sha256 -extfile {name}.ext -out {name}.pem"
        ));
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(self.dir.path()).output();
        let output = output.expect("openssl is installed");
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
