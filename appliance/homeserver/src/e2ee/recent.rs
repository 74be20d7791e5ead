//! What changed lately, in memory, so that a sync for which nothing changed costs no read.
//!
//! Everything here may say "maybe" too often, never "no" wrongly: positions only grow, and what is not known counts
//! as changed when the server started. Changes are noted before their position can be read.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use ruma::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use veche_store::{Change, ChangeListener, Error, Published, StreamPosition};

/// What others may claim from a device.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct KeyStock {
    /// Unclaimed one-time keys by algorithm.
    pub(super) one_time_keys: BTreeMap<String, u64>,
    /// Algorithms whose fallback key has not been used.
    pub(super) unused_fallback_keys: Vec<String>,
}

#[derive(Default)]
struct Slot {
    /// Counts the changes, so that a stock read before a change is not kept after it.
    version: u64,
    stock: Option<Arc<KeyStock>>,
    /// The newest message to the device or change of its keys; `None`: none since the server started.
    newest: Option<StreamPosition>,
    /// Messages up to here have been deleted.
    acknowledged: StreamPosition,
    /// When one of its keys was last handed out.
    claimed: StreamPosition,
    /// Counts messages, for what is done once in a while.
    messages: u64,
}

/// See the module.
pub(super) struct Recent {
    started_at: StreamPosition,
    devices: RwLock<HashMap<OwnedUserId, HashMap<OwnedDeviceId, Slot>>>,
    key_change: AtomicU64,
}

impl Recent {
    pub(super) fn new(started_at: StreamPosition) -> Self {
        Self { started_at, devices: RwLock::default(), key_change: AtomicU64::new(started_at.0) }
    }

    /// Notes a change of somebody's keys. Called under the commit.
    pub(super) fn note_key_change(&self, position: StreamPosition) {
        self.key_change.fetch_max(position.0, Ordering::AcqRel);
    }

    /// Notes that a key of the device was handed out. Called under the commit.
    pub(super) fn note_claim(&self, user: &UserId, device: &DeviceId, position: StreamPosition) {
        self.update(user, device, |slot| slot.claimed = slot.claimed.max(position));
    }

    /// Notes that messages to the device are gone up to here.
    pub(super) fn note_acknowledged(&self, user: &UserId, device: &DeviceId, position: StreamPosition) {
        self.update(user, device, |slot| slot.acknowledged = slot.acknowledged.max(position));
    }

    /// Counts a message to or from the device.
    pub(super) fn count_message(&self, user: &UserId, device: &DeviceId) -> u64 {
        self.update(user, device, |slot| {
            slot.messages += 1;
            slot.messages
        })
    }

    /// Whether anybody's keys may have changed after `since`.
    pub(super) fn keys_changed(&self, since: StreamPosition) -> bool {
        self.key_change.load(Ordering::Acquire) > since.0
    }

    /// Whether messages to the device may have come after `since`.
    pub(super) fn messages_after(&self, user: &UserId, device: &DeviceId, since: StreamPosition) -> bool {
        self.read(user, device, |slot| slot.and_then(|slot| slot.newest)).unwrap_or(self.started_at) > since
    }

    /// Up to where messages to the device are known to be deleted.
    pub(super) fn acknowledged(&self, user: &UserId, device: &DeviceId) -> StreamPosition {
        self.read(user, device, |slot| slot.map_or(StreamPosition(0), |slot| slot.acknowledged))
    }

    /// When a key of the device was last handed out, since the server started.
    pub(super) fn claimed(&self, user: &UserId, device: &DeviceId) -> StreamPosition {
        self.read(user, device, |slot| slot.map_or(StreamPosition(0), |slot| slot.claimed))
    }

    /// The device's stock; `load` reads it from disk when it is not in memory.
    pub(super) fn stock(
        &self,
        user: &UserId,
        device: &DeviceId,
        load: impl FnOnce() -> Result<KeyStock, Error>,
    ) -> Result<Arc<KeyStock>, Error> {
        let (version, kept) =
            self.read(user, device, |slot| slot.map_or((0, None), |slot| (slot.version, slot.stock.clone())));
        if let Some(stock) = kept {
            return Ok(stock);
        }
        let stock = Arc::new(load()?);
        self.update(user, device, |slot| {
            if slot.version == version {
                slot.stock = Some(Arc::clone(&stock));
            }
        });
        Ok(stock)
    }

    /// Forgets a device that is gone. Not its version: a reader may still hold what he read before.
    pub(super) fn forget(&self, user: &UserId, device: &DeviceId) {
        self.update(user, device, |slot| slot.stock = None);
    }

    fn read<R>(&self, user: &UserId, device: &DeviceId, read: impl FnOnce(Option<&Slot>) -> R) -> R {
        let devices = self.devices.read().unwrap_or_else(PoisonError::into_inner);
        read(devices.get(user).and_then(|devices| devices.get(device)))
    }

    fn update<R>(&self, user: &UserId, device: &DeviceId, change: impl FnOnce(&mut Slot) -> R) -> R {
        let mut devices = self.devices.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = devices.get_mut(user).and_then(|devices| devices.get_mut(device)) {
            return change(slot);
        }
        change(devices.entry(user.to_owned()).or_default().entry(device.to_owned()).or_default())
    }
}

impl ChangeListener for Recent {
    fn index(&self, published: &Published<'_>) {
        for change in published.changes {
            if let Change::Device(user, device) = change {
                self.update(user, device, |slot| {
                    slot.version += 1;
                    slot.stock = None;
                    slot.newest = Some(published.position);
                });
            }
        }
    }

    fn wake(&self, _: &Published<'_>) {}
}
