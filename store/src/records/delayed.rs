//! Events that are sent later (MSC4140), and what became of them.

use ruma::{OwnedDeviceId, OwnedEventId, OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

use crate::families::Family;
use crate::positions::StreamPosition;
use crate::values::Json;
use crate::{record, versioned};

record! {
    /// A delayed event.
    pub struct DelayedKey {
        /// Its id, by which whoever knows it may send, cancel or restart it.
        delay_id: String,
    } in Family::DelayIdDelayed => Delayed
}

/// A delayed event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delayed {
    /// Who sends it.
    pub user: OwnedUserId,
    /// The device it was scheduled from.
    pub device: OwnedDeviceId,
    /// Where it goes.
    pub room_id: OwnedRoomId,
    /// Its type.
    pub kind: String,
    /// Its state key, if it is state.
    pub state_key: Option<String>,
    /// Its content, as the client sent it.
    pub content: Json,
    /// How long it waits.
    pub delay_ms: u64,
    /// Since when: the scheduling or the last restart.
    pub running_since_ms: u64,
    /// Where its scheduling stands in the stream; its place among the user's.
    pub created: StreamPosition,
    /// Where its scheduling or its last restart stands; its place among those due at the same time.
    pub place: StreamPosition,
    /// Under which request it was scheduled (see [`DelayedRequestKey`]).
    pub request: Option<String>,
    /// What became of it; `None` as long as it waits.
    pub outcome: Option<Outcome>,
}

impl Delayed {
    /// When it is due.
    pub const fn due_ms(&self) -> u64 {
        self.running_since_ms.saturating_add(self.delay_ms)
    }

    /// Its row in the order in which events are due.
    pub const fn due_key(&self) -> DueKey {
        DueKey { due_ms: self.due_ms(), place: self.place }
    }
}

versioned!(Delayed, 1);

/// How a delayed event ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// When.
    pub at_ms: u64,
    /// Somebody asked for it; otherwise its time had come.
    pub by_action: bool,
    /// In what way.
    pub end: End,
}

/// In what way a delayed event ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// It was sent, as this event.
    Sent(OwnedEventId),
    /// It was cancelled.
    Cancelled,
    /// It could not be sent when it was due.
    Failed {
        /// The Matrix error code.
        errcode: String,
        /// The reason in words.
        error: String,
    },
}

record! {
    /// The delayed events that wait, in the order in which they are due.
    pub struct DueKey {
        /// When.
        due_ms: u64,
        /// The order of those due at the same time.
        place: StreamPosition,
    } in Family::DueDelayId => String
}

record! {
    /// The delayed events of a user that wait.
    pub struct UserScheduledKey {
        /// Whose.
        user: OwnedUserId,
        /// When it was scheduled.
        created: StreamPosition,
    } in Family::UserScheduledDelayId => String
}

record! {
    /// The delayed events of a user that have been sent or cancelled, the oldest of which are forgotten.
    pub struct UserFinalizedKey {
        /// Whose.
        user: OwnedUserId,
        /// When it ended.
        position: StreamPosition,
    } in Family::UserFinalizedDelayId => String
}

record! {
    /// The delayed event that a client's transaction id led to.
    pub struct DelayedRequestKey {
        /// Who sent it.
        user: OwnedUserId,
        /// From which device.
        device: OwnedDeviceId,
        /// The transaction id with what it is scoped to.
        request: String,
    } in Family::UserRequestDelayId => String
}

record! {
    /// A delayed event that the server itself puts off and sends: somebody's leaving of a call.
    pub struct DelegationKey {
        /// The delayed event.
        delay_id: String,
    } in Family::DelayIdDelegation => Delegation
}

/// Whose leaving it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    /// The name of the call on the SFU.
    pub call: String,
    /// The name of the participant there.
    pub identity: String,
}

versioned!(Delegation, 1);

#[cfg(test)]
mod tests {
    use ruma::{event_id, owned_device_id, owned_room_id, owned_user_id};

    use super::{
        Delayed, DelayedKey, DelayedRequestKey, Delegation, DelegationKey, DueKey, End, Outcome, UserFinalizedKey,
        UserScheduledKey,
    };
    use crate::positions::StreamPosition;
    use crate::records::testing::round_trip;
    use crate::values::Json;

    #[test]
    fn delayed_events_round_trip() {
        let (user, device) = (owned_user_id!("@a:example.org"), owned_device_id!("HOME"));
        let waiting = Delayed {
            user: user.clone(),
            device: device.clone(),
            room_id: owned_room_id!("!r:example.org"),
            kind: "org.matrix.msc3401.call.member".to_owned(),
            state_key: Some("_@a:example.org_HOME".to_owned()),
            content: Json(b"{}".to_vec()),
            delay_ms: 8_000,
            running_since_ms: 1_700_000_000_000,
            created: StreamPosition(7),
            place: StreamPosition(9),
            request: Some("t".to_owned()),
            outcome: None,
        };
        let key = DelayedKey { delay_id: "abc".to_owned() };
        round_trip(&key, &waiting);
        let failed = End::Failed { errcode: "M_FORBIDDEN".to_owned(), error: "no".to_owned() };
        for end in [End::Sent(event_id!("$e").to_owned()), End::Cancelled, failed] {
            let outcome = Some(Outcome { at_ms: 1_700_000_008_000, by_action: false, end });
            round_trip(&key, &Delayed { outcome, ..waiting.clone() });
        }
        let id = "abc".to_owned();
        round_trip(&waiting.due_key(), &id);
        round_trip(&DueKey { due_ms: 1, place: StreamPosition(2) }, &id);
        round_trip(&UserScheduledKey { user: user.clone(), created: StreamPosition(7) }, &id);
        round_trip(&UserFinalizedKey { user: user.clone(), position: StreamPosition(8) }, &id);
        round_trip(&DelayedRequestKey { user, device, request: "t".to_owned() }, &id);
        let delegation = Delegation { call: "call".to_owned(), identity: "somebody".to_owned() };
        round_trip(&DelegationKey { delay_id: id }, &delegation);
    }
}
