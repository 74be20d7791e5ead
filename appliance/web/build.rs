//! Puts what a build of pages has made into the program: a table of the files below `dist/`, each with its compressed
//! forms and a tag of its content. If there is nothing, the table is empty, and the program says so to whoever asks.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest, Sha256};

/// Bytes of the hash that tell two versions of a file apart.
const TAG_BYTES: usize = 12;

fn main() {
    let dist = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo tells the folder")).join("dist");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=dist");
    let mut paths = Vec::new();
    gather(&dist, &mut paths);
    // In order of their names, which are looked up by halving.
    let mut files: Vec<(String, PathBuf)> = paths.into_iter().map(|path| (name(&dist, &path), path)).collect();
    files.sort();
    let mut table = "&[\n".to_owned();
    for (name, path) in &files {
        let content = fs::read(path).expect("a built file can be read");
        writeln!(
            table,
            "File {{ name: {name:?}, tag: {:?}, plain: include_bytes!({path:?}), br: {}, gzip: {} }},",
            tag(&content),
            form(path, "br"),
            form(path, "gz"),
        )
        .expect("text can be written into memory");
    }
    table.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo tells where results go"));
    fs::write(out.join("files.rs"), table).expect("the table can be written");
}

/// The files of the applications: what lies in their folders, without compressed forms and hidden files.
fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let entry = entry.expect("the built files can be listed");
        let path = entry.path();
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        let is_form = path.extension().is_some_and(|extension| extension == "br" || extension == "gz");
        if is_hidden || is_form {
            continue;
        }
        if path.is_dir() {
            gather(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// `client/assets/main.js`.
fn name(dist: &Path, path: &Path) -> String {
    let name = path.strip_prefix(dist).expect("it was found there");
    let name = name.to_str().expect("names of built files are UTF-8");
    name.replace('\\', "/")
}

/// A compressed form beside the file, if there is one.
fn form(path: &Path, extension: &str) -> String {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".");
    beside.push(extension);
    let beside = PathBuf::from(beside);
    if beside.exists() { format!("Some(include_bytes!({beside:?}))") } else { "None".to_owned() }
}

fn tag(content: &[u8]) -> String {
    Sha256::digest(content).iter().take(TAG_BYTES).fold(String::new(), |mut tag, byte| {
        write!(tag, "{byte:02x}").expect("text can be written into memory");
        tag
    })
}
