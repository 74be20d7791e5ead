//! The index of relations: which events relate to an event, and the threads of a room.

use ruma::EventId;
use veche_rooms::{Pdu, relations};
use veche_store::{
    Error, ShortRoomId, StreamPosition, Txn,
    records::relations::{Relation, RelationKey, Thread, ThreadKey, ThreadParticipantKey, ThreadRootKey},
};

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
