//! Taking receipts in.

use std::sync::Arc;

use ruma::{EventId, OwnedEventId, OwnedUserId, RoomId, UserId, events::receipt::ReceiptThread};
use serde::Deserialize;
use serde_json::{json, value::to_raw_value};
use veche_rooms::{Pdu, relations};
use veche_store::{
    Change, Error, ShortRoomId, StreamPosition, Txn,
    records::receipts::{Receipt, ReceiptKey, ReceiptKind, ReceiptPointer, ReceiptPositionKey},
};

use super::Ephemeral;
use crate::{
    notify::{Notify, ReadScope},
    rooms::{FindRoomError, Room},
};

/// The thread of receipts for everything outside threads.
const MAIN: &str = "main";
/// The room account data that says where the user stopped reading.
const FULLY_READ: &str = "m.fully_read";

/// Why a receipt was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// The user is not in the room, or there is no such room.
    #[error("you are not in this room")]
    NotJoined,
    /// The room has no such event.
    #[error("there is no such event in this room")]
    UnknownEvent,
    /// The event is not in the thread that the receipt names.
    #[error("the event is not part of this thread")]
    NotInThread,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<FindRoomError> for ReceiptError {
    fn from(error: FindRoomError) -> Self {
        match error {
            FindRoomError::Unknown => Self::NotJoined,
            FindRoomError::Internal(error) => Self::Internal(error),
        }
    }
}

/// An event that a receipt names, found in its room.
struct Read {
    room: Arc<Room>,
    order: i64,
    pdu: Arc<Pdu>,
}

impl Ephemeral {
    /// Notes that `user` has read a room, or one of its threads, up to an event. A receipt for something older than
    /// the last one changes nothing.
    pub async fn set_receipt(
        &self,
        user: &UserId,
        room_id: &RoomId,
        kind: ReceiptKind,
        thread: &ReceiptThread,
        event_id: &EventId,
    ) -> Result<(), ReceiptError> {
        let read = self.find_read(user, room_id, event_id)?;
        let (thread, scope) = self.check_thread(&read, thread)?;
        let key = ReceiptKey { room: read.room.short, user: user.to_owned(), kind, thread };
        // A receipt is for what the server has numbered itself; older history counts as read from the start.
        let read_up_to = StreamPosition(u64::try_from(read.order).unwrap_or(0));
        if self.core.store.get(&key)?.is_some_and(|before| before.read_up_to >= read_up_to) {
            return Ok(());
        }
        let write = Write {
            key,
            event_id: event_id.to_owned(),
            read_up_to,
            scope,
            wall_ms: self.core.clock.wall_ms(),
            notify: Arc::clone(&self.notify),
        };
        self.core.store.commit(move |txn| write.run(txn)).await?;
        Ok(())
    }

    /// Moves the marker of what `user` has read in a room (spec: "Fully read markers"); never backward.
    pub async fn set_fully_read(
        &self,
        user: &UserId,
        room_id: &RoomId,
        event_id: &EventId,
    ) -> Result<(), ReceiptError> {
        #[derive(Deserialize)]
        struct Marker {
            event_id: OwnedEventId,
        }
        let read = self.find_read(user, room_id, event_id)?;
        let before = self.account_data.get(user, Some(read.room.short), FULLY_READ)?;
        let before = before.and_then(|content| serde_json::from_str::<Marker>(content.get()).ok());
        if let Some(before) = before
            && let Some((order, _)) = self.rooms.entry(&read.room, &before.event_id)?
            && order >= read.order
        {
            return Ok(());
        }
        let content = to_raw_value(&json!({ "event_id": event_id })).expect("a JSON value always serializes");
        self.account_data.write(user, Some(read.room.short), FULLY_READ, &content).await?;
        Ok(())
    }

    fn find_read(&self, user: &UserId, room_id: &RoomId, event_id: &EventId) -> Result<Read, ReceiptError> {
        let room = self.rooms.find(room_id)?;
        if !room.head().is_joined(user) {
            return Err(ReceiptError::NotJoined);
        }
        let (order, entry) = self.rooms.entry(&room, event_id)?.ok_or(ReceiptError::UnknownEvent)?;
        let pdu = self.rooms.parse(&room, order, &entry)?;
        Ok(Read { room, order, pdu })
    }

    /// The thread as it is stored, and what the receipt makes read.
    fn check_thread(&self, read: &Read, thread: &ReceiptThread) -> Result<(Option<String>, ReadScope), ReceiptError> {
        let lookup = |event_id: &EventId| self.rooms.event(&read.room, event_id).ok().flatten();
        match thread {
            ReceiptThread::Unthreaded => Ok((None, ReadScope::All)),
            ReceiptThread::Main if relations::thread_of(&read.pdu, &lookup).is_none() => {
                Ok((Some(MAIN.to_owned()), ReadScope::Main))
            }
            // The root belongs to the main timeline, but clients open a thread with a receipt for it.
            ReceiptThread::Thread(root)
                if read.pdu.event_id == *root || relations::thread_of(&read.pdu, &lookup).as_ref() == Some(root) =>
            {
                Ok((Some(root.to_string()), ReadScope::Thread(root.clone())))
            }
            _ => Err(ReceiptError::NotInThread),
        }
    }
}

/// A receipt on its way to the disk.
struct Write {
    key: ReceiptKey,
    event_id: OwnedEventId,
    read_up_to: StreamPosition,
    scope: ReadScope,
    wall_ms: u64,
    notify: Arc<Notify>,
}

impl Write {
    fn run(self, txn: &mut Txn) -> Result<(), Error> {
        let Self { key, event_id, read_up_to, scope, wall_ms, notify } = self;
        let before = txn.get(&key)?;
        if before.as_ref().is_some_and(|before| before.read_up_to >= read_up_to) {
            return Ok(());
        }
        if let Some(before) = before {
            txn.delete(&ReceiptPositionKey { room: key.room, position: before.position });
        }
        let position = txn.next_position();
        txn.put(&key, &Receipt { event_id, read_up_to, position, wall_ms });
        let pointer = ReceiptPointer { user: key.user.clone(), kind: key.kind, thread: key.thread.clone() };
        txn.put(&ReceiptPositionKey { room: key.room, position }, &pointer);
        notify.read(txn, &key.user, key.room, &scope, read_up_to)?;
        txn.change(concerned(key.kind, key.room, key.user));
        Ok(())
    }
}

fn concerned(kind: ReceiptKind, room: ShortRoomId, user: OwnedUserId) -> Change {
    match kind {
        ReceiptKind::Public => Change::RoomEphemeral(room),
        ReceiptKind::Private => Change::User(user),
    }
}
