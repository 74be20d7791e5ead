//! One process at a time: `DIR/lock`.
//!
//! The kernel drops the lock when the process ends, however it ends, so a stale file never locks anybody out.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::OpenError;

/// Held as long as the store is open.
#[derive(Debug)]
pub(crate) struct DirLock {
    file: File,
}

/// Held while somebody only looks: others may look, too, and nobody may open the store.
#[derive(Debug)]
pub(crate) struct LookLock {
    _file: Option<File>,
}

impl DirLock {
    /// Locks `dir`, or says who has it.
    pub(crate) fn take(dir: &Path) -> Result<Self, OpenError> {
        let path = path_in(dir);
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(OpenError::file(&path))?;
        taken(file.try_lock(), &mut file, dir)?;
        // The process id is only for the message of whoever comes too late; a disk that is full up has no place for it.
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(std::process::id().to_string().as_bytes()));
        Ok(Self { file })
    }
}

impl Drop for DirLock {
    fn drop(&mut self) {
        // Whoever holds the lock next without writing into the file is not to be taken for this process.
        let _ = self.file.set_len(0);
    }
}

impl LookLock {
    /// Keeps others from opening the store in `dir`, without changing a byte there; says who has it open.
    pub(crate) fn take(dir: &Path) -> Result<Self, OpenError> {
        let path = path_in(dir);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            // A copy without this file, which no process ever had open.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self { _file: None }),
            Err(cause) => return Err(OpenError::File { path, cause }),
        };
        taken(file.try_lock_shared(), &mut file, dir)?;
        Ok(Self { _file: Some(file) })
    }
}

fn path_in(dir: &Path) -> PathBuf {
    dir.join("lock")
}

fn taken(tried: Result<(), TryLockError>, file: &mut File, dir: &Path) -> Result<(), OpenError> {
    match tried {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Not knowing it changes nothing.
            let _ = file.read_to_string(&mut holder);
            let holder = if holder.trim().is_empty() { "unknown" } else { holder.trim() }.to_owned();
            Err(OpenError::InUse { dir: dir.to_owned(), holder })
        }
        Err(TryLockError::Error(cause)) => Err(OpenError::File { path: path_in(dir), cause }),
    }
}
