//! How coming into calls went, for administrators: how long each token took, and who was not let in for lack of room. Only in
//! memory, since this process started.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::seats::SeatKey;
use crate::{Holder, NoPlace};

/// So many tokens are remembered that were not used yet; of older ones it is not told how long they took.
const TICKETS_MAX: usize = 512;
/// So many of those who were refused are told by name.
const REFUSED_SHOWN_MAX: usize = 20;

/// Somebody who was not let into a call for lack of room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedJoin {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// Why.
    pub why: NoPlace,
    /// Who, with which device, and into which room's call.
    pub holder: Holder,
}

/// Those who were not let into calls for lack of room, since this process started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefusedJoins {
    /// How often a call had as many people as it may have.
    pub full: u64,
    /// How often the server carried as many people as it can.
    pub busy: u64,
    /// The last ones, the newest first.
    pub latest: VecDeque<RefusedJoin>,
}

#[derive(Debug, Default)]
struct Table {
    refused: RefusedJoins,
    /// The newest last.
    tickets: VecDeque<(SeatKey, Duration)>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Joins(Mutex<Table>);

impl Joins {
    /// Somebody was refused.
    pub(crate) fn refuse(&self, refused: RefusedJoin) {
        let of = &mut self.lock().refused;
        match refused.why {
            NoPlace::Full => of.full += 1,
            NoPlace::Busy => of.busy += 1,
        }
        of.latest.truncate(REFUSED_SHOWN_MAX - 1);
        of.latest.push_front(refused);
    }

    /// Those who were refused.
    pub(crate) fn refused(&self) -> RefusedJoins {
        self.lock().refused.clone()
    }

    /// Somebody's token took so long.
    pub(crate) fn give(&self, key: SeatKey, took: Duration) {
        let tickets = &mut self.lock().tickets;
        tickets.retain(|(of, _)| *of != key);
        if tickets.len() >= TICKETS_MAX {
            tickets.pop_front();
        }
        tickets.push_back((key, took));
    }

    /// How long the token took with which he comes now; none if it was told already, or not kept.
    pub(crate) fn take(&self, key: &SeatKey) -> Option<Duration> {
        let tickets = &mut self.lock().tickets;
        let at = tickets.iter().position(|(of, _)| of == key)?;
        tickets.remove(at).map(|(_, took)| took)
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // Nothing in here can stop halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ruma::{owned_device_id, owned_room_id, owned_user_id};

    use super::{Joins, REFUSED_SHOWN_MAX, RefusedJoin, TICKETS_MAX};
    use crate::seats::SeatKey;
    use crate::{Holder, NoPlace};

    fn refused(at_ms: u64, why: NoPlace) -> RefusedJoin {
        let holder = Holder {
            user_id: owned_user_id!("@anna:example.org"),
            device_id: owned_device_id!("A"),
            room_id: owned_room_id!("!room:example.org"),
        };
        RefusedJoin { at_ms, why, holder }
    }

    #[test]
    fn all_who_were_refused_are_counted_and_the_last_are_named() {
        let joins = Joins::default();
        joins.refuse(refused(0, NoPlace::Full));
        for at_ms in 1..100 {
            joins.refuse(refused(at_ms, NoPlace::Busy));
        }
        let told = joins.refused();
        assert_eq!((told.full, told.busy, told.latest.len()), (1, 99, REFUSED_SHOWN_MAX));
        assert_eq!((told.latest[0].at_ms, told.latest[REFUSED_SHOWN_MAX - 1].at_ms), (99, 80));
    }

    #[test]
    fn tokens_that_nobody_uses_are_forgotten() {
        let joins = Joins::default();
        let key = |at: usize| SeatKey { call: "call".to_owned(), identity: at.to_string() };
        for at in 0..=TICKETS_MAX {
            joins.give(key(at), Duration::from_millis(1));
        }
        joins.give(key(7), Duration::from_millis(2));
        assert_eq!(joins.take(&key(0)), None, "the oldest makes room");
        assert_eq!(joins.take(&key(1)), Some(Duration::from_millis(1)));
        assert_eq!(joins.take(&key(7)), Some(Duration::from_millis(2)), "the newer token counts");
        assert_eq!(joins.take(&key(7)), None, "told once");
    }
}
