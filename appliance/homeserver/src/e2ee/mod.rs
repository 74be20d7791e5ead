//! End-to-end encryption's server side: device keys, one-time keys, cross-signing, backup, to-device messages.
//!
//! | file | what it owns |
//! |---|---|
//! | `device_keys`, `one_time_keys` | what a device uploads, and handing out one-time keys exactly once |
//! | `query` | the public keys of users, as somebody may see them |
//! | `cross_signing`, `signatures` | identities, and who vouches for whom |
//! | `changes` | telling everybody who shares a room that keys changed |
//! | `to_device` | the queue of messages to each device |
//! | `backup` | room keys that clients keep here, encrypted |
//! | `dehydrated` | the device that stands in while none is signed in |
//! | `removal` | what happens when a device or an account is gone |
//! | `signed`, `recent` | signed JSON; what changed lately, in memory |
//!
//! Invariants: no signature is stored that was not verified here; a one-time key is answered once, after the commit
//! that took it away; a message to a device is deleted only when the device came back with a later token. The server
//! holds no private key and never writes keys that their owner did not upload.

pub mod backup;
mod changes;
mod cross_signing;
mod dehydrated;
mod device_keys;
mod one_time_keys;
mod query;
mod recent;
mod removal;
mod signatures;
mod signed;
mod to_device;

#[cfg(test)]
mod tests;

pub use self::{
    changes::DeviceListChanges,
    cross_signing::{SigningKeys, UploadSigningKeysError},
    dehydrated::{DehydratedError, DehydratedUpload},
    device_keys::{KeysUpload, UploadKeysError},
    one_time_keys::ClaimedKeys,
    query::KeysOfUsers,
    signatures::{SignatureFailure, SignatureFailures},
    to_device::{Recipient, SendToDeviceError, ToDeviceMessages},
};

use std::{collections::BTreeMap, sync::Arc};

use ruma::{DeviceId, OwnedUserId, UserId};
use serde_json::value::RawValue;
use veche_base::limits::TO_DEVICE_PAGE_MAX;
use veche_store::{ChangeListener, Error, StreamPosition};

use self::recent::Recent;
use crate::{company::Company, core::Core, membership::UserRooms, rooms::Rooms, sync::Watch};

/// What a device must know to go on encrypting and decrypting.
#[derive(Default)]
pub struct DeviceUpdate {
    /// Messages to this device, oldest first.
    pub to_device: Vec<Box<RawValue>>,
    /// If that is not all: the position of the last one. Nothing beyond it may be acknowledged yet.
    pub to_device_upto: Option<StreamPosition>,
    /// Users whose devices or identity changed.
    pub changed: Vec<OwnedUserId>,
    /// Users who share no room any more.
    pub left: Vec<OwnedUserId>,
    /// Unclaimed one-time keys by algorithm.
    pub one_time_keys: BTreeMap<String, u64>,
    /// Algorithms whose fallback key has not been used.
    pub unused_fallback_keys: Vec<String>,
    /// Whether the counts changed, so that a waiting sync must answer.
    pub counts_changed: bool,
}

impl DeviceUpdate {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.to_device.is_empty() && self.changed.is_empty() && self.left.is_empty() && !self.counts_changed
    }
}

/// Keys and to-device messages of local users.
pub struct E2ee {
    core: Arc<Core>,
    rooms: Arc<Rooms>,
    user_rooms: Arc<UserRooms>,
    company: Arc<Company>,
    watch: Arc<Watch>,
    recent: Arc<Recent>,
}

impl E2ee {
    /// Over these parts; subscribes to the store's changes.
    pub fn new(
        core: Arc<Core>,
        rooms: Arc<Rooms>,
        user_rooms: Arc<UserRooms>,
        company: Arc<Company>,
        watch: Arc<Watch>,
    ) -> Self {
        let recent = Arc::new(Recent::new(core.store.position()));
        core.store.subscribe(Arc::clone(&recent) as Arc<dyn ChangeListener>);
        Self { core, rooms, user_rooms, company, watch, recent }
    }

    /// What concerns this device in `(since, upto]`, with what the lists of devices say of that time. Whoever starts
    /// anew fetches all keys that he needs: for him they say nothing.
    pub fn device_update(
        &self,
        user: &UserId,
        device: &DeviceId,
        since: Option<StreamPosition>,
        upto: StreamPosition,
        lists: DeviceListChanges,
    ) -> Result<DeviceUpdate, Error> {
        let stock = self.key_stock(user, device)?;
        let claimed = self.recent.claimed(user, device);
        let (to_device, to_device_upto) = self.messages(user, device, since, upto, TO_DEVICE_PAGE_MAX)?;
        Ok(DeviceUpdate {
            to_device,
            to_device_upto,
            changed: lists.changed,
            left: lists.left,
            one_time_keys: stock.one_time_keys.clone(),
            unused_fallback_keys: stock.unused_fallback_keys.clone(),
            counts_changed: since.is_some_and(|since| claimed > since && claimed <= upto),
        })
    }

    /// Whether `device` is a device of `user` that messages and claims may name.
    fn is_device(&self, user: &UserId, device: &DeviceId) -> Result<bool, Error> {
        if self.core.directory.device(user, device).is_some() {
            return Ok(true);
        }
        Ok(self.dehydrated(user)?.is_some_and(|dehydrated| dehydrated.device_id == device))
    }
}
