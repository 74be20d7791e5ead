//! `veche certificate` as an administrator runs it.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use veche_test_harness::binary;

/// What a command said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// What it printed; it must have succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.err);
        self.out
    }

    /// What it complained about; it must have failed.
    #[track_caller]
    pub(crate) fn refused(self) -> String {
        assert_eq!(self.code, Some(1), "{}{}", self.out, self.err);
        self.err
    }
}

/// Runs `veche certificate VERB --data DIR ...`.
pub(crate) fn certificate(verb: &str, dir: &Path, more: &[&str]) -> Said {
    let mut command = Command::new(binary());
    command.args(["certificate", verb, "--data"]).arg(dir).args(more);
    let output = command.stdin(Stdio::null()).output().expect("the binary can be started");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Uploads a chain and a key.
pub(crate) fn upload(dir: &Path, chain: &Path, key: &Path, more: &[&str]) -> Said {
    let text = |path: &Path| path.to_str().expect("the path is text").to_owned();
    let (chain, key) = (text(chain), text(key));
    certificate("upload", dir, &[&["--chain", &chain, "--key", &key][..], more].concat())
}

/// The root of the server's own authority.
pub(crate) fn root(dir: &Path) -> String {
    certificate("root", dir, &[]).ok()
}

/// How the certificate in use is.
pub(crate) fn status(dir: &Path) -> Value {
    serde_json::from_str(&certificate("status", dir, &["--json"]).ok()).expect("a status is JSON")
}
