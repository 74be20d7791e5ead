//! Writes a draft: every event with its indexes, state groups, memberships and push rows in one transaction.
//!
//! Positions are taken under the commit, so the rows are keyed inside the closure that the store runs. Nothing of a
//! draft is visible before all of it is on disk.

use std::sync::Arc;

use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId, RoomVersionId};
use veche_rooms::{Pdu, StateMap, membership, relations};
use veche_store::{
    Change, Error, Json, ShortRoomId, ShortStateHash, StreamPosition, Txn,
    records::{
        memberships::{Membership, MembershipRecord, RoomUserKey, UserRoomKey},
        receipts::{PushAction, PushActionKey},
        rooms::{
            EventIdKey, EventKind, EventLocation, EventTransactionKey, ExtremityKey, RoomIdKey, RoomRecord,
            RoomStateKey, ShortRoomKey, StateGroup, StateGroupKey, TimelineEntry, TimelineKey, TransactionEcho,
            TransactionKey, TransactionResult,
        },
        sticky::StickyKey,
    },
};

use super::{
    Draft,
    draft::{DraftError, Extra, GroupRef, Staged, Target},
    redact::Redaction,
};
use crate::{
    core::Core,
    membership::is_inside,
    notify::Notify,
    rooms::{Emptied, Head, LAYERS_MAX, Redacting, Relating, Room, Rooms, order_of},
};

/// What a commit made true.
struct Written {
    short: ShortRoomId,
    /// Position of each event of the draft, in order.
    positions: Vec<StreamPosition>,
    group: ShortStateHash,
}

/// Everything the commit needs, owned, so that it can run on the store's thread.
struct Plan {
    room: Option<ShortRoomId>,
    room_id: OwnedRoomId,
    version: RoomVersionId,
    staged: Vec<Staged>,
    extras: Vec<Extra>,
    extremities_before: Vec<OwnedEventId>,
    extremities_after: Vec<OwnedEventId>,
    group: GroupRef,
    core: Arc<Core>,
    notify: Arc<Notify>,
    now_ms: u64,
}

/// What memory learns of a draft once it is on disk: the caches, the room's head, and last of all that others may
/// append. It happens on the commit thread, so that nobody drafts on a head that the disk has left behind, also where
/// whoever sent the event has stopped waiting.
///
/// Dropped when nothing was written; then the fields are given back in this order.
struct Learned {
    relating: Option<Relating>,
    rooms: Arc<Rooms>,
    room_id: OwnedRoomId,
    head: Head,
    kept: Vec<(Arc<Pdu>, GroupRef, Arc<StateMap>)>,
    redacting: Option<Redacting>,
    target: Target,
}

impl Draft<'_> {
    /// Commits the draft. When this returns, all of it is on disk and readable. Answers the room and the position of
    /// each event.
    ///
    /// Whoever stops waiting stops nothing: a commit that is queued is finished, in memory too.
    pub async fn commit(self) -> Result<(Arc<Room>, Vec<StreamPosition>), DraftError> {
        let Draft { timeline, target, room_id, mut head, group, staged, extras, .. } = self;
        let Some(room_id) = room_id else {
            return Err(DraftError::Invalid("the draft has no events".to_owned()));
        };
        let (existing, version) = match &target {
            Target::Existing(locked) => (Some(Arc::clone(&locked.room)), locked.room.version.clone()),
            Target::New(version) => (None, version.clone()),
        };
        let kept = staged.iter().map(|s| (Arc::clone(&s.pdu), s.after, Arc::clone(&s.state))).collect();
        let redactions = || staged.iter().filter_map(|staged| staged.redaction.as_ref());
        let emptied = |redaction: &Redaction| Emptied { order: redaction.key.order, is_state: redaction.was_state };
        let emptied: Vec<Emptied> = redactions().map(emptied).collect();
        redactions().filter(|redaction| redaction.was_state).for_each(|redaction| head.redact(&redaction.pdu));
        let plan = Plan {
            room: existing.as_ref().map(|room| room.short),
            room_id: room_id.clone(),
            version,
            staged,
            extras,
            extremities_before: existing.as_ref().map(|room| room.head().extremities.clone()).unwrap_or_default(),
            extremities_after: head.extremities.clone(),
            group,
            core: Arc::clone(&timeline.core),
            notify: Arc::clone(&timeline.notify),
            now_ms: timeline.core.clock.wall_ms(),
        };
        let relating = existing.clone().filter(|_| plan.relates()).map(Relating::begin);
        let rooms = Arc::clone(&timeline.rooms);
        let redacting = existing.as_ref().filter(|_| !emptied.is_empty());
        let redacting = redacting.map(|room| rooms.redacting(room.short, &emptied));
        let learned = Learned { relating, rooms, room_id, head, kept, redacting, target };
        let room = existing.clone();
        let write = move |txn: &mut Txn| {
            let written = plan.write(txn)?;
            if let (Some(room), Some(newest)) = (room, written.positions.last()) {
                room.writing(*newest);
            }
            Ok::<_, DraftError>(written)
        };
        let written = timeline.core.store.commit_then(write, |written| learned.apply(written)).await?;
        let room = match existing {
            Some(room) => room,
            None => timeline.rooms.find_short(written.short)?,
        };
        Ok((room, written.positions))
    }
}

