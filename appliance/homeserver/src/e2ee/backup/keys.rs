//! The keys in a backup: put under the specification's rules, read, deleted; one, a room's, or all.

use std::collections::BTreeMap;

use ruma::{OwnedRoomId, RoomId, UserId};
use serde::Deserialize;
use serde_json::value::RawValue;
use veche_base::limits::{ID_BYTES_MAX, KEY_BACKUP_KEYS_MAX};
use veche_store::{
    Error, Json, Txn,
    records::e2ee::{BackupKeyKey, BackupVersion, BackupVersionKey},
};

use super::{BackupError, BackupState, E2ee, version_key};

/// Keys by room and session.
pub type BackupKeys = BTreeMap<OwnedRoomId, BTreeMap<String, Box<RawValue>>>;

/// What decides which of two keys of one session is the better one.
#[derive(Debug, Deserialize)]
struct Quality {
    first_message_index: u64,
    forwarded_count: u64,
    is_verified: bool,
    // Only has to be there; what it holds is the client's.
    #[serde(rename = "session_data")]
    _session_data: BTreeMap<String, serde::de::IgnoredAny>,
}

impl Quality {
    fn of(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// The specification's order: a verified key first, then the one that opens more messages, then the one that
    /// went through fewer hands.
    fn is_better_than(&self, other: &Self) -> bool {
        let rank = |it: &Self| (!it.is_verified, it.first_message_index, it.forwarded_count);
        rank(self) < rank(other)
    }
}

impl E2ee {
    /// Puts keys into the newest backup. A key that is there stays unless the new one is better.
    pub async fn put_backup_keys(
        &self,
        user: &UserId,
        version: &str,
        keys: BackupKeys,
    ) -> Result<BackupState, BackupError> {
        self.check_current(user, version)?;
        let at = version_key(user, version)?;
        let mut rows = Vec::new();
        for (room, sessions) in keys {
            for (session, json) in sessions {
                if session.len() > ID_BYTES_MAX {
                    return Err(BackupError::Invalid("a session id is too long"));
                }
                let json = Json::from_raw(&json);
                let quality = Quality::of(&json.0).ok_or(BackupError::Invalid("this is not a backed-up key"))?;
                let key = BackupKeyKey { user: user.to_owned(), version: at.version, room: room.clone(), session };
                rows.push((key, quality, json));
            }
        }
        self.core.store.commit(move |txn| put(txn, &at, rows)).await
    }

    /// All keys of a backup.
    pub fn backup_keys(&self, user: &UserId, version: &str) -> Result<BackupKeys, BackupError> {
        let (at, _) = self.backup_version(user, version)?;
        let mut keys = BackupKeys::new();
        for row in self.core.store.scan::<BackupKeyKey>((user, at.version)) {
            let (key, json) = row?;
            let json = raw(&json, &key)?;
            keys.entry(key.room).or_default().insert(key.session, json);
        }
        Ok(keys)
    }

    /// The keys of one room in a backup.
    pub fn backup_keys_of_room(
        &self,
        user: &UserId,
        version: &str,
        room: &RoomId,
    ) -> Result<BTreeMap<String, Box<RawValue>>, BackupError> {
        let (at, _) = self.backup_version(user, version)?;
        let mut keys = BTreeMap::new();
        for row in self.core.store.scan::<BackupKeyKey>((user, at.version, room)) {
            let (key, json) = row?;
            let json = raw(&json, &key)?;
            keys.insert(key.session, json);
        }
        Ok(keys)
    }

    /// One key of a backup.
    pub fn backup_key(
        &self,
        user: &UserId,
        version: &str,
        room: &RoomId,
        session: &str,
    ) -> Result<Box<RawValue>, BackupError> {
        let (at, _) = self.backup_version(user, version)?;
        let key = BackupKeyKey {
            user: user.to_owned(),
            version: at.version,
            room: room.to_owned(),
            session: session.to_owned(),
        };
        let json = self.core.store.get(&key)?.ok_or(BackupError::UnknownKey)?;
        raw(&json, &key)
    }

    /// Deletes keys of a backup: one session's, one room's, or all. Keys that are not there are no mistake.
    pub async fn delete_backup_keys(
        &self,
        user: &UserId,
        version: &str,
        room: Option<&RoomId>,
        session: Option<&str>,
    ) -> Result<BackupState, BackupError> {
        let (at, _) = self.backup_version(user, version)?;
        let mut doomed = Vec::new();
        match (room, session) {
            (Some(room), Some(session)) => doomed.push(BackupKeyKey {
                user: user.to_owned(),
                version: at.version,
                room: room.to_owned(),
                session: session.to_owned(),
            }),
            (Some(room), None) => {
                for key in self.core.store.scan::<BackupKeyKey>((user, at.version, room)).keys() {
                    doomed.push(key?);
                }
            }
            (None, _) => {
                for key in self.core.store.scan::<BackupKeyKey>((user, at.version)).keys() {
                    doomed.push(key?);
                }
            }
        }
        self.core.store.commit(move |txn| delete(txn, &at, &doomed)).await
    }

    fn check_current(&self, user: &UserId, version: &str) -> Result<(), BackupError> {
        let (newest, _) = self.newest_backup(user)?;
        if newest.version.to_string() == version {
            return Ok(());
        }
        self.backup_version(user, version)?;
        Err(BackupError::WrongVersion { current: newest.version.to_string() })
    }
}

fn put(
    txn: &mut Txn,
    at: &BackupVersionKey,
    rows: Vec<(BackupKeyKey, Quality, Json)>,
) -> Result<BackupState, BackupError> {
    let mut record = present(txn, at)?;
    let mut changed = false;
    for (key, quality, json) in rows {
        match txn.get(&key)? {
            Some(before) if !Quality::of(&before.0).is_none_or(|before| quality.is_better_than(&before)) => continue,
            Some(_) => {}
            None => record.count += 1,
        }
        txn.put(&key, &json);
        changed = true;
    }
    if record.count > KEY_BACKUP_KEYS_MAX {
        return Err(BackupError::TooMany);
    }
    Ok(keep(txn, at, record, changed))
}

fn delete(txn: &mut Txn, at: &BackupVersionKey, doomed: &[BackupKeyKey]) -> Result<BackupState, BackupError> {
    let mut record = present(txn, at)?;
    let mut changed = false;
    for key in doomed {
        if txn.contains(key)? {
            txn.delete(key);
            record.count = record.count.saturating_sub(1);
            changed = true;
        }
    }
    Ok(keep(txn, at, record, changed))
}

/// The version, unless it was deleted since it was looked at.
fn present(txn: &Txn, at: &BackupVersionKey) -> Result<BackupVersion, BackupError> {
    txn.get(at)?.filter(|record| !record.deleted).ok_or(BackupError::UnknownVersion)
}

fn keep(txn: &mut Txn, at: &BackupVersionKey, mut record: BackupVersion, changed: bool) -> BackupState {
    if changed {
        record.etag += 1;
        txn.put(at, &record);
    }
    BackupState::of(&record)
}

fn raw(json: &Json, key: &BackupKeyKey) -> Result<Box<RawValue>, BackupError> {
    json.raw().map_err(|error| Error::corrupt("BackupKeyKey", &key.session, &error.to_string()).into())
}
