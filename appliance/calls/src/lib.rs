//! Calls: a Matrix room joined to the SFU.
//!
//! The room says who may be in its call, and shows who is; the SFU carries sound and pictures, and knows who is really
//! there. This crate stands between the two:
//!
//! | file | what it owns |
//! |---|---|
//! | `names` | what rooms and people are called on the SFU |
//! | `token` | the tokens that open calls: issued here, shown to the SFU |
//! | `standing` | whether somebody may be in the call of a room, now |
//! | `tickets` | giving out tokens, and looking at them again when they are used |
//! | `administration` | whether somebody may mute others or send them out |
//! | `seats` | who is in which call, and the leaving that the room is told when he is gone |
//! | `joins` | how long tokens took, and who was refused for lack of room |
//! | `upkeep` | the task that tells it, and that takes people out of calls who may not be there any more |
//!
//! Invariants: nobody has a token who could not tell the room that he is in its call or listen to it; whoever may not be in a
//! room any more is out of its call at once, and no token that he still has lets him back; a leaving that was handed over to
//! us is on disk and survives this process. This crate knows no socket and no packet, and nothing of the SFU but [`Sfu`].

mod administration;
mod joins;
mod names;
mod seats;
mod standing;
mod tickets;
mod token;
mod upkeep;

#[cfg(test)]
mod testing;

pub use self::{
    administration::{AdministerError, Administrator},
    joins::{RefusedJoin, RefusedJoins},
    names::{LEGACY_SLOT, MemberName, identity, room_name},
    tickets::{AdmitError, LeaveError, Ticket, TicketError, Wish},
    token::{AccessKeys, EmptySecret, Grants, Holder, TokenError, VideoGrant},
};

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use veche_homeserver::Homeserver;

use self::joins::Joins;
use self::seats::{SeatKey, Seats};

/// What calls need of the SFU.
pub trait Sfu: Send + Sync {
    /// Takes a participant out of a call, at once; does nothing if he is not there.
    fn remove(&self, room: &str, identity: &str);

    /// Why nobody more can be taken into a call, if that is so.
    fn refuses(&self, room: &str) -> Option<NoPlace>;
}

/// Why nobody more can be taken into a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPlace {
    /// There are as many as can be in one.
    Full,
    /// Those who are in calls now keep the server busy: one more would be noticed by all of them.
    Busy,
}

/// The calls of this server.
pub struct Calls {
    homeserver: Arc<Homeserver>,
    keys: AccessKeys,
    sfu: OnceLock<Arc<dyn Sfu>>,
    seats: Seats,
    joins: Joins,
}

impl Calls {
    /// Over these parts. There are no calls before [`Self::plug`], and nothing goes on by itself before [`Self::start`].
    pub fn new(homeserver: Arc<Homeserver>, keys: AccessKeys) -> Arc<Self> {
        Arc::new(Self { homeserver, keys, sfu: OnceLock::new(), seats: Seats::default(), joins: Joins::default() })
    }

    /// Takes this SFU for all calls from now on; only the first one counts.
    pub fn plug(&self, sfu: Arc<dyn Sfu>) {
        let _only_the_first = self.sfu.set(sfu);
    }

    /// Whether there is an SFU, and so whether there are calls at all.
    pub fn is_open(&self) -> bool {
        self.sfu.get().is_some()
    }

    /// Whose participant this is, of those who are in a call or soon.
    pub fn whose(&self, room: &str, identity: &str) -> Option<Holder> {
        self.seats.holder(&SeatKey { call: room.to_owned(), identity: identity.to_owned() })
    }

    /// How long the token took with which somebody came who is in a call; none if that is not known.
    pub fn ticket_took(&self, room: &str, identity: &str) -> Option<Duration> {
        self.seats.ticket_took(&SeatKey { call: room.to_owned(), identity: identity.to_owned() })
    }

    /// Those who were not let into calls for lack of room, since this process started.
    pub fn refused(&self) -> RefusedJoins {
        self.joins.refused()
    }

    /// The SFU tells that it had no place for somebody whom [`Self::admit`] let in.
    pub fn participant_refused(&self, room: &str, identity: &str, why: NoPlace) {
        if let Some(holder) = self.whose(room, identity) {
            self.refuse(holder, why);
        }
    }

    fn refuse(&self, holder: Holder, why: NoPlace) {
        self.joins.refuse(RefusedJoin { at_ms: self.homeserver.core.clock.wall_ms(), why, holder });
    }

    /// By what tokens are signed.
    pub const fn keys(&self) -> &AccessKeys {
        &self.keys
    }

    /// The SFU tells that a participant whom [`Self::admit`] let in has entered the call. To be said once for each time, and
    /// before it is said that he left. Answers whether he may stay: he may have been put out of the room in between, and then
    /// [`Sfu::remove`] was told of somebody who was not there yet.
    #[must_use]
    pub fn participant_joined(&self, room: &str, identity: &str) -> bool {
        self.seats.joined(room, identity)
    }

    /// The SFU tells that a participant has gone, by his own will or without a word. Where he has entered twice under the
    /// same name, because the newer connection took the place of the older one, he is gone when both are.
    ///
    /// If he has handed over his leaving, the room is told of it at once.
    pub fn participant_left(&self, room: &str, identity: &str) {
        self.seats.left(room, identity);
    }
}
