//! Wakes waiting syncs, and knows which rooms changed last when.
//!
//! Two-phase, as the store publishes: first the index learns of a commit, then the commit becomes readable, then
//! waiters wake. A reader who saw the position therefore also sees the index, and a waiter who registered before he
//! read cannot miss a commit that he did not read.
//!
//! Not all news is equally urgent. In a room of two hundred a message makes two hundred receipts, and telling each of
//! them to everybody at once would be forty thousand answers. So typing, receipts and presence wake a waiter only after
//! a while, which grows with the room; a message that comes meanwhile wakes him at once and takes them along.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use ruma::{OwnedUserId, UserId};
use tokio::{sync::watch, time::Instant};
use veche_store::{Change, ChangeListener, Published, ShortRoomId, StreamPosition};

use super::answers::Answers;
use crate::{membership::UserRooms, rooms::Rooms};

/// What is not urgent waits so long for each member of its room, for more to come,
const PATIENCE_PER_MEMBER: Duration = Duration::from_millis(5);
/// but no longer than this.
const PATIENCE_MAX: Duration = Duration::from_secs(1);

/// Who waits, and what changed.
pub struct Watch {
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) user_rooms: Arc<UserRooms>,
    /// Changes before the start are not in the maps: everything unknown may have changed as late as this.
    started_at: StreamPosition,
    room_newest: RwLock<HashMap<ShortRoomId, StreamPosition>>,
    user_newest: RwLock<HashMap<OwnedUserId, StreamPosition>>,
    waiters: RwLock<HashMap<OwnedUserId, watch::Sender<Woken>>>,
    /// Whoever was woken by what he sent himself is answered first.
    pub(crate) answers: Answers,
}

/// What happened to a user's waiters.
#[derive(Debug, Clone, Copy, Default)]
struct Woken {
    /// How often they were woken at once.
    urgently: u64,
    /// When they have to look for what is not urgent.
    due: Option<Instant>,
}

/// A registration; holds every wake-up since it was made.
pub struct Waiter {
    receiver: watch::Receiver<Woken>,
    /// Urgent wake-ups that were answered.
    answered: u64,
    /// When what is not urgent has waited long enough.
    due: Option<Instant>,
}

impl Waiter {
    fn new(sender: &watch::Sender<Woken>) -> Self {
        let receiver = sender.subscribe();
        let answered = receiver.borrow().urgently;
        Self { receiver, answered, due: None }
    }

    /// Waits for a change that came after the registration or after the last call; for what is not urgent a while
    /// longer. Nothing is lost when the future is dropped.
    pub async fn changed(&mut self) {
        loop {
            let due = self.due;
            let due = async move {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                woken = self.receiver.changed() => if woken.is_err() {
                    // The sender lives in the map for as long as the server runs.
                    std::future::pending::<()>().await;
                },
                () = due => {
                    self.due = None;
                    return;
                }
            }
            let Woken { urgently, due } = *self.receiver.borrow_and_update();
            if urgently != self.answered {
                self.answered = urgently;
                self.due = None;
                return;
            }
            self.due = [self.due, due].into_iter().flatten().min();
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
            answers: Answers::default(),
        }
    }

    /// Registers interest in everything that concerns `user`. Call it before reading.
    pub fn register(&self, user: &UserId) -> Waiter {
        let waiters = self.waiters.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = waiters.get(user) {
            return Waiter::new(sender);
        }
        drop(waiters);
        let mut waiters = self.waiters.write().unwrap_or_else(PoisonError::into_inner);
        Waiter::new(waiters.entry(user.to_owned()).or_insert_with(|| watch::channel(Woken::default()).0))
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

    /// Wakes the waiters of these users for something that can wait for more to come (presence).
    pub fn wake_patiently<'a>(&self, users: impl IntoIterator<Item = &'a OwnedUserId>) {
        let waiters = self.waiters.read().unwrap_or_else(PoisonError::into_inner);
        for sender in users.into_iter().filter_map(|user| waiters.get(user)) {
            wake(sender, Some(PATIENCE_MAX));
        }
    }

    /// Wakes the waiters of one user at once.
    pub fn wake_user(&self, user: &UserId) {
        if let Some(sender) = self.waiters.read().unwrap_or_else(PoisonError::into_inner).get(user) {
            wake(sender, None);
        }
    }

    fn wake_room(&self, room: ShortRoomId, urgent: bool) {
        // A room that is not in memory is being created; its members are told by their own changes.
        let Some(room) = self.rooms.loaded(room) else { return };
        let waiters = self.waiters.read().unwrap_or_else(PoisonError::into_inner);
        let head = room.head();
        let members = u32::try_from(head.joined.len()).unwrap_or(u32::MAX);
        let patience = (!urgent).then(|| PATIENCE_PER_MEMBER.saturating_mul(members).min(PATIENCE_MAX));
        for user in head.joined.iter() {
            if let Some(sender) = waiters.get(user) {
                wake(sender, patience);
            }
        }
    }
}

/// Wakes at once, or after so long at most.
fn wake(waiter: &watch::Sender<Woken>, patience: Option<Duration>) {
    waiter.send_modify(|woken| match patience {
        Some(patience) => {
            let now = Instant::now();
            let earlier = woken.due.filter(|due| *due > now);
            woken.due = [earlier, Some(now + patience)].into_iter().flatten().min();
        }
        None => woken.urgently += 1,
    });
}

impl ChangeListener for Watch {
    fn index(&self, published: &Published<'_>) {
        self.user_rooms.index(published.changes);
        let mut rooms = self.room_newest.write().unwrap_or_else(PoisonError::into_inner);
        let mut users = self.user_newest.write().unwrap_or_else(PoisonError::into_inner);
        for change in published.changes {
            match change {
                Change::Room(room) | Change::RoomEphemeral(room) => {
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
                Change::Room(room) => self.wake_room(*room, true),
                Change::RoomEphemeral(room) => self.wake_room(*room, false),
                Change::User(user) | Change::Device(user, _) => self.wake_user(user),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt as _;
    use tokio::{sync::watch, time::timeout};

    use super::{Waiter, Woken, wake};

    const SHORT: Option<Duration> = Some(Duration::from_millis(10));
    const HOUR: Option<Duration> = Some(Duration::from_secs(3_600));
    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn what_is_urgent_wakes_at_once_and_takes_along_what_is_not() {
        let sender = watch::channel(Woken::default()).0;
        let mut waiter = Waiter::new(&sender);
        wake(&sender, HOUR);
        assert!(waiter.changed().now_or_never().is_none(), "what can wait was told at once");
        wake(&sender, None);
        assert!(waiter.changed().now_or_never().is_some());
        assert_eq!(waiter.due, None, "woken twice for what was read once");
        assert!(waiter.changed().now_or_never().is_none());
    }

    #[tokio::test]
    async fn what_can_wait_waits_for_the_least_patient_and_is_not_put_off_by_more() {
        let sender = watch::channel(Woken::default()).0;
        let mut waiter = Waiter::new(&sender);
        for patience in [HOUR, SHORT, HOUR] {
            wake(&sender, patience);
        }
        assert!(waiter.changed().now_or_never().is_none());
        wake(&sender, HOUR);
        timeout(MINUTE, waiter.changed()).await.unwrap();
    }

    #[tokio::test]
    async fn whoever_registers_hears_only_what_comes_after() {
        let sender = watch::channel(Woken::default()).0;
        wake(&sender, None);
        wake(&sender, SHORT);
        let mut late = Waiter::new(&sender);
        assert!(late.changed().now_or_never().is_none());
        wake(&sender, None);
        assert!(late.changed().now_or_never().is_some());
    }
}
