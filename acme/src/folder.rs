//! The folder that keeps keys and certificates: every file is private and replaced as a whole.
//!
//! A file is written under another name, synced, renamed over the old one, and the folder is synced:
//! whoever loses power finds the old file or the new one. A chain and its key share one file, so that
//! the two can never be of different days.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// No file in the folder is larger; a larger one is not ours and is not read.
const FILE_BYTES_MAX: u64 = 1_024 * 1_024;

/// A file of the folder cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be {action}: {source}")]
pub struct FolderError {
    /// The file.
    pub path: PathBuf,
    /// What was tried: `read` or `written`.
    pub action: &'static str,
    /// What the machine said.
    #[source]
    pub source: io::Error,
}

/// The folder, which exists and belongs to this process.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Opens the folder, and makes it (mode 0700) if it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, FolderError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|source| FolderError { path: path.to_owned(), action: "written", source })?;
        Ok(Self { path: path.to_owned() })
    }

    /// What the file holds, or nothing if there is none.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FolderError> {
        let path = self.path.join(name);
        let fail = |source| FolderError { path: path.clone(), action: "read", source };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail(error)),
        };
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(fail)?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(fail(io::Error::new(io::ErrorKind::InvalidData, "the file is too large to be ours")));
        }
        Ok(Some(bytes))
    }

    /// Replaces the file as a whole; when this returns, the new content survives a power cut.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let path = self.path.join(name);
        self.replace(name, &path, bytes).map_err(|source| FolderError { path, action: "written", source })
    }

    fn replace(&self, name: &str, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let draft = self.path.join(format!("{name}.new"));
        // A draft that a crash left behind may have another mode.
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        File::open(&self.path)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::{FILE_BYTES_MAX, Folder};

    #[test]
    fn files_are_private_and_replaced_as_a_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/tls");
        let folder = Folder::open(&path).unwrap();
        let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        assert_eq!(folder.read("key.pem").unwrap(), None);
        // What a crash between writing and renaming leaves, with a careless mode.
        fs::write(path.join("key.pem.new"), "half").unwrap();
        fs::set_permissions(path.join("key.pem.new"), fs::Permissions::from_mode(0o644)).unwrap();
        for content in ["first and longer", "second"] {
            folder.write("key.pem", content.as_bytes()).unwrap();
            assert_eq!(folder.read("key.pem").unwrap().unwrap(), content.as_bytes());
            assert_eq!(mode(&path.join("key.pem")), 0o600);
        }
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
    }

    #[test]
    fn failures_name_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        fs::create_dir(dir.path().join("taken")).unwrap();
        assert!(folder.write("taken", b"x").unwrap_err().to_string().contains("taken"));
        assert!(folder.read("taken").is_err());
        let large = fs::File::create(dir.path().join("large")).unwrap();
        large.set_len(FILE_BYTES_MAX + 1).unwrap();
        assert!(folder.read("large").unwrap_err().to_string().contains("too large"));
        fs::write(dir.path().join("file"), "x").unwrap();
        assert!(Folder::open(&dir.path().join("file")).is_err());
    }
}
