//! What the servers and the tools come from: Debian packages, asked for only where something is missing.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::load::Bench;
use crate::process::Kind;

pub(crate) fn of_server(kind: Kind) -> Vec<&'static str> {
    match kind {
        Kind::Veche => Vec::new(),
        Kind::Synapse => of_synapse(),
        Kind::Coturn => [program("turnserver", "coturn"), program("openssl", "openssl")].concat(),
        Kind::Nginx => [program("nginx", "nginx"), program("openssl", "openssl")].concat(),
    }
}

/// What puts a server under this load, if that is not the bench itself.
pub(crate) fn of_load(bench: Bench) -> Vec<&'static str> {
    match bench {
        Bench::Relay | Bench::RelayTls => program("turnutils_uclient", "coturn"),
        Bench::Requests => program("wrk", "wrk"),
        _ => Vec::new(),
    }
}

fn of_synapse() -> Vec<&'static str> {
    let mut missing = Vec::new();
    if versions().is_none_or(|versions| versions.is_empty()) {
        missing.push("postgresql");
    }
    // Its driver for PostgreSQL is compiled when it is installed from PyPI, the first time.
    if !cache().join("synapse-venv/bin/python").exists() {
        missing.extend(program("pg_config", "libpq-dev"));
        missing.extend(program("cc", "gcc"));
        missing.extend(["python3-dev", "python3-venv"]);
    }
    missing
}

/// Folders with PostgreSQL's server, which Debian keeps out of the path.
fn versions() -> Option<Vec<PathBuf>> {
    let folders = fs::read_dir("/usr/lib/postgresql").ok()?;
    Some(folders.flatten().map(|entry| entry.path().join("bin/postgres")).filter(|path| path.exists()).collect())
}

/// Where `peer/synapse.py` installs Synapse.
fn cache() -> PathBuf {
    let home = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache/veche");
    env::var_os("VECHE_CACHE").map_or_else(home, PathBuf::from)
}

fn program(name: &str, package: &'static str) -> Vec<&'static str> {
    let path = env::var_os("PATH").unwrap_or_default();
    // Debian's servers lie where a user's path does not always lead.
    let folders = env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    let found = folders.into_iter().any(|folder| Path::new(&folder).join(name).exists());
    if found { Vec::new() } else { vec![package] }
}