impl Learned {
    fn apply(self, written: &Written) {
        let Self { relating, rooms, room_id, mut head, kept, redacting, target } = self;
        head.group = written.group;
        head.newest = written.positions.last().copied().unwrap_or(head.newest);
        if let Some(relating) = relating {
            relating.written(head.newest);
        }
        // A state of this draft may still show what it redacts.
        let keeps_states = redacting.as_ref().is_none_or(|redacting| !redacting.empties_state);
        for ((pdu, after, state), position) in kept.into_iter().zip(&written.positions) {
            rooms.remember_event(written.short, order_of(*position), pdu);
            if let GroupRef::Staged(index) = after
                && keeps_states
            {
                rooms.remember_state(ShortStateHash(written.positions[index].0), state);
            }
        }
        match target {
            Target::Existing(locked) => locked.advance(head),
            Target::New(version) => _ = rooms.insert(Room::new(written.short, room_id, version, head)),
        }
    }
}

impl Plan {
    /// Whether one of the events relates to another one.
    fn relates(&self) -> bool {
        self.staged.iter().any(|staged| relations::target_of(&staged.pdu).is_some())
    }

    fn write(self, txn: &mut Txn) -> Result<Written, DraftError> {
        let short = match self.room {
            Some(short) => short,
            None => self.write_room(txn)?,
        };
        let mut positions: Vec<StreamPosition> = Vec::with_capacity(self.staged.len());
        for staged in &self.staged {
            let position = txn.next_position();
            positions.push(position);
            let before = resolve_group(staged.before, &positions);
            let after = resolve_group(staged.after, &positions);
            if after != before {
                write_group(txn, after, before, staged, position)?;
            }
            self.write_event(txn, short, staged, position, before, after)?;
        }
        let group = resolve_group(self.group, &positions);
        txn.put(&RoomStateKey { room: short }, &group);
        for event_id in self.extremities_before {
            txn.delete(&ExtremityKey { room: short, event_id });
        }
        for event_id in self.extremities_after {
            txn.put(&ExtremityKey { room: short, event_id }, &());
        }
        for write in self.extras {
            write(txn, short)?;
        }
        txn.change(Change::Room(short));
        Ok(Written { short, positions, group })
    }

    fn write_room(&self, txn: &mut Txn) -> Result<ShortRoomId, DraftError> {
        let key = RoomIdKey { room_id: self.room_id.clone() };
        if txn.get(&key)?.is_some() {
            return Err(DraftError::Invalid("a room with this id exists already".to_owned()));
        }
        let position = txn.next_position();
        let short = ShortRoomId(position.0);
        let Some(creator) = self.staged.first().map(|staged| staged.pdu.sender.clone()) else {
            return Err(DraftError::Invalid("the draft has no events".to_owned()));
        };
        txn.put(&key, &RoomRecord { short, version: self.version.to_string(), creator, created: position });
        txn.put(&ShortRoomKey { room: short }, &self.room_id);
        Ok(short)
    }

    fn write_event(
        &self,
        txn: &mut Txn,
        room: ShortRoomId,
        staged: &Staged,
        position: StreamPosition,
        before: ShortStateHash,
        after: ShortStateHash,
    ) -> Result<(), DraftError> {
        let pdu = &staged.pdu;
        let order = order_of(position);
        let entry = TimelineEntry {
            short: position,
            event_id: pdu.event_id.clone(),
            state_before: before,
            state_after: after,
            room_state: after,
            flags: 0,
            json: pdu.json.get().as_bytes().to_vec(),
        };
        txn.put(&TimelineKey { room, order }, &entry);
        let location = EventLocation { room, order, kind: EventKind::Timeline };
        txn.put(&EventIdKey { event_id: pdu.event_id.clone() }, &location);
        if let Some(user) = Draft::member_of(pdu) {
            self.write_membership(txn, room, staged, position, user)?;
        }
        if let Some(redaction) = &staged.redaction {
            txn.put(&redaction.key, &redaction.entry);
            if let Some(lost) = &redaction.lost {
                lost.write(txn)?;
            }
            txn.delete(&StickyKey { room, position: redaction.entry.short });
            self.notify.forget_event(txn, &redaction.audience, room, redaction.entry.short)?;
        }
        if let Some(transaction) = &staged.transaction {
            let key = TransactionKey {
                user: pdu.sender.clone(),
                device: transaction.device_id.clone(),
                txn_id: transaction.scoped(&self.room_id, pdu),
            };
            let result = TransactionResult { event_id: pdu.event_id.clone(), position, wall_ms: self.now_ms };
            txn.put(&key, &result);
            let echo = TransactionEcho {
                device: transaction.device_id.clone(),
                txn_id: transaction.txn_id.to_string(),
                delay_id: None,
            };
            txn.put(&EventTransactionKey { position }, &echo);
        }
        if let Some((device, delay_id)) = staged.delay.clone() {
            let echo = TransactionEcho { device, txn_id: String::new(), delay_id: Some(delay_id) };
            txn.put(&EventTransactionKey { position }, &echo);
        }
        for row in &staged.push {
            let key = PushActionKey { user: row.user.clone(), room, position };
            let action = PushAction { notify: row.notify, highlight: row.highlight, thread: row.thread.clone() };
            txn.put(&key, &action);
            self.notify.wrote(&row.user, room, position);
        }
        super::sticky::write(txn, room, pdu, position, self.now_ms)?;
        Ok(super::relate::write(txn, room, pdu, position)?)
    }

