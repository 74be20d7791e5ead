//! An event made elsewhere: placed in the graph of its room, judged, and appended, set aside or refused.
//!
//! Nothing here fetches. What is missing is named, so that a transport can bring it and ask again. The three outcomes
//! stay apart: an accepted event moves the room's head; a soft-failed one has its place in the graph and is shown to
//! nobody; a rejected one is only remembered, so that what builds on it can be judged.

use std::{collections::BTreeSet, sync::Arc};

use ruma::{
    EventId, OwnedEventId, OwnedUserId, RoomId,
    events::{StateEventType, TimelineEventType},
};
use serde_json::value::RawValue;
use veche_base::limits::FORWARD_EXTREMITIES_MAX;
use veche_rooms::{
    EventSource, NewEvent, Pdu, PduRef, ResolveError, StateMap, Verdict, event_auth, membership, relations, resolve,
};
use veche_store::{
    Change, Error, Json, ShortRoomId, ShortStateHash, StreamPosition, Txn,
    records::{
        memberships::{Membership, MembershipRecord, RoomUserKey, UserRoomKey},
        rooms::{
            EventIdKey, EventKind, EventLocation, ExtremityKey, FLAG_SOFT_FAILED, OutlierKey, RoomStateKey, StateGroup,
            StateGroupKey, TimelineEntry, TimelineKey,
        },
    },
};

use super::{DraftError, Timeline, append::complete};
use crate::rooms::{FindRoomError, Head, LockedRoom, Relating, Room, Rooms, order_of};

/// Ancestors looked at for the state before an event whose parents were rejected. Reaching it takes that many
/// rejected events in a row, which no well-meant room has.
const ANCESTORS_MAX: usize = 1_000;
/// Joins branches and says nothing; clients never see it.
const DUMMY_EVENT: &str = "org.matrix.dummy_event";

/// Why an event could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// No such room here.
    #[error("no such room")]
    UnknownRoom,
    /// The event names another room than it was sent to.
    #[error("the event belongs to another room")]
    WrongRoom,
    /// Events it stands on are not known here; they must come first.
    #[error("{} events before this one are missing", .0.len())]
    Missing(Vec<OwnedEventId>),
    /// The states it stands on cannot be resolved.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<FindRoomError> for ReceiveError {
    fn from(error: FindRoomError) -> Self {
        match error {
            FindRoomError::Unknown => Self::UnknownRoom,
            FindRoomError::Internal(error) => Self::Internal(error),
        }
    }
}

/// A state that a received event stands on or makes.
#[derive(Clone)]
enum Base {
    /// A stored group.
    Stored(ShortStateHash, Arc<StateMap>),
    /// The result of a resolution that no group holds yet.
    Resolved(Arc<StateMap>),
}

impl Base {
    fn state(&self) -> &Arc<StateMap> {
        match self {
            Self::Stored(_, state) | Self::Resolved(state) => state,
        }
    }
}

/// The events of one room, for the rules.
struct RoomEvents<'a> {
    rooms: &'a Rooms,
    room: &'a Arc<Room>,
}

impl EventSource for RoomEvents<'_> {
    fn event(&self, event_id: &EventId) -> Option<PduRef> {
        // A record that cannot be read is as good as missing; the caller is told which event that was.
        self.rooms.event(self.room, event_id).ok().flatten()
    }
}

