//! Pushers: where users want to hear of notifications while no client of theirs is open.
//!
//! All of them are kept in memory: a server of this size has a few hundred. A pusher lives as long as the device that
//! set it and as long as its gateway does not reject it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ruma::{
    DeviceId, UserId,
    api::client::push::{Pusher, PusherIds as WireIds, PusherKind},
};
use veche_base::limits::{ID_BYTES_MAX, PUSHERS_PER_USER_MAX};
use veche_store::{
    Error, Json, Txn,
    records::{
        pushers::{Pusher as Record, PusherKey, PusherProgressKey},
        receipts::ReadActionKey,
    },
};

use super::Notify;

/// Where gateways answer (push gateway API).
const GATEWAY_PATH: &str = "/_matrix/push/v1/notify";
/// Longest application id (spec).
const APP_ID_BYTES_MAX: usize = 64;
/// Longest push key (spec).
const PUSHKEY_BYTES_MAX: usize = 512;
/// A whole pusher.
const PUSHER_BYTES_MAX: usize = 8 * 1_024;

/// Why a pusher was not set.
#[derive(Debug, thiserror::Error)]
pub enum PusherError {
    /// The pusher is not one that this server can serve; the text says why.
    #[error("{0}")]
    Invalid(&'static str),
    /// The user has as many pushers as he may.
    #[error("an account may have {PUSHERS_PER_USER_MAX} pushers")]
    TooMany,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// All pushers, once they are read.
#[derive(Default)]
pub(super) struct Table {
    all: Mutex<Option<BTreeMap<PusherKey, Record>>>,
    /// Held while pushers are changed, so that the table and the disk agree.
    writer: tokio::sync::Mutex<()>,
}

impl Table {
    fn lock(&self) -> MutexGuard<'_, Option<BTreeMap<PusherKey, Record>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notify {
    /// The pushers of a user.
    pub fn pushers(&self, user: &UserId) -> Result<Vec<Pusher>, Error> {
        let all = self.all_pushers()?;
        let own = all.iter().filter(|(key, _)| key.user == user);
        Ok(own.filter_map(|(_, record)| record.json.parse().ok()).collect())
    }

    /// Sets a pusher for a device. Unless it is to be added beside them, pushers of other users with the same
    /// application and key go: the phone has a new owner.
    pub async fn set_pusher(
        &self,
        user: &UserId,
        device: &DeviceId,
        pusher: &Pusher,
        append: bool,
    ) -> Result<(), PusherError> {
        self.check_pusher(pusher)?;
        let json = Json::new(pusher).map_err(|_| PusherError::Invalid("the pusher is not JSON"))?;
        if json.0.len() > PUSHER_BYTES_MAX {
            return Err(PusherError::Invalid("the pusher is too large"));
        }
        let key = key_of(user, &pusher.ids);
        let record = Record { device: device.to_owned(), set_ms: self.core.clock.wall_ms(), json };
        let _writer = self.pushers.writer.lock().await;
        let all = self.all_pushers()?;
        let is_new = !all.contains_key(&key);
        if is_new && all.keys().filter(|other| other.user == user).count() >= PUSHERS_PER_USER_MAX {
            return Err(PusherError::TooMany);
        }
        let same_app = |other: &&PusherKey| {
            !append && other.user != key.user && other.app_id == key.app_id && other.pushkey == key.pushkey
        };
        let gone: Vec<PusherKey> = all.keys().filter(same_app).cloned().collect();
        let (written, removed) = ((key.clone(), record.clone()), gone.clone());
        let work = move |txn: &mut Txn| {
            removed.iter().for_each(|key| delete(txn, key));
            let (key, record) = written;
            if is_new {
                // It is told of what comes, not of what was.
                let position = txn.next_position();
                txn.put(&progress_key(&key), &position);
            }
            txn.put(&key, &record);
            Ok::<_, Error>(())
        };
        self.core.store.commit(work).await?;
        self.change_table(|all| {
            all.retain(|key, _| !gone.contains(key));
            all.insert(key, record);
        });
        Ok(())
    }

    /// Takes a pusher away. One that is not there is gone already.
    pub async fn delete_pusher(&self, user: &UserId, ids: &WireIds) -> Result<(), Error> {
        let key = key_of(user, ids);
        self.delete_pushers(move |other, _| *other == key).await
    }

    /// Takes away the pushers of a device that is gone.
    pub(crate) async fn forget_device(&self, user: &UserId, device: &DeviceId) -> Result<(), Error> {
        self.delete_pushers(|key, record| key.user == user && record.device == device).await
    }

    /// Takes away all pushers of an account that is gone, and what it was told.
    pub(crate) async fn forget_user(&self, user: &UserId) -> Result<(), Error> {
        self.delete_pushers(|key, _| key.user == user).await?;
        self.core.delete_all::<ReadActionKey>((user,)).await
    }

    /// Takes away all pushers that `is_gone` says it of.
    pub(super) async fn delete_pushers(&self, is_gone: impl Fn(&PusherKey, &Record) -> bool) -> Result<(), Error> {
        let _writer = self.pushers.writer.lock().await;
        let all = self.all_pushers()?;
        let gone: Vec<PusherKey> =
            all.iter().filter(|(key, record)| is_gone(key, record)).map(|(key, _)| key.clone()).collect();
        if gone.is_empty() {
            return Ok(());
        }
        let removed = gone.clone();
        let work = move |txn: &mut Txn| {
            removed.iter().for_each(|key| delete(txn, key));
            Ok::<_, Error>(())
        };
        self.core.store.commit(work).await?;
        self.change_table(|all| all.retain(|key, _| !gone.contains(key)));
        Ok(())
    }

    /// A copy of the table; reads it from disk the first time.
    pub(super) fn all_pushers(&self) -> Result<BTreeMap<PusherKey, Record>, Error> {
        let mut table = self.pushers.lock();
        if let Some(all) = table.as_ref() {
            return Ok(all.clone());
        }
        let all: BTreeMap<PusherKey, Record> = self.core.store.scan::<PusherKey>(()).collect::<Result<_, _>>()?;
        self.queue.want(users_of(&all));
        *table = Some(all.clone());
        Ok(all)
    }

    fn change_table(&self, change: impl FnOnce(&mut BTreeMap<PusherKey, Record>)) {
        if let Some(all) = self.pushers.lock().as_mut() {
            change(all);
            self.queue.want(users_of(all));
        }
    }

    fn check_pusher(&self, pusher: &Pusher) -> Result<(), PusherError> {
        let PusherKind::Http(data) = &pusher.kind else {
            return Err(PusherError::Invalid("only pushers of the kind http are served"));
        };
        let ids = &pusher.ids;
        if ids.app_id.is_empty() || ids.app_id.len() > APP_ID_BYTES_MAX {
            return Err(PusherError::Invalid("app_id is empty or too long"));
        }
        if ids.pushkey.is_empty() || ids.pushkey.len() > PUSHKEY_BYTES_MAX {
            return Err(PusherError::Invalid("pushkey is empty or too long"));
        }
        let texts = [&pusher.app_display_name, &pusher.device_display_name, &pusher.lang];
        if texts.iter().any(|text| text.len() > ID_BYTES_MAX) {
            return Err(PusherError::Invalid("a name is too long"));
        }
        if path_of(&data.url) != Some(GATEWAY_PATH) {
            return Err(PusherError::Invalid("the path of the url must be /_matrix/push/v1/notify"));
        }
        let refused = match self.outbound.get() {
            Some(client) => client.check(&data.url).is_err(),
            None => !data.url.starts_with("https://"),
        };
        if refused { Err(PusherError::Invalid("the url is not one that this server may reach")) } else { Ok(()) }
    }
}

fn key_of(user: &UserId, ids: &WireIds) -> PusherKey {
    PusherKey { user: user.to_owned(), app_id: ids.app_id.clone(), pushkey: ids.pushkey.clone() }
}

pub(super) fn progress_key(key: &PusherKey) -> PusherProgressKey {
    PusherProgressKey { user: key.user.clone(), app_id: key.app_id.clone(), pushkey: key.pushkey.clone() }
}

fn delete(txn: &mut Txn, key: &PusherKey) {
    txn.delete(key);
    txn.delete(&progress_key(key));
}

fn users_of(all: &BTreeMap<PusherKey, Record>) -> BTreeSet<ruma::OwnedUserId> {
    all.keys().map(|key| key.user.clone()).collect()
}

/// The path of a URL, without query and fragment.
fn path_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let path = &rest[rest.find('/')?..];
    Some(path.split(['?', '#']).next().unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::{GATEWAY_PATH, path_of};

    #[test]
    fn the_path_is_what_follows_the_host() {
        for (url, fits) in [
            ("https://push.example/_matrix/push/v1/notify", true),
            ("https://push.example:8443/_matrix/push/v1/notify?token=x", true),
            ("https://push.example", false),
            ("https://push.example/_matrix/push/v1/notify/", false),
            ("https://push.example/x#/_matrix/push/v1/notify", false),
            ("/_matrix/push/v1/notify", false),
        ] {
            assert_eq!(path_of(url) == Some(GATEWAY_PATH), fits, "{url}");
        }
    }
}
