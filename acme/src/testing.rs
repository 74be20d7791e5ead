//! The openssl command line as an independent maker and checker of certificates. Tests only.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// Extensions of a good server certificate for `chat.example.org`.
pub(crate) const SERVER: &str = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
    extendedKeyUsage=serverAuth\nsubjectAltName=DNS:chat.example.org\n";
/// Extensions of a good authority.
pub(crate) const AUTHORITY: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
/// A key on P-256.
pub(crate) const P256: &str = "EC -pkeyopt ec_paramgen_curve:P-256";

/// A folder in which openssl makes things.
pub(crate) struct Workshop {
    dir: TempDir,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// Root, intermediate and a good server certificate: `root`, `middle` and `leaf`.
    pub(crate) fn with_chain() -> Self {
        let this = Self::new();
        this.certify("root", P256, None, AUTHORITY, "-sha256");
        this.certify("middle", P256, Some("root"), AUTHORITY, "-sha256");
        this.certify("leaf", P256, Some("middle"), SERVER, "-sha256");
        this
    }

    /// Runs openssl with arguments separated by spaces; fails with its words unless it succeeds.
    pub(crate) fn openssl(&self, arguments: &str) -> String {
        let (succeeded, words) = self.try_openssl(arguments);
        assert!(succeeded, "openssl {arguments}: {words}");
        words
    }

    /// Runs openssl; says whether it succeeded, and all its words.
    pub(crate) fn try_openssl(&self, arguments: &str) -> (bool, String) {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let output = Command::new("openssl").args(arguments).current_dir(self.dir.path()).output().unwrap();
        let words = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&words).into_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.dir.path().join(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.dir.path().join(name)).unwrap()
    }

    /// Several files, one after the other.
    pub(crate) fn join(&self, names: &[&str]) -> Vec<u8> {
        names.iter().flat_map(|name| self.read(name)).collect()
    }

    /// Makes `name.key` and `name.pem`. Without an issuer it is signed by itself; without extensions it is of version 1.
    pub(crate) fn certify(&self, name: &str, key: &str, issuer: Option<&str>, extensions: &str, options: &str) {
        self.openssl(&format!("genpkey -algorithm {key} -out {name}.key"));
        self.sign(name, issuer, extensions, options);
    }

    /// Makes `name.pem` for the key that is there already.
    pub(crate) fn sign(&self, name: &str, issuer: Option<&str>, extensions: &str, options: &str) {
        self.openssl(&format!("req -new -key {name}.key -subj /CN={name} -out {name}.csr"));
        let signer = match issuer {
            None => format!("-signkey {name}.key"),
            Some(issuer) => format!("-CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial"),
        };
        let extfile = if extensions.is_empty() { String::new() } else { format!("-extfile {name}.ext") };
        self.write(&format!("{name}.ext"), extensions);
        self.openssl(&format!("x509 -req -in {name}.csr {signer} -days 90 {extfile} {options} -out {name}.pem"));
    }
}
