//! Events that stick (MSC4354): for a while, everybody in their room is shown them, wherever they stand in its timeline.

use ruma::OwnedUserId;
use serde::{Deserialize, Serialize};

use crate::families::Family;
use crate::positions::{ShortRoomId, StreamPosition};
use crate::{record, versioned};

record! {
    /// An event that sticks in its room, or did; those that do no more are deleted when another one comes.
    pub struct StickyKey {
        /// The room.
        room: ShortRoomId,
        /// When the event entered the timeline.
        position: StreamPosition,
    } in Family::RoomPositionSticky => Sticky
}

/// An event that sticks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sticky {
    /// Its place in the timeline.
    pub order: i64,
    /// Who sent it.
    pub sender: OwnedUserId,
    /// From when on it does not stick any more.
    pub expires_ms: u64,
}

versioned!(Sticky, 1);

record! {
    /// For how long a delayed event is to stick once it is sent, in milliseconds.
    pub struct DelayedStickyKey {
        /// The delayed event.
        delay_id: String,
    } in Family::DelayIdSticky => u64
}

#[cfg(test)]
mod tests {
    use ruma::owned_user_id;

    use super::{DelayedStickyKey, Sticky, StickyKey};
    use crate::positions::{ShortRoomId, StreamPosition};
    use crate::records::testing::round_trip;

    #[test]
    fn sticky_events_round_trip() {
        let sticky = Sticky { order: 9, sender: owned_user_id!("@a:example.org"), expires_ms: 1_700_000_000_000 };
        round_trip(&StickyKey { room: ShortRoomId(7), position: StreamPosition(9) }, &sticky);
        round_trip(&DelayedStickyKey { delay_id: "abc".to_owned() }, &60_000);
    }
}
