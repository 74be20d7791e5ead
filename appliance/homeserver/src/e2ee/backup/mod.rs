//! Room keys that clients keep on the server, encrypted with a key that the server does not have.
//!
//! A user has one backup at a time: only the newest version takes keys, older ones can still be read. Every change of
//! a version's keys counts its `etag` up, so that clients notice what other clients did.

mod keys;
mod versions;

pub use self::keys::BackupKeys;

use ruma::UserId;
use serde_json::value::RawValue;
use veche_base::limits::KEY_BACKUP_KEYS_MAX;
use veche_store::{
    Error,
    records::e2ee::{BackupVersion, BackupVersionKey},
};

use super::E2ee;

/// Why a backup was not made, read or changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is no such backup, or no backup at all.
    #[error("there is no such key backup")]
    UnknownVersion,
    /// There is no such key in the backup.
    #[error("there is no such key in the backup")]
    UnknownKey,
    /// Keys go into the newest backup only.
    #[error("this is not the current key backup")]
    WrongVersion {
        /// The newest one.
        current: String,
    },
    /// A backup keeps its algorithm.
    #[error("a backup cannot change its algorithm or its version")]
    OtherAlgorithm,
    /// Something is not what it should be.
    #[error("{0}")]
    Invalid(&'static str),
    /// The backup is full.
    #[error("a key backup may hold {KEY_BACKUP_KEYS_MAX} keys")]
    TooMany,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// What is told of a backup.
#[derive(Debug)]
pub struct BackupInfo {
    /// Names it.
    pub version: String,
    /// `algorithm` and `auth_data`, as uploaded.
    pub algorithm: Box<RawValue>,
    /// The state of its keys.
    pub state: BackupState,
}

/// The state of a backup's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupState {
    /// Counts the changes.
    pub etag: u64,
    /// How many there are.
    pub count: u64,
}

impl BackupState {
    fn of(record: &BackupVersion) -> Self {
        Self { etag: record.etag, count: record.count }
    }
}

impl E2ee {
    /// A backup that was not deleted.
    fn backup_version(&self, user: &UserId, version: &str) -> Result<(BackupVersionKey, BackupVersion), BackupError> {
        let key = version_key(user, version)?;
        let record = self.core.store.get(&key)?.filter(|record| !record.deleted);
        Ok((key, record.ok_or(BackupError::UnknownVersion)?))
    }

    /// The newest backup that was not deleted.
    fn newest_backup(&self, user: &UserId) -> Result<(BackupVersionKey, BackupVersion), BackupError> {
        for row in self.core.store.scan::<BackupVersionKey>((user,)).reverse() {
            let (key, record) = row?;
            if !record.deleted {
                return Ok((key, record));
            }
        }
        Err(BackupError::UnknownVersion)
    }
}

/// The key of a version as clients name it.
fn version_key(user: &UserId, version: &str) -> Result<BackupVersionKey, BackupError> {
    let number = version.parse::<u64>().ok().filter(|number| number.to_string() == version);
    let version = number.ok_or(BackupError::UnknownVersion)?;
    Ok(BackupVersionKey { user: user.to_owned(), version })
}
