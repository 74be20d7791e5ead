//! Unread counts: the rows of a user in a room that are left.
//!
//! The counts of a pair are kept in memory with the position they are true for, and brought forward by reading only
//! the rows that came since. Deleting rows throws them away *before* the deletion can be seen, and says from which
//! position on they may be kept again: a reader in between counts for himself and keeps nothing.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ruma::{OwnedEventId, OwnedUserId, UserId};
use veche_rooms::Pdu;
use veche_store::{
    Error, ShortRoomId, StreamPosition, Txn,
    records::receipts::{PushAction, PushActionKey, ReadActionKey, ReceiptKey},
};

use super::Notify;
use crate::{rooms::Room, sync::UnreadCounts};

/// Unread counts of one room.
#[derive(Default)]
pub struct RoomCounts {
    /// Of the room, without its threads when they are counted apart.
    pub room: UnreadCounts,
    /// By thread root.
    pub threads: BTreeMap<OwnedEventId, UnreadCounts>,
    /// When a count last changed other than by an event (a receipt).
    pub changed: StreamPosition,
}

/// What reading makes read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadScope {
    /// The room with all its threads.
    All,
    /// Everything outside threads.
    Main,
    /// One thread.
    Thread(OwnedEventId),
}

impl ReadScope {
    fn covers(&self, thread: Option<&OwnedEventId>) -> bool {
        match self {
            Self::All => true,
            Self::Main => thread.is_none(),
            Self::Thread(root) => thread == Some(root),
        }
    }
}

/// Counts that are true for a position.
#[derive(Clone, Default)]
struct Counter {
    at: StreamPosition,
    main: UnreadCounts,
    threads: BTreeMap<OwnedEventId, UnreadCounts>,
}

impl Counter {
    fn add(&mut self, action: PushAction) {
        let counts = match action.thread {
            Some(root) => self.threads.entry(root).or_default(),
            None => &mut self.main,
        };
        counts.notifications += u64::from(action.notify);
        counts.highlights += u64::from(action.highlight);
    }
}

#[derive(Default)]
struct Slot {
    counter: Option<Counter>,
    /// When rows were last deleted: counts of an earlier position are not kept.
    deleted: StreamPosition,
    /// As [`RoomCounts::changed`].
    changed: StreamPosition,
}

/// The counts of users in rooms.
#[derive(Default)]
pub(super) struct Counters {
    slots: Mutex<HashMap<(OwnedUserId, ShortRoomId), Slot>>,
}

impl Counters {
    fn lock(&self) -> MutexGuard<'_, HashMap<(OwnedUserId, ShortRoomId), Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, user: &UserId, room: ShortRoomId, position: StreamPosition) {
        let mut slots = self.lock();
        let slot = slots.entry((user.to_owned(), room)).or_default();
        *slot = Slot { counter: None, deleted: position, changed: position };
    }
}

impl Notify {
    /// The unread counts of a user in a room; by thread when the client counts threads, else all in `room`.
    pub fn counts(&self, user: &UserId, room: ShortRoomId, by_thread: bool) -> Result<RoomCounts, Error> {
        let (counter, changed) = self.counter(user, room)?;
        let mut counts = RoomCounts { room: counter.main, threads: counter.threads, changed };
        if !by_thread {
            for thread in std::mem::take(&mut counts.threads).into_values() {
                counts.room.notifications += thread.notifications;
                counts.room.highlights += thread.highlights;
            }
        }
        Ok(counts)
    }

