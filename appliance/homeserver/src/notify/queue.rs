//! Tells the push worker where to look. Only a hint in memory: what is to be pushed stands in the rows on disk, and a
//! worker that starts looks at all of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ruma::{OwnedUserId, UserId};
use tokio::sync::Notify as Signal;
use veche_store::{ChangeListener, Published, ShortRoomId, StreamPosition};

use super::Notify;

/// What may have come for a user.
#[derive(Debug, Default, Clone)]
pub(super) struct Hints {
    /// Rooms with new rows, and the position from which on they can be seen.
    pub(super) rooms: BTreeMap<ShortRoomId, StreamPosition>,
    /// Something was read, visible from this position on.
    pub(super) read: Option<StreamPosition>,
}

/// Hints for users with pushers.
#[derive(Default)]
pub(super) struct Queue {
    hints: Mutex<BTreeMap<OwnedUserId, Hints>>,
    wanted: Mutex<BTreeSet<OwnedUserId>>,
    pub(super) signal: Signal,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<OwnedUserId, Hints>> {
        self.hints.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on hints are kept for these users only.
    pub(super) fn want(&self, users: BTreeSet<OwnedUserId>) {
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = users;
    }

    fn hint(&self, user: &UserId, give: impl FnOnce(&mut Hints)) {
        if self.wanted.lock().unwrap_or_else(PoisonError::into_inner).contains(user) {
            give(self.lock().entry(user.to_owned()).or_default());
        }
    }

    /// Something of the user's was read.
    pub(super) fn badge(&self, user: &UserId, position: StreamPosition) {
        self.hint(user, |hints| hints.read = Some(position));
    }

    /// Takes the hints that can be seen at `position`; the others stay.
    pub(super) fn take(&self, position: StreamPosition) -> BTreeMap<OwnedUserId, Hints> {
        let mut all = self.lock();
        let mut taken = BTreeMap::new();
        for (user, hints) in all.iter_mut() {
            let rooms: BTreeMap<_, _> = hints.rooms.extract_if(.., |_, at| *at <= position).collect();
            let read = hints.read.take_if(|at| *at <= position);
            if !rooms.is_empty() || read.is_some() {
                taken.insert(user.clone(), Hints { rooms, read });
            }
        }
        all.retain(|_, hints| !hints.rooms.is_empty() || hints.read.is_some());
        taken
    }
}

impl Notify {
    /// A row was written for `user`. Called in the transaction.
    pub(crate) fn wrote(&self, user: &UserId, room: ShortRoomId, position: StreamPosition) {
        self.queue.hint(user, |hints| {
            hints.rooms.insert(room, position);
        });
    }
}

impl ChangeListener for Notify {
    fn index(&self, _: &Published<'_>) {}

    fn wake(&self, _: &Published<'_>) {
        if !self.queue.lock().is_empty() {
            self.queue.signal.notify_one();
        }
    }
}