impl Timeline {
    /// Takes in an event that passed the checks of its own signatures and hash
    /// ([`veche_rooms::check_received`]). An event that is known already changes nothing.
    pub async fn receive(&self, room_id: &RoomId, pdu: Arc<Pdu>) -> Result<Verdict, ReceiveError> {
        if pdu.room_id != *room_id {
            return Err(ReceiveError::WrongRoom);
        }
        let room = self.rooms.find(room_id)?;
        let locked = room.lock().await;
        if let Some(known) = self.rooms.locate(&pdu.event_id)? {
            return Ok(known_verdict(known.kind));
        }
        self.check_parents(&room, &pdu)?;
        let head = room.head();
        let before = self.state_before(&room, &pdu)?;
        let source = RoomEvents { rooms: &self.rooms, room: &room };
        let verdict = event_auth::authorize_received(&pdu, &source, before.state(), &head.state, &room.version)
            .map_err(|error| Error::corrupt("RoomIdKey", room_id.as_str(), &error.to_string()))?;
        match &verdict {
            Verdict::Rejected(_) => self.keep_rejected(room.short, &pdu).await?,
            Verdict::SoftFailed(_) => self.place(locked, pdu, before, None).await?,
            Verdict::Accepted => {
                let next = self.next_head(&room, &head, &pdu, &before)?;
                self.place(locked, pdu, before, Some(next)).await?;
                self.join_branches(&room).await;
            }
        }
        Ok(verdict)
    }

