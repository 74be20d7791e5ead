//! What users have read, and what they are still to be told.

use ruma::{OwnedEventId, OwnedUserId};
use serde::{Deserialize, Serialize};

use crate::families::Family;
use crate::keys::{KeyPart, KeyWrite};
use crate::positions::{ShortRoomId, StreamPosition};
use crate::{record, versioned};

record! {
    /// A user's newest receipt of each kind and thread.
    pub struct ReceiptKey {
        /// The room.
        room: ShortRoomId,
        /// Whose receipt.
        user: OwnedUserId,
        /// Who may see it.
        kind: ReceiptKind,
        /// `None` for an unthreaded receipt, else `main` or the thread's root.
        thread: Option<String>,
    } in Family::RoomUserReceipt => Receipt
}

/// Who may see a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ReceiptKind {
    /// `m.read`: the room.
    Public,
    /// `m.read.private`: the user alone.
    Private,
}

impl KeyWrite for ReceiptKind {
    fn write(&self, out: &mut Vec<u8>) {
        (*self as u8).write(out);
    }
}

impl KeyPart for ReceiptKind {
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        match u8::read(bytes)? {
            0 => Some(Self::Public),
            1 => Some(Self::Private),
            _ => None,
        }
    }
}

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The event that was read.
    pub event_id: OwnedEventId,
    /// That event's position: everything up to it counts as read.
    pub read_up_to: StreamPosition,
    /// When the receipt came.
    pub position: StreamPosition,
    /// The same on the wall clock, for other users to see.
    pub wall_ms: u64,
}

versioned!(Receipt, 1);

record! {
    /// A room's receipts in the order in which they came. Kept in step with [`ReceiptKey`]: one row for each.
    pub struct ReceiptPositionKey {
        /// The room.
        room: ShortRoomId,
        /// When it came.
        position: StreamPosition,
    } in Family::RoomPositionReceipt => ReceiptPointer
}

/// The rest of a [`ReceiptKey`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptPointer {
    /// Whose receipt.
    pub user: OwnedUserId,
    /// Who may see it.
    pub kind: ReceiptKind,
    /// As in the key.
    pub thread: Option<String>,
}

versioned!(ReceiptPointer, 1);

record! {
    /// An event that a user is to be told about, until it is read.
    pub struct PushActionKey {
        /// Who.
        user: OwnedUserId,
        /// The room.
        room: ShortRoomId,
        /// The event's position.
        position: StreamPosition,
    } in Family::UserRoomPushAction => PushAction
}

/// How a user is to be told about an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushAction {
    /// It counts as a notification.
    pub notify: bool,
    /// It counts as a highlight.
    pub highlight: bool,
    /// The thread it is in; `None` for the main timeline.
    pub thread: Option<OwnedEventId>,
}

versioned!(PushAction, 1);

record! {
    /// An event that a user was told about and has read, for the list of notifications. The newest ones are kept.
    pub struct ReadActionKey {
        /// Who.
        user: OwnedUserId,
        /// The event's position.
        position: StreamPosition,
    } in Family::UserPositionReadAction => ReadAction
}

/// How a user was told about an event that he has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadAction {
    /// The event's room.
    pub room: ShortRoomId,
    /// As in [`PushAction`].
    pub notify: bool,
    /// As in [`PushAction`].
    pub highlight: bool,
}

versioned!(ReadAction, 1);

#[cfg(test)]
mod tests {
    use ruma::{event_id, user_id};

    use super::{
        PushAction, PushActionKey, ReadAction, ReadActionKey, Receipt, ReceiptKey, ReceiptKind, ReceiptPointer,
        ReceiptPositionKey,
    };
    use crate::positions::{ShortRoomId, StreamPosition};
    use crate::records::testing::round_trip;

    #[test]
    fn receipts_round_trip() {
        let (room, position) = (ShortRoomId(1), StreamPosition(u64::MAX));
        let user = user_id!("@alice:example.org").to_owned();
        let thread = Some("main".to_owned());
        let kind = ReceiptKind::Private;
        let event_id = event_id!("$event").to_owned();
        let receipt = Receipt { event_id: event_id.clone(), read_up_to: StreamPosition(4), position, wall_ms: 5 };
        let action = PushAction { notify: true, highlight: false, thread: Some(event_id) };
        round_trip(&ReceiptKey { room, user: user.clone(), kind, thread: thread.clone() }, &receipt);
        round_trip(&ReceiptPositionKey { room, position }, &ReceiptPointer { user: user.clone(), kind, thread });
        round_trip(&PushActionKey { user: user.clone(), room, position }, &action);
        round_trip(&ReadActionKey { user, position }, &ReadAction { room, notify: true, highlight: true });
    }
}
