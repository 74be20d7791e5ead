//! One room in memory: its identity, its writer's lock and its head (the picture after the newest append).

use std::{
    collections::BTreeSet,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use ruma::{
    OwnedEventId, OwnedRoomId, OwnedUserId, RoomVersionId, UserId,
    events::{StateEventType, room::member::MembershipState},
};
use tokio::sync::{Mutex, OwnedMutexGuard};
use veche_rooms::{Pdu, StateMap, membership};
use veche_store::{ShortRoomId, ShortStateHash, StreamPosition};

/// A room known to this server.
pub struct Room {
    /// The short id its records are kept under.
    pub short: ShortRoomId,
    /// The room id on the wire.
    pub id: OwnedRoomId,
    /// The room version: which rules apply.
    pub version: RoomVersionId,
    writer: Arc<Mutex<()>>,
    head: RwLock<Arc<Head>>,
    /// No event at or after this position has another one that relates to it.
    related: AtomicU64,
    /// Position of the newest event of which a commit knows, readable already or not.
    written: AtomicU64,
}

/// The room after its newest append.
#[derive(Clone)]
pub struct Head {
    /// Current resolved state.
    pub state: Arc<StateMap>,
    /// The stored group of that state.
    pub group: ShortStateHash,
    /// How many layers that group lies above a complete one.
    pub hops: u8,
    /// Events that no other event names as its parent yet (forward extremities).
    pub extremities: Vec<OwnedEventId>,
    /// Depth of the deepest extremity.
    pub depth: u64,
    /// Position of the newest event.
    pub newest: StreamPosition,
    /// Who is joined.
    pub joined: Arc<BTreeSet<OwnedUserId>>,
}

impl Head {
    /// The current state event of a type and key.
    pub fn state_event(&self, kind: &StateEventType, state_key: &str) -> Option<&Arc<Pdu>> {
        self.state.get(&(kind.clone(), state_key.to_owned()))
    }

    /// The current membership of `user`; `leave` for one who never was here.
    pub fn membership(&self, user: &UserId) -> MembershipState {
        membership::of_user(&self.state, user)
    }

    /// Whether `user` is joined.
    pub fn is_joined(&self, user: &UserId) -> bool {
        self.joined.contains(user)
    }

    /// An event lost its content; if it is one of the state, the state has it as it is now.
    pub(crate) fn redact(&mut self, redacted: &Arc<Pdu>) {
        let Some(key) = redacted.state_key_pair() else { return };
        if self.state.get(&key).is_some_and(|current| current.event_id == redacted.event_id) {
            Arc::make_mut(&mut self.state).insert(key, Arc::clone(redacted));
        }
    }

    /// Takes the joined members from the state again, after a member event changed it.
    pub(crate) fn recount_joined(&mut self) {
        self.joined = Arc::new(joined_members(&self.state));
    }
}

/// The users whose member event in `state` says `join`.
pub(super) fn joined_members(state: &StateMap) -> BTreeSet<OwnedUserId> {
    membership::users_with(state, &[MembershipState::Join]).map(|(user, _)| user).collect()
}

impl Room {
    /// A room with the head it has on disk.
    pub(crate) fn new(short: ShortRoomId, id: OwnedRoomId, version: RoomVersionId, head: Head) -> Self {
        let (related, written) = (AtomicU64::new(head.newest.0), AtomicU64::new(head.newest.0));
        Self { short, id, version, writer: Arc::default(), head: RwLock::new(Arc::new(head)), related, written }
    }

    /// Whether the event at this order can have others that relate to it. Says no without a look at the disk for
    /// everything newer than the newest relation, which is most of what a live room shows.
    pub(crate) fn may_be_related_to(&self, order: i64) -> bool {
        u64::try_from(order).map_or(true, |order| order < self.related.load(Ordering::Acquire))
    }

    /// A commit writes an event at this position. To be called inside the commit, before anybody can read it.
    pub(crate) fn writing(&self, position: StreamPosition) {
        self.written.store(position.0, Ordering::Release);
    }

    /// The head, if no event lies after this order that somebody who knows a readable order could see. Answers without
    /// a look at the disk what most syncs ask.
    pub(crate) fn head_if_nothing_after(&self, order: i64) -> Option<Arc<Head>> {
        let head = self.head();
        // The head follows the commit that it shows: until then the disk knows better.
        let shows_all = self.written.load(Ordering::Acquire) == head.newest.0;
        (shows_all && super::order_of(head.newest) <= order).then_some(head)
    }

    /// The newest head. Readers keep the one they took.
    pub fn head(&self) -> Arc<Head> {
        self.head.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for the right to append to this room.
    pub async fn lock(self: &Arc<Self>) -> LockedRoom {
        let guard = Arc::clone(&self.writer).lock_owned().await;
        LockedRoom { room: Arc::clone(self), _guard: guard }
    }
}

/// An event that relates to another one is about to be written: as long as this is there, anything in the room may be
/// related to, so that nobody who reads the new position is told otherwise. Held by whoever may append to the room, and
/// not for longer.
pub(crate) struct Relating {
    room: Arc<Room>,
    newest: StreamPosition,
}

impl Relating {
    pub(crate) fn begin(room: Arc<Room>) -> Self {
        let newest = room.head().newest;
        room.related.store(u64::MAX, Ordering::Release);
        Self { room, newest }
    }

    /// The event is written; `newest` is the position of the newest event of the room.
    pub(crate) fn written(mut self, newest: StreamPosition) {
        self.newest = newest;
    }
}

impl Drop for Relating {
    fn drop(&mut self) {
        self.room.related.store(self.newest.0, Ordering::Release);
    }
}

/// Proof of the right to append to a room; given back when dropped.
pub struct LockedRoom {
    /// The room.
    pub room: Arc<Room>,
    _guard: OwnedMutexGuard<()>,
}

impl LockedRoom {
    /// Shows readers the head that a commit just made true.
    pub(crate) fn advance(&self, head: Head) {
        *self.room.head.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(head);
    }
}
