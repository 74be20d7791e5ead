//! Parsed events and complete states in memory, as they are on disk.
//!
//! An event changes once in its life: when a redaction takes its content away. What that changes is dropped before the
//! redaction is written, so whoever can read the redaction's position finds the event as it is then. And a reader may
//! hold a row that he read before and come to keep it afterwards: so nothing that was read from disk is kept if a
//! redaction was on its way at any time since the reading began.

use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use quick_cache::sync::Cache;
use veche_rooms::{Pdu, StateMap};
use veche_store::{ShortRoomId, ShortStateHash};

/// Bound of the parsed events kept in memory.
const EVENTS_CACHED_MAX: usize = 20_000;
/// Bound of the complete states kept in memory.
const STATES_CACHED_MAX: usize = 1_000;

/// An event's place: its room, and its order in the room's timeline.
type Place = (ShortRoomId, i64);

/// Events and states in memory.
pub(super) struct RoomCache {
    events: Cache<Place, Arc<Pdu>>,
    states: Cache<ShortStateHash, Arc<StateMap>>,
    redactions: RwLock<Redactions>,
}

#[derive(Default)]
struct Redactions {
    /// How many have begun.
    begun: u64,
    /// How many of them are not over.
    underway: u64,
}

/// Taken before something is read from disk that shall be kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    /// How many redactions had begun; `None` while one is on its way.
    redactions: Option<u64>,
}

/// An event that a redaction empties.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Emptied {
    /// Its order in the room's timeline.
    pub(crate) order: i64,
    /// Whether it is a state event.
    pub(crate) is_state: bool,
}

/// Redactions that are about to be written: as long as this is there, nothing that is read from disk is kept. To be
/// made before the commit is asked for, and given back after it.
pub(crate) struct Redacting {
    cache: Arc<RoomCache>,
    /// A state event is among what is redacted.
    pub(crate) empties_state: bool,
}

impl RoomCache {
    /// Nothing is kept yet.
    pub(super) fn new() -> Self {
        let (events, states) = (Cache::new(EVENTS_CACHED_MAX), Cache::new(STATES_CACHED_MAX));
        Self { events, states, redactions: RwLock::default() }
    }

    pub(super) fn event(&self, room: ShortRoomId, order: i64) -> Option<Arc<Pdu>> {
        self.events.get(&(room, order))
    }

    pub(super) fn state(&self, group: ShortStateHash) -> Option<Arc<StateMap>> {
        self.states.get(&group)
    }

    /// To be taken before anything of what shall be kept is read, from disk or from here.
    pub(super) fn mark(&self) -> Mark {
        let redactions = self.redactions.read().unwrap_or_else(PoisonError::into_inner);
        Mark { redactions: (redactions.underway == 0).then_some(redactions.begun) }
    }

    /// Keeps an event that was read from disk, unless it may have been redacted meanwhile.
    pub(super) fn keep_event(&self, mark: Mark, place: Place, pdu: Arc<Pdu>) {
        self.keep(mark, || self.events.insert(place, pdu));
    }

    /// Keeps a state that was put together from what was read, unless one of its events may have been redacted
    /// meanwhile.
    pub(super) fn keep_state(&self, mark: Mark, group: ShortStateHash, state: Arc<StateMap>) {
        self.keep(mark, || self.states.insert(group, state));
    }

    fn keep(&self, mark: Mark, insert: impl FnOnce()) {
        let redactions = self.redactions.read().unwrap_or_else(PoisonError::into_inner);
        // No redaction begins between the question and the keeping: the lock is held.
        if redactions.underway == 0 && mark.redactions == Some(redactions.begun) {
            insert();
        }
    }

    /// Keeps an event that the caller has just committed.
    pub(super) fn remember_event(&self, room: ShortRoomId, order: i64, pdu: Arc<Pdu>) {
        self.events.insert((room, order), pdu);
    }

    /// Keeps a state that the caller has just committed.
    pub(super) fn remember_state(&self, group: ShortStateHash, state: Arc<StateMap>) {
        self.states.insert(group, state);
    }

    /// Drops everything that shows the content of these events, and keeps nothing of the kind until the answer is
    /// given back.
    pub(super) fn redacting(self: &Arc<Self>, room: ShortRoomId, emptied: &[Emptied]) -> Redacting {
        let empties_state = emptied.iter().any(|emptied| emptied.is_state);
        let mut redactions = self.write();
        redactions.begun += 1;
        redactions.underway += 1;
        for Emptied { order, .. } in emptied {
            self.events.remove(&(room, *order));
        }
        if empties_state {
            self.states.clear();
        }
        drop(redactions);
        Redacting { cache: Arc::clone(self), empties_state }
    }

    fn write(&self) -> RwLockWriteGuard<'_, Redactions> {
        self.redactions.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Redacting {
    fn drop(&mut self) {
        self.cache.write().underway -= 1;
    }
}

#[cfg(test)]
mod tests;