    fn write_membership(
        &self,
        txn: &mut Txn,
        room: ShortRoomId,
        staged: &Staged,
        position: StreamPosition,
        user: OwnedUserId,
    ) -> Result<(), DraftError> {
        let membership = membership::read(&staged.pdu)
            .and_then(|member| Membership::from_state(&member.membership))
            .unwrap_or(Membership::Leave);
        // Asked here, in the order of commits: one who is gone has left everything and must not come back.
        if is_inside(membership) && self.core.directory.is_deactivated(&user) {
            return Err(DraftError::Forbidden("this account has been deactivated".to_owned()));
        }
        let record = MembershipRecord {
            membership,
            position,
            event_id: staged.pdu.event_id.clone(),
            sender: staged.pdu.sender.clone(),
            stripped_state: staged.stripped.clone().map(Json),
            forgotten: false,
            room_id: self.room_id.clone(),
        };
        let key = RoomUserKey { room, user: user.clone() };
        let before = txn.get(&key)?;
        txn.put(&key, &membership);
        if self.core.is_local(&user) {
            if before.is_some_and(|before| before != membership) {
                self.notify.forget_room(txn, &user, room)?;
            }
            txn.put(&UserRoomKey { user: user.clone(), room }, &record);
            txn.change(Change::User(user));
        }
        Ok(())
    }
}

fn resolve_group(group: GroupRef, positions: &[StreamPosition]) -> ShortStateHash {
    match group {
        GroupRef::Stored(hash) => hash,
        // A draft names its own groups only after the event that made them, whose position is taken by then.
        GroupRef::Staged(index) => ShortStateHash(positions[index].0),
    }
}

fn write_group(
    txn: &mut Txn,
    group: ShortStateHash,
    parent: ShortStateHash,
    staged: &Staged,
    position: StreamPosition,
) -> Result<(), Error> {
    let layer = if staged.hops == 0 {
        StateGroup {
            parent: None,
            added: complete(txn, &staged.state, Some((&staged.pdu, position)))?,
            removed: vec![],
            hops: 0,
        }
    } else {
        let state_key = staged.pdu.state_key.as_deref().unwrap_or_default();
        let key = txn.intern_state_key(&staged.pdu.kind.to_string().into(), state_key)?;
        StateGroup {
            parent: Some(parent),
            added: vec![(key, position)],
            removed: vec![],
            hops: staged.hops.min(LAYERS_MAX),
        }
    };
    txn.put(&StateGroupKey { group }, &layer);
    Ok(())
}

/// Every entry of a state with the position of its event. `newest` is an event whose place is not written yet.
pub(super) fn complete(
    txn: &mut Txn,
    state: &StateMap,
    newest: Option<(&Pdu, StreamPosition)>,
) -> Result<Vec<(veche_store::ShortStateKey, StreamPosition)>, Error> {
    let mut entries = Vec::with_capacity(state.len());
    for ((kind, state_key), pdu) in state {
        let key = txn.intern_state_key(kind, state_key)?;
        if let Some((newest, position)) = newest
            && pdu.event_id == newest.event_id
        {
            entries.push((key, position));
            continue;
        }
        let location = txn
            .get(&EventIdKey { event_id: pdu.event_id.clone() })?
            .ok_or_else(|| Error::corrupt("EventIdKey", pdu.event_id.as_str(), "a state event has no location"))?;
        entries.push((key, StreamPosition(u64::try_from(location.order).unwrap_or(0))));
    }
    Ok(entries)
}

impl Head {
    /// The head of a room that has no events yet.
    pub(crate) fn empty() -> Self {
        Self {
            state: Arc::default(),
            group: ShortStateHash(0),
            hops: 0,
            extremities: Vec::new(),
            depth: 0,
            newest: StreamPosition(0),
            joined: Arc::default(),
        }
    }
}

#[cfg(test)]
mod tests;