    fn check_parents(&self, room: &Arc<Room>, pdu: &Pdu) -> Result<(), ReceiveError> {
        let mut missing = Vec::new();
        for parent in pdu.prev_events.iter().chain(&pdu.auth_events) {
            if self.rooms.event(room, parent)?.is_none() {
                missing.push(parent.clone());
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(ReceiveError::Missing(missing)) }
    }

    /// The state before an event: after its parent, or resolved from the states after its parents.
    fn state_before(&self, room: &Arc<Room>, pdu: &Pdu) -> Result<Base, ReceiveError> {
        let (mut groups, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut parents = pdu.prev_events.clone();
        while let Some(parent) = parents.pop() {
            if !seen.insert(parent.clone()) || seen.len() > ANCESTORS_MAX {
                continue;
            }
            if let Some((_, entry)) = self.rooms.entry(room, &parent)? {
                groups.insert(entry.state_after.0);
            } else if let Some(rejected) = self.rooms.event(room, &parent)? {
                // It has no place in the timeline and changed nothing: the state after it is the one before it.
                parents.extend(rejected.prev_events.iter().cloned());
            }
        }
        self.resolve_groups(room, groups)
    }

    fn resolve_groups(&self, room: &Arc<Room>, groups: BTreeSet<u64>) -> Result<Base, ReceiveError> {
        let mut states = Vec::new();
        for group in groups {
            let group = ShortStateHash(group);
            states.push((group, self.rooms.state(room, group)?));
        }
        if let [(group, state)] = states.as_slice() {
            return Ok(Base::Stored(*group, Arc::clone(state)));
        }
        let maps: Vec<_> = states.iter().map(|(_, state)| Arc::clone(state)).collect();
        let source = RoomEvents { rooms: &self.rooms, room };
        let resolved = resolve(&room.version, &maps, &source)?;
        let same = states.into_iter().find(|(_, state)| state_ids(state) == state_ids(&resolved));
        Ok(match same {
            Some((group, state)) => Base::Stored(group, state),
            None => Base::Resolved(Arc::new(resolved)),
        })
    }

    /// The head once an accepted event is appended; its group is known only under the commit.
    fn next_head(
        &self,
        room: &Arc<Room>,
        head: &Head,
        pdu: &Arc<Pdu>,
        before: &Base,
    ) -> Result<(Head, Option<Base>), ReceiveError> {
        let mut next = head.clone();
        next.extremities.retain(|event_id| !pdu.prev_events.contains(event_id));
        let mut groups = BTreeSet::new();
        for event_id in &next.extremities {
            if let Some((_, entry)) = self.rooms.entry(room, event_id)? {
                groups.insert(entry.state_after.0);
            }
        }
        let after = after_event(before.state(), pdu);
        let current = if groups.is_empty() {
            next.state = after;
            None
        } else {
            let mut maps = vec![after];
            for group in groups {
                maps.push(self.rooms.state(room, ShortStateHash(group))?);
            }
            let source = JustArrived { pdu, others: RoomEvents { rooms: &self.rooms, room } };
            let resolved = Arc::new(resolve(&room.version, &maps, &source)?);
            next.state = Arc::clone(&resolved);
            Some(Base::Resolved(resolved))
        };
        next.extremities.push(pdu.event_id.clone());
        next.depth = next.depth.max(pdu.depth);
        next.recount_joined();
        Ok((next, current))
    }

    /// Joins the branches of a room that has too many by an event of whichever member of this server may send one, so
    /// that resolving them does not grow without end. Where nobody may, the room stays as it is.
    async fn join_branches(&self, room: &Arc<Room>) {
        if room.head().extremities.len() < FORWARD_EXTREMITIES_MAX {
            return;
        }
        let locked = room.lock().await;
        let head = room.head();
        if head.extremities.len() < FORWARD_EXTREMITIES_MAX {
            return;
        }
        let room_id = room.id.clone();
        let content = RawValue::from_string("{}".to_owned()).expect("an empty object is JSON");
        let dummy = NewEvent { kind: TimelineEventType::from(DUMMY_EVENT), state_key: None, content, redacts: None };
        let mut draft = self.draft(locked);
        for member in head.joined.iter().filter(|member| self.core.is_local(member)) {
            match draft.push(member, dummy.clone()) {
                Ok(_) => {
                    // What was received is on disk; the next event tries again.
                    if let Err(error) = draft.commit().await {
                        tracing::warn!(%room_id, %error, "the branches of a room were not joined");
                    }
                    return;
                }
                Err(DraftError::Forbidden(_)) => {}
                Err(error) => return tracing::warn!(%room_id, %error, "the branches of a room were not joined"),
            }
        }
        tracing::debug!(%room_id, branches = head.extremities.len(), "nobody may join the branches of a room");
    }

    async fn keep_rejected(&self, room: ShortRoomId, pdu: &Arc<Pdu>) -> Result<(), Error> {
        let pdu = Arc::clone(pdu);
        self.core
            .store
            .commit(move |txn| {
                txn.put(&OutlierKey { event_id: pdu.event_id.clone() }, &Json(pdu.json.get().as_bytes().to_vec()));
                let location = EventLocation { room, order: 0, kind: EventKind::Rejected };
                txn.put(&EventIdKey { event_id: pdu.event_id.clone() }, &location);
                Ok::<_, Error>(())
            })
            .await
    }

    /// Writes the event with its groups, and the new head if it has one. As with a draft, memory follows on the commit
    /// thread, also where the caller has stopped waiting.
    async fn place(
        &self,
        locked: LockedRoom,
        pdu: Arc<Pdu>,
        before: Base,
        next: Option<(Head, Option<Base>)>,
    ) -> Result<(), Error> {
        let room = Arc::clone(&locked.room);
        let old = room.head();
        let relates = next.is_some() && relations::target_of(&pdu).is_some();
        let hops = self.hops_after(&pdu, &before, next.as_ref())?;
        let relating = relates.then(|| Relating::begin(Arc::clone(&room)));
        let plan = Placement {
            room: room.short,
            room_id: room.id.clone(),
            server: self.core.server_name.clone(),
            pdu: Arc::clone(&pdu),
            before,
            current_group: old.group,
            next: next.as_ref().map(|(head, current)| Next {
                extremities: head.extremities.clone(),
                state: Arc::clone(&head.state),
                is_resolved: current.is_some(),
            }),
            old,
            now_ms: self.core.clock.wall_ms(),
        };
        let learned = Learned {
            relating,
            rooms: Arc::clone(&self.rooms),
            pdu,
            next: next.map(|(head, _)| Head { hops, ..head }),
            locked,
        };
        let written = learned.next.is_some().then_some(room);
        let write = move |txn: &mut Txn| {
            let (position, group) = plan.write(txn)?;
            written.iter().for_each(|room| room.writing(position));
            Ok::<_, Error>((position, group))
        };
        self.core.store.commit_then(write, |(position, group)| learned.apply(*position, *group)).await?;
        Ok(())
    }

    /// How many layers the room's group lies above a complete one once the event is placed. It may be an older one with
    /// layers below it, where the event changes no state; every group that the event makes is complete.
    fn hops_after(&self, pdu: &Pdu, before: &Base, next: Option<&(Head, Option<Base>)>) -> Result<u8, Error> {
        match (next, before) {
            (Some((_, None)), Base::Stored(group, _)) if pdu.state_key.is_none() => self.rooms.hops_of(*group),
            _ => Ok(0),
        }
    }
}

/// What memory learns of a received event once it is on disk. Dropped when nothing was written; then the fields are
/// given back in this order.
struct Learned {
    relating: Option<Relating>,
    rooms: Arc<Rooms>,
    pdu: Arc<Pdu>,
    next: Option<Head>,
    locked: LockedRoom,
}

impl Learned {
    fn apply(self, position: StreamPosition, group: ShortStateHash) {
        let Self { relating, rooms, pdu, next, locked } = self;
        if let Some(relating) = relating {
            relating.written(position);
        }
        rooms.remember_event(locked.room.short, order_of(position), pdu);
        if let Some(head) = next {
            locked.advance(Head { group, newest: position, ..head });
        }
    }
}

/// An event that is being judged, beside those that are stored.
struct JustArrived<'a> {
    pdu: &'a Arc<Pdu>,
    others: RoomEvents<'a>,
}

impl EventSource for JustArrived<'_> {
    fn event(&self, event_id: &EventId) -> Option<PduRef> {
        if *self.pdu.event_id == *event_id { Some(Arc::clone(self.pdu)) } else { self.others.event(event_id) }
    }
}

