//! Versions of a user's backup: made, described, replaced, deleted.

use std::collections::BTreeMap;

use ruma::UserId;
use serde_json::value::{RawValue, to_raw_value};
use veche_base::limits::{ACCOUNT_DATA_BYTES_MAX, ID_BYTES_MAX, KEY_BACKUPS_PER_USER_MAX};
use veche_store::{
    Error, Json,
    records::e2ee::{BackupKeyKey, BackupVersion, BackupVersionKey},
};

use super::{BackupError, BackupInfo, BackupState, E2ee, version_key};

impl E2ee {
    /// Begins a new backup, which takes the place of the one before. Answers its version.
    pub async fn create_backup(&self, user: &UserId, algorithm: &RawValue) -> Result<String, BackupError> {
        let json = described(algorithm)?.1;
        let owner = user.to_owned();
        let commit = self.core.store.commit(move |txn| {
            let version = txn.next_position().0;
            let record = BackupVersion { json, etag: 0, count: 0, deleted: false };
            txn.put(&BackupVersionKey { user: owner, version }, &record);
            Ok::<_, Error>(version)
        });
        let version = commit.await?;
        self.drop_surplus_backups(user).await?;
        Ok(version.to_string())
    }

    /// A backup by its version, or the newest.
    pub fn backup(&self, user: &UserId, version: Option<&str>) -> Result<BackupInfo, BackupError> {
        let (key, record) = match version {
            Some(version) => self.backup_version(user, version)?,
            None => self.newest_backup(user)?,
        };
        let corrupt = |error: &dyn std::fmt::Display| {
            BackupError::Internal(Error::corrupt("BackupVersionKey", user.as_str(), &error.to_string()))
        };
        let algorithm = record.json.raw().map_err(|error| corrupt(&error))?;
        Ok(BackupInfo { version: key.version.to_string(), algorithm, state: BackupState::of(&record) })
    }

    /// Replaces the `auth_data` of a backup.
    pub async fn update_backup(&self, user: &UserId, version: &str, algorithm: &RawValue) -> Result<(), BackupError> {
        let key = version_key(user, version)?;
        let (fields, json) = described(algorithm)?;
        if let Some(named) = fields.get("version") {
            // Clients may repeat the version in the body; it has to be the same one.
            let named = serde_json::from_str::<String>(named.get()).ok();
            if named.as_deref() != Some(version) {
                return Err(BackupError::OtherAlgorithm);
            }
        }
        let commit = self.core.store.commit(move |txn| {
            let record = txn.get(&key)?.filter(|record| !record.deleted);
            let mut record = record.ok_or(BackupError::UnknownVersion)?;
            if algorithm_of(&record.json) != algorithm_of(&json) {
                return Err(BackupError::OtherAlgorithm);
            }
            record.json = json;
            txn.put(&key, &record);
            Ok(())
        });
        commit.await
    }

    /// Deletes a backup with its keys. One that was deleted before is no mistake.
    pub async fn delete_backup(&self, user: &UserId, version: &str) -> Result<(), BackupError> {
        let key = version_key(user, version)?;
        self.core.store.get(&key)?.ok_or(BackupError::UnknownVersion)?;
        Ok(self.drop_backup(user, key.version).await?)
    }

    /// Makes a backup invisible in one commit, then takes its keys away in as many as it needs. What a crash leaves
    /// is taken away when the user next makes or deletes a backup.
    pub(in crate::e2ee) async fn drop_backup(&self, user: &UserId, version: u64) -> Result<(), Error> {
        let key = BackupVersionKey { user: user.to_owned(), version };
        let hidden = key.clone();
        let commit = self.core.store.commit(move |txn| {
            if let Some(mut record) = txn.get(&hidden)? {
                record.deleted = true;
                txn.put(&hidden, &record);
            }
            Ok::<_, Error>(())
        });
        commit.await?;
        self.core.delete_all::<BackupKeyKey>((user, version)).await?;
        let commit = self.core.store.commit(move |txn| {
            txn.delete(&key);
            Ok::<_, Error>(())
        });
        commit.await
    }

    /// Finishes deletions that were interrupted, and drops the oldest backups above the bound.
    async fn drop_surplus_backups(&self, user: &UserId) -> Result<(), Error> {
        let mut kept = 0;
        let mut surplus = Vec::new();
        for row in self.core.store.scan::<BackupVersionKey>((user,)).reverse() {
            let (key, record) = row?;
            if record.deleted || kept == KEY_BACKUPS_PER_USER_MAX {
                surplus.push(key.version);
            } else {
                kept += 1;
            }
        }
        for version in surplus {
            self.drop_backup(user, version).await?;
        }
        Ok(())
    }
}

/// The fields of a description, and what is stored of it.
fn described(algorithm: &RawValue) -> Result<(BTreeMap<String, Box<RawValue>>, Json), BackupError> {
    let invalid = BackupError::Invalid("a key backup needs algorithm and auth_data");
    if algorithm.get().len() > ACCOUNT_DATA_BYTES_MAX {
        return Err(BackupError::Invalid("the description of the backup is too large"));
    }
    let Ok(fields) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(algorithm.get()) else {
        return Err(invalid);
    };
    let name = fields.get("algorithm").and_then(|name| serde_json::from_str::<String>(name.get()).ok());
    let data = fields.get("auth_data").filter(|data| data.get().starts_with('{'));
    let (Some(name), Some(data)) = (name.filter(|name| name.len() <= ID_BYTES_MAX), data) else { return Err(invalid) };
    let Ok(name) = to_raw_value(&name) else { return Err(invalid) };
    let json = Json(format!(r#"{{"algorithm":{name},"auth_data":{data}}}"#).into_bytes());
    Ok((fields, json))
}

fn algorithm_of(json: &Json) -> Option<String> {
    let fields = json.parse::<BTreeMap<String, Box<RawValue>>>().ok()?;
    serde_json::from_str(fields.get("algorithm")?.get()).ok()
}
