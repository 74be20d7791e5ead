//! What can go wrong in the store. Every variant reads as a sentence for an administrator.

use std::path::PathBuf;

use crate::values::DecodeError;

/// Why a read or a commit failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The database engine refused. Reads may work again later; a failed write never does (see [`Error::Stopped`]).
    #[error("the database engine reports: {0}")]
    Engine(String),
    /// A stored record cannot be read back. Nothing was changed; `veche check` lists all of them.
    #[error("the record {key} in family {family} is damaged: {reason}")]
    Damaged {
        /// The family's name on disk.
        family: &'static str,
        /// The key, printable.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The disk is full; the write was refused and left nothing.
    #[error("the disk is full: {0}")]
    DiskFull(Shortage),
    /// One transaction tried to write more than [`crate::txn::TXN_BYTES_MAX`]; it left nothing.
    #[error("one transaction wrote more than {bytes_max} bytes")]
    TooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// The code that built the transaction panicked; the transaction left nothing.
    #[error("building the transaction panicked: {0}")]
    Panicked(String),
    /// A write or sync failed earlier. Whether it is on disk is unknown, so nothing is acknowledged any more.
    #[error("the store has stopped after a failed write: {0}")]
    Stopped(String),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// A content file could not be read or written.
    #[error("content file: {0}")]
    Content(String),
    /// A content file's bytes are not those it is named after.
    #[error("the content file {hash} is damaged: its bytes hash to {found}")]
    ContentDamaged {
        /// The name, which is the hash of what was uploaded.
        hash: String,
        /// The hash of what is on disk now.
        found: String,
    },
}

/// How a full disk was found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Shortage {
    /// It was measured, and has less free space than the reserve.
    #[error("{free_bytes} bytes are free, and {reserve_bytes} are kept in reserve")]
    Reserve {
        /// Free space when the write was refused.
        free_bytes: u64,
        /// Space that is never given to ordinary writes.
        reserve_bytes: u64,
    },
    /// The disk itself refused a write, or the quota on it did. Nothing was measured.
    #[error("it refused a write")]
    Refused,
}

impl Error {
    pub(crate) fn damaged(family: &'static str, key: &[u8], reason: &DecodeError) -> Self {
        Self::Damaged { family, key: printable(key), reason: reason.to_string() }
    }

    /// A record that can be read back but contradicts another one; `kind` names the type of its key.
    pub fn corrupt(kind: &'static str, key: &str, reason: &str) -> Self {
        Self::Damaged { family: kind, key: key.to_owned(), reason: reason.to_owned() }
    }

    pub(crate) fn content(what: &str, cause: &std::io::Error) -> Self {
        match cause.kind() {
            // The guard measures now and then; the disk itself is never late.
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull(Shortage::Refused),
            _ => Self::Content(format!("{what}: {cause}")),
        }
    }
}

impl From<rocksdb::Error> for Error {
    fn from(error: rocksdb::Error) -> Self {
        Self::Engine(error.into_string())
    }
}

/// Why a store does not open. Nothing on disk was changed, save that a torn tail of the log may have been cut.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the store open.
    #[error("{} is in use by another process (process id {holder}); only one may have it open", dir.display())]
    InUse {
        /// The data directory.
        dir: PathBuf,
        /// What the lock file says about its holder.
        holder: String,
    },
    /// A newer version of the program wrote this store.
    #[error(
        "this data was written by a newer version of veche (schema {found}, this version knows {known}); \
         start the newer version, or restore a snapshot made by this one"
    )]
    Newer {
        /// The schema number in the store.
        found: u64,
        /// The newest schema number this program knows.
        known: u64,
    },
    /// The database holds families nobody knows although its schema number is known.
    #[error("the database holds unknown column families: {0}")]
    UnknownFamilies(String),
    /// The database is damaged or cannot be opened.
    #[error("the database does not open: {0}")]
    Engine(String),
    /// A record in a log is not as it was written, and the engine would take it for the end.
    #[error(
        "{} is damaged at byte {offset}: the length of a record is not the one it was written with; \
         restore a snapshot, nothing was changed",
        path.display()
    )]
    LogDamaged {
        /// The log.
        path: PathBuf,
        /// Where the record starts.
        offset: u64,
    },
    /// A migration failed; the store is as before that step.
    #[error("the migration to schema {to} ({name}) failed: {cause}")]
    Migration {
        /// The schema number the step leads to.
        to: u64,
        /// The step's name.
        name: &'static str,
        /// Why it failed.
        cause: Error,
    },
    /// A record that opening needs cannot be read or written.
    #[error(transparent)]
    Store(#[from] Error),
    /// A file or directory cannot be made or read.
    #[error("{}: {cause}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
}

impl OpenError {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |cause| Self::File { path, cause }
    }
}

impl From<rocksdb::Error> for OpenError {
    fn from(error: rocksdb::Error) -> Self {
        Self::Engine(error.into_string())
    }
}

/// Key bytes for people: printable ASCII as it is, the rest as `\xNN`, cut to a line's length.
pub(crate) fn printable(key: &[u8]) -> String {
    const BYTES_MAX: usize = 300;
    let cut = if key.len() > BYTES_MAX { "..." } else { "" };
    format!("{}{cut}", key[..key.len().min(BYTES_MAX)].escape_ascii())
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{Error, Shortage};

    #[test]
    fn a_full_disk_tells_what_was_measured_and_nothing_else() {
        let measured = Error::DiskFull(Shortage::Reserve { free_bytes: 7, reserve_bytes: 1_024 });
        assert_eq!(measured.to_string(), "the disk is full: 7 bytes are free, and 1024 are kept in reserve");
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            let refused = Error::content("write", &kind.into());
            assert!(matches!(refused, Error::DiskFull(Shortage::Refused)), "{refused}");
            assert!(!refused.to_string().contains(|letter: char| letter.is_ascii_digit()), "{refused}");
        }
        let other = Error::content("write", &io::ErrorKind::NotFound.into());
        assert!(matches!(other, Error::Content(_)), "{other}");
    }
}
