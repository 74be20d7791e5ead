//! Wakes waiting syncs, and knows which rooms changed last when.
//!
//! Two-phase, as the store publishes: first the index learns of a commit, then the commit becomes readable, then
//! waiters wake. A reader who saw the position therefore also sees the index, and a waiter who registered before he
//! read cannot miss a commit that he did not read.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use ruma::{OwnedUserId, UserId};
use tokio::sync::watch;
use veche_store::{Change, ChangeListener, Published, ShortRoomId, StreamPosition};

use crate::{membership::UserRooms, rooms::Rooms};

/// Who waits, and what changed.
pub struct Watch {
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) user_rooms: Arc<UserRooms>,
    /// Changes before the start are not in the maps: everything unknown may have changed as late as this.
    started_at: StreamPosition,
    room_newest: RwLock<HashMap<ShortRoomId, StreamPosition>>,
    user_newest: RwLock<HashMap<OwnedUserId, StreamPosition>>,
    waiters: RwLock<HashMap<OwnedUserId, watch::Sender<StreamPosition>>>,
}

/// A registration; holds every wake-up since it was made.
pub struct Waiter {
    receiver: watch::Receiver<StreamPosition>,
}

impl Waiter {
    /// Waits for a change that came after the registration or after the last call.
    pub async fn changed(&mut self) {
        // The sender lives in the map for as long as the server runs.
        if self.receiver.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Watch {
    /// A watch that starts at this position.
    pub fn new(rooms: Arc<Rooms>, user_rooms: Arc<UserRooms>, started_at: StreamPosition) -> Self {
        Self {
            rooms,
            user_rooms,
            started_at,
            room_newest: RwLock::default(),
            user_newest: RwLock::default(),
            waiters: RwLock::default(),
        }
    }

    /// Registers interest in everything that concerns `user`. Call it before reading.
    pub fn register(&self, user: &UserId) -> Waiter {
        let waiters = self.waiters.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = waiters.get(user) {
            return Waiter { receiver: sender.subscribe() };
        }
        drop(waiters);
        let mut waiters = self.waiters.write().unwrap_or_else(PoisonError::into_inner);
        let sender = waiters.entry(user.to_owned()).or_insert_with(|| watch::channel(StreamPosition(0)).0);
        Waiter { receiver: sender.subscribe() }
    }

    /// Whether anything in the room (events, receipts, typing) may have changed after `since`.
    pub fn room_changed(&self, room: ShortRoomId, since: StreamPosition) -> bool {
        let newest = self.room_newest.read().unwrap_or_else(PoisonError::into_inner);
        newest.get(&room).copied().unwrap_or(self.started_at) > since
    }

    /// Whether anything of the user's own (account data, memberships) may have changed after `since`. What concerns
    /// one device alone (messages, keys) is not counted: `e2ee` knows it, and a key shared with a large room must not
    /// make everybody look at all rooms.
    pub fn user_changed(&self, user: &UserId, since: StreamPosition) -> bool {
        let newest = self.user_newest.read().unwrap_or_else(PoisonError::into_inner);
        newest.get(user).copied().unwrap_or(self.started_at) > since
    }

    /// Wakes the waiters of one user without a change of the store (a revoked session, a timer).
    pub fn wake(&self, user: &UserId, position: StreamPosition) {
        if let Some(sender) = self.waiters.read().unwrap_or_else(PoisonError::into_inner).get(user) {
            sender.send_replace(position);
        }
    }

    fn wake_room(&self, room: ShortRoomId, position: StreamPosition) {
        // A room that is not in memory is being created; its members are told by their own changes.
        let Some(room) = self.rooms.loaded(room) else { return };
        let waiters = self.waiters.read().unwrap_or_else(PoisonError::into_inner);
        for user in room.head().joined.iter() {
            if let Some(sender) = waiters.get(user) {
                sender.send_replace(position);
            }
        }
    }
}

impl ChangeListener for Watch {
    fn index(&self, published: &Published<'_>) {
        self.user_rooms.index(published.changes);
        let mut rooms = self.room_newest.write().unwrap_or_else(PoisonError::into_inner);
        let mut users = self.user_newest.write().unwrap_or_else(PoisonError::into_inner);
        for change in published.changes {
            match change {
                Change::Room(room) => {
                    rooms.insert(*room, published.position);
                }
                Change::User(user) => {
                    users.insert(user.clone(), published.position);
                }
                Change::Device(..) => {}
            }
        }
    }

    fn wake(&self, published: &Published<'_>) {
        for change in published.changes {
            match change {
                Change::Room(room) => self.wake_room(*room, published.position),
                Change::User(user) | Change::Device(user, _) => Self::wake(self, user, published.position),
            }
        }
    }
}
