//! Events that relate to events: edits, reactions, references, threads.

use ruma::{OwnedEventId, OwnedUserId};
use serde::{Deserialize, Serialize};

use crate::families::Family;
use crate::positions::{ShortRoomId, StreamPosition};
use crate::{record, versioned};

record! {
    /// One event that relates to another one, in the order in which they came.
    pub struct RelationKey {
        /// The room of both.
        room: ShortRoomId,
        /// The event that is related to.
        parent: OwnedEventId,
        /// The relating event's position.
        position: StreamPosition,
    } in Family::RoomParentRelation => Relation
}

/// How an event relates to its parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// `m.annotation`, `m.replace`, `m.thread`, ...
    pub rel_type: String,
    /// The relating event.
    pub event_id: OwnedEventId,
    /// Who sent it.
    pub sender: OwnedUserId,
    /// Its event type.
    pub kind: String,
}

versioned!(Relation, 1);

record! {
    /// A room's threads by their latest event, for the list of threads. Kept in step with [`ThreadRootKey`].
    pub struct ThreadKey {
        /// The room.
        room: ShortRoomId,
        /// The position of the thread's latest event.
        latest: StreamPosition,
        /// The thread's root.
        root: OwnedEventId,
    } in Family::RoomLatestThread => ()
}

record! {
    /// A thread, by its root.
    pub struct ThreadRootKey {
        /// The room.
        room: ShortRoomId,
        /// The thread's root.
        root: OwnedEventId,
    } in Family::RoomRootThread => Thread
}

/// The summary that is bundled with a thread's root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// The position of the latest event.
    pub latest: StreamPosition,
    /// The latest event.
    pub latest_event_id: OwnedEventId,
    /// Events in the thread, without the root.
    pub count: u64,
}

versioned!(Thread, 1);

record! {
    /// Somebody who wrote in a thread, or its root.
    pub struct ThreadParticipantKey {
        /// The room.
        room: ShortRoomId,
        /// The thread's root.
        root: OwnedEventId,
        /// Who.
        user: OwnedUserId,
    } in Family::RoomRootParticipant => ()
}

#[cfg(test)]
mod tests {
    use ruma::{event_id, user_id};

    use super::{Relation, RelationKey, Thread, ThreadKey, ThreadParticipantKey, ThreadRootKey};
    use crate::positions::{ShortRoomId, StreamPosition};
    use crate::records::testing::round_trip;

    #[test]
    fn relations_round_trip() {
        let (room, latest) = (ShortRoomId(1), StreamPosition(9));
        let root = event_id!("$root").to_owned();
        let user = user_id!("@alice:example.org").to_owned();
        let relation = Relation {
            rel_type: "m.annotation".to_owned(),
            event_id: event_id!("$reaction").to_owned(),
            sender: user.clone(),
            kind: "m.reaction".to_owned(),
        };
        let thread = Thread { latest, latest_event_id: event_id!("$last").to_owned(), count: 70_000 };
        round_trip(&RelationKey { room, parent: root.clone(), position: latest }, &relation);
        round_trip(&ThreadKey { room, latest, root: root.clone() }, &());
        round_trip(&ThreadRootKey { room, root: root.clone() }, &thread);
        round_trip(&ThreadParticipantKey { room, root, user }, &());
    }
}