struct Next {
    extremities: Vec<OwnedEventId>,
    state: Arc<StateMap>,
    /// The room's state is the resolution of several branches and not simply the state after the event.
    is_resolved: bool,
}

/// Everything the commit of a received event needs.
struct Placement {
    room: ShortRoomId,
    room_id: ruma::OwnedRoomId,
    server: ruma::OwnedServerName,
    pdu: Arc<Pdu>,
    before: Base,
    current_group: ShortStateHash,
    next: Option<Next>,
    old: Arc<Head>,
    now_ms: u64,
}

impl Placement {
    fn write(self, txn: &mut Txn) -> Result<(StreamPosition, ShortStateHash), Error> {
        let before = match &self.before {
            Base::Stored(group, _) => *group,
            Base::Resolved(state) => write_complete(txn, state, None)?,
        };
        let position = txn.next_position();
        let order = order_of(position);
        let location = EventLocation { room: self.room, order, kind: self.kind() };
        // The state after the event names it, so its place must be known first.
        txn.put(&EventIdKey { event_id: self.pdu.event_id.clone() }, &location);
        let after = if self.pdu.state_key.is_some() {
            write_complete(txn, &after_event(self.before.state(), &self.pdu), Some((&self.pdu, position)))?
        } else {
            before
        };
        let current = match &self.next {
            None => self.current_group,
            Some(next) if next.is_resolved => write_complete(txn, &next.state, Some((&self.pdu, position)))?,
            Some(_) => after,
        };
        let entry = TimelineEntry {
            short: position,
            event_id: self.pdu.event_id.clone(),
            state_before: before,
            state_after: after,
            room_state: current,
            flags: if self.next.is_none() { FLAG_SOFT_FAILED } else { 0 },
            json: self.pdu.json.get().as_bytes().to_vec(),
        };
        txn.put(&TimelineKey { room: self.room, order }, &entry);
        if let Some(next) = &self.next {
            txn.put(&RoomStateKey { room: self.room }, &current);
            for event_id in &self.old.extremities {
                txn.delete(&ExtremityKey { room: self.room, event_id: event_id.clone() });
            }
            for event_id in &next.extremities {
                txn.put(&ExtremityKey { room: self.room, event_id: event_id.clone() }, &());
            }
            self.write_memberships(txn, &next.state, position);
            super::relate::write(txn, self.room, &self.pdu, position)?;
            super::sticky::write(txn, self.room, &self.pdu, position, self.now_ms)?;
            txn.change(Change::Room(self.room));
        }
        Ok((position, current))
    }