    fn counter(&self, user: &UserId, room: ShortRoomId) -> Result<(Counter, StreamPosition), Error> {
        let store = &self.core.store;
        let now = store.position();
        let pair = (user.to_owned(), room);
        let known = self.counters.lock().get(&pair).map(|slot| (slot.counter.clone(), slot.deleted, slot.changed));
        let (counter, deleted, changed) = match known {
            Some(known) => known,
            None => (None, StreamPosition(0), self.last_receipt(user, room)?),
        };
        let mut counter = counter.unwrap_or_default();
        if counter.at < now {
            let from = PushActionKey { user: user.to_owned(), room, position: counter.at };
            let to = PushActionKey { user: user.to_owned(), room, position: now };
            for row in store.scan::<PushActionKey>((user, room)).after(&from).through(&to) {
                counter.add(row?.1);
            }
            counter.at = now;
        }
        let mut slots = self.counters.lock();
        let slot = slots.entry(pair).or_insert_with(|| Slot { changed, ..Slot::default() });
        let is_newest = slot.counter.as_ref().is_none_or(|kept| kept.at < now);
        if slot.deleted == deleted && deleted <= now && is_newest {
            slot.counter = Some(counter.clone());
        }
        Ok((counter, slot.changed))
    }

    fn last_receipt(&self, user: &UserId, room: ShortRoomId) -> Result<StreamPosition, Error> {
        let mut last = StreamPosition(0);
        for row in self.core.store.scan::<ReceiptKey>((room, user)) {
            last = last.max(row?.1.position);
        }
        Ok(last)
    }

    /// Takes the rows of what `user` has read up to a position from those to be told, and keeps the newest for the list
    /// of notifications. Part of the transaction that says so; takes a position of it if anything was unread.
    pub(crate) fn read(
        &self,
        txn: &mut Txn,
        user: &UserId,
        room: ShortRoomId,
        scope: &ReadScope,
        upto: StreamPosition,
    ) -> Result<(), Error> {
        let read = self.take(txn, user, room, scope, upto)?;
        self.history.keep(txn, user, &read)
    }

    /// Deletes everything that `user` was to be told of a room: he has come or gone, and what was before does not
    /// count.
    pub(crate) fn forget_room(&self, txn: &mut Txn, user: &UserId, room: ShortRoomId) -> Result<(), Error> {
        self.take(txn, user, room, &ReadScope::All, StreamPosition(u64::MAX)).map(drop)
    }

    /// Deletes what any of these users was told of an event, or was to be told: it has been redacted.
    pub(crate) fn forget_event(
        &self,
        txn: &mut Txn,
        users: &[OwnedUserId],
        room: ShortRoomId,
        position: StreamPosition,
    ) -> Result<(), Error> {
        let mut unread = Vec::new();
        for user in users {
            let read = ReadActionKey { user: user.clone(), position };
            if txn.contains(&read)? {
                txn.delete(&read);
            }
            let key = PushActionKey { user: user.clone(), room, position };
            if txn.contains(&key)? {
                txn.delete(&key);
                unread.push(user);
            }
        }
        if !unread.is_empty() {
            let now = txn.next_position();
            for user in unread {
                self.counters.forget(user, room, now);
                self.queue.badge(user, now);
            }
        }
        Ok(())
    }

    fn take(
        &self,
        txn: &mut Txn,
        user: &UserId,
        room: ShortRoomId,
        scope: &ReadScope,
        upto: StreamPosition,
    ) -> Result<Vec<(PushActionKey, PushAction)>, Error> {
        let mut rows = txn.scan::<PushActionKey>((user, room))?;
        rows.retain(|(key, action)| key.position <= upto && scope.covers(action.thread.as_ref()));
        rows.iter().for_each(|(key, _)| txn.delete(key));
        if !rows.is_empty() {
            let position = txn.next_position();
            self.counters.forget(user, room, position);
            self.queue.badge(user, position);
        }
        Ok(rows)
    }

    /// What sending an event makes read: who writes in a room or a thread has seen what stands there. `None` if
    /// there is nothing.
    pub(crate) fn implied_read(&self, room: &Room, pdu: &Pdu) -> Result<Option<ReadScope>, Error> {
        if pdu.state_key.is_some() {
            return Ok(None);
        }
        let counts = self.counts(&pdu.sender, room.short, true)?;
        if counts.room == UnreadCounts::default() && counts.threads.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.thread_of(pdu).map_or(ReadScope::Main, ReadScope::Thread)))
    }
}
