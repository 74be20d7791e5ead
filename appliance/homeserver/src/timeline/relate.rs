//! The index of relations: which events relate to an event, and the threads of a room.

use std::sync::Arc;

use ruma::{EventId, OwnedEventId, OwnedUserId};
use veche_rooms::{
    Pdu,
    relations::{self, RelationKind, RelationTarget},
};
use veche_store::{
    Error, ShortRoomId, Store, StreamPosition, Txn,
    records::relations::{Relation, RelationKey, Thread, ThreadKey, ThreadParticipantKey, ThreadRootKey},
};

use super::{SendError, Timeline};
use crate::rooms::Room;

/// Indexes what an event relates to, in the transaction that writes the event.
pub(super) fn write(txn: &mut Txn, room: ShortRoomId, pdu: &Pdu, position: StreamPosition) -> Result<(), Error> {
    let Some(target) = relations::target_of(pdu) else { return Ok(()) };
    let key = RelationKey { room, parent: target.event_id, position };
    let record = Relation {
        rel_type: target.kind.as_str().to_owned(),
        event_id: pdu.event_id.clone(),
        sender: pdu.sender.clone(),
        kind: pdu.kind.to_string(),
    };
    txn.put(&key, &record);
    match relations::counts_in_thread(pdu) {
        Some(root) => extend_thread(txn, room, &root, pdu, position),
        None => Ok(()),
    }
}

fn extend_thread(
    txn: &mut Txn,
    room: ShortRoomId,
    root: &EventId,
    pdu: &Pdu,
    position: StreamPosition,
) -> Result<(), Error> {
    let key = ThreadRootKey { room, root: root.to_owned() };
    let before = txn.get(&key)?;
    if let Some(before) = &before {
        txn.delete(&ThreadKey { room, latest: before.latest, root: root.to_owned() });
    }
    let count = before.map_or(0, |thread| thread.count) + 1;
    txn.put(&key, &Thread { latest: position, latest_event_id: pdu.event_id.clone(), count });
    txn.put(&ThreadKey { room, latest: position, root: root.to_owned() }, &());
    txn.put(&ThreadParticipantKey { room, root: root.to_owned(), user: pdu.sender.clone() }, &());
    Ok(())
}

/// The relation that a redacted event had: it leaves the index in the transaction that empties the event.
pub(super) struct LostRelation {
    key: RelationKey,
    thread: Option<LostReply>,
}

/// What a thread loses with one of its events.
struct LostReply {
    root: OwnedEventId,
    /// The latest event that stays.
    latest: Option<(StreamPosition, OwnedEventId)>,
    /// The sender, if nothing else of his stays in the thread.
    leaver: Option<OwnedUserId>,
}

impl LostRelation {
    /// Looks up, under the room's lock, what the index loses with this event.
    pub(super) fn plan(
        store: &Store,
        room: ShortRoomId,
        original: &Pdu,
        position: StreamPosition,
    ) -> Result<Option<Self>, Error> {
        let Some(target) = relations::target_of(original) else { return Ok(None) };
        let thread = match relations::counts_in_thread(original) {
            Some(root) => Some(LostReply::plan(store, room, original, root)?),
            None => None,
        };
        Ok(Some(Self { key: RelationKey { room, parent: target.event_id, position }, thread }))
    }

    /// Takes it out.
    pub(super) fn write(&self, txn: &mut Txn) -> Result<(), Error> {
        txn.delete(&self.key);
        match &self.thread {
            Some(reply) => reply.write(txn, self.key.room),
            None => Ok(()),
        }
    }
}

impl LostReply {
    fn plan(store: &Store, room: ShortRoomId, original: &Pdu, root: OwnedEventId) -> Result<Self, Error> {
        let (mut latest, mut stays) = (None, false);
        for row in store.scan::<RelationKey>((room, &root)).reverse() {
            let (key, relation) = row?;
            if relation.rel_type != RelationKind::Thread.as_str() || relation.event_id == original.event_id {
                continue;
            }
            stays |= relation.sender == original.sender;
            latest.get_or_insert((key.position, relation.event_id));
            if stays {
                break;
            }
        }
        Ok(Self { root, latest, leaver: (!stays).then(|| original.sender.clone()) })
    }

    fn write(&self, txn: &mut Txn, room: ShortRoomId) -> Result<(), Error> {
        let root = self.root.clone();
        if let Some(user) = self.leaver.clone() {
            txn.delete(&ThreadParticipantKey { room, root: root.clone(), user });
        }
        let key = ThreadRootKey { room, root: root.clone() };
        let Some(before) = txn.get(&key)? else { return Ok(()) };
        txn.delete(&ThreadKey { room, latest: before.latest, root: root.clone() });
        let Some((latest, latest_event_id)) = self.latest.clone() else {
            txn.delete(&key);
            return Ok(());
        };
        let count = before.count.saturating_sub(1).max(1);
        txn.put(&key, &Thread { latest, latest_event_id, count });
        txn.put(&ThreadKey { room, latest, root }, &());
        Ok(())
    }
}

impl Timeline {
    /// What the specification forbids about relations of new events: the same reaction twice, and a thread that
    /// starts at an event which itself relates to another one. Called under the room's lock.
    pub(super) fn check_relation(&self, room: &Arc<Room>, pdu: &Pdu) -> Result<(), SendError> {
        let Some(RelationTarget { kind, event_id }) = relations::target_of(pdu) else { return Ok(()) };
        match kind {
            RelationKind::Annotation(key) if self.has_annotated(room, pdu, &event_id, &key)? => {
                Err(SendError::DuplicateAnnotation)
            }
            RelationKind::Thread => {
                let root = self.rooms.event(room, &event_id)?;
                if root.is_some_and(|root| !relations::can_be_thread_root(&root)) {
                    return Err(SendError::Invalid("a thread cannot start at an event that relates to another".into()));
                }
                Ok(())
            }
            RelationKind::Annotation(_) | RelationKind::Replace | RelationKind::Reference | RelationKind::Other(_) => {
                Ok(())
            }
        }
    }

    fn has_annotated(&self, room: &Arc<Room>, pdu: &Pdu, parent: &EventId, key: &str) -> Result<bool, Error> {
        for row in self.core.store.scan::<RelationKey>((room.short, parent)) {
            let relation = row?.1;
            if relation.sender != pdu.sender
                || relation.rel_type != "m.annotation"
                || relation.kind != pdu.kind.to_string()
            {
                continue;
            }
            let target = self.rooms.event(room, &relation.event_id)?.and_then(|event| relations::target_of(&event));
            if target.is_some_and(|target| matches!(target.kind, RelationKind::Annotation(same) if same == key)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