    fn kind(&self) -> EventKind {
        if self.next.is_some() { EventKind::Timeline } else { EventKind::SoftFailed }
    }

    /// A resolution may change more memberships than the event's own.
    fn write_memberships(&self, txn: &mut Txn, state: &StateMap, position: StreamPosition) {
        for ((kind, state_key), pdu) in state {
            let old = self.old.state.get(&(kind.clone(), state_key.clone()));
            if *kind != StateEventType::RoomMember || old.is_some_and(|old| old.event_id == pdu.event_id) {
                continue;
            }
            let (Some(member), Ok(user)) = (membership::read(pdu), OwnedUserId::try_from(state_key.as_str())) else {
                continue;
            };
            let Some(membership) = Membership::from_state(&member.membership) else { continue };
            txn.put(&RoomUserKey { room: self.room, user: user.clone() }, &membership);
            if user.server_name() != self.server {
                continue;
            }
            let is_outside = matches!(membership, Membership::Invite | Membership::Knock);
            let record = MembershipRecord {
                membership,
                room_id: self.room_id.clone(),
                position,
                event_id: pdu.event_id.clone(),
                sender: pdu.sender.clone(),
                stripped_state: is_outside.then(|| Json(crate::membership::stripped_state(state, Some(pdu)))),
                forgotten: false,
            };
            txn.put(&UserRoomKey { user: user.clone(), room: self.room }, &record);
            txn.change(Change::User(user));
        }
    }
}

/// Writes a complete state as a group of its own. `newest` is an event whose place is being written.
fn write_complete(
    txn: &mut Txn,
    state: &StateMap,
    newest: Option<(&Pdu, StreamPosition)>,
) -> Result<ShortStateHash, Error> {
    let group = ShortStateHash(txn.next_position().0);
    let added = complete(txn, state, newest)?;
    txn.put(&StateGroupKey { group }, &StateGroup { parent: None, added, removed: Vec::new(), hops: 0 });
    Ok(group)
}

fn after_event(before: &Arc<StateMap>, pdu: &Arc<Pdu>) -> Arc<StateMap> {
    let Some(key) = pdu.state_key_pair() else { return Arc::clone(before) };
    let mut after = (**before).clone();
    after.insert(key, Arc::clone(pdu));
    Arc::new(after)
}

fn state_ids(state: &StateMap) -> Vec<&EventId> {
    state.values().map(|pdu| &*pdu.event_id).collect()
}

/// Whether an event only joins branches.
pub(super) fn is_dummy(pdu: &Pdu) -> bool {
    // Most events are told by their known types, without a text being made of them.
    let is_usual = matches!(
        pdu.kind,
        TimelineEventType::RoomMessage
            | TimelineEventType::RoomEncrypted
            | TimelineEventType::Reaction
            | TimelineEventType::RoomRedaction
    );
    !is_usual && pdu.state_key.is_none() && pdu.kind.to_string() == DUMMY_EVENT
}

/// What was said of an event when it first came; the reason is not kept.
fn known_verdict(kind: EventKind) -> Verdict {
    match kind {
        EventKind::Timeline | EventKind::Outlier => Verdict::Accepted,
        EventKind::SoftFailed => Verdict::SoftFailed("soft-failed before".to_owned()),
        EventKind::Rejected => Verdict::Rejected("rejected before".to_owned()),
    }
}

#[cfg(test)]
mod tests;
