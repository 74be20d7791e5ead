//! One room's part of a sync answer.

use std::{collections::BTreeSet, sync::Arc};

use ruma::{
    OwnedEventId, OwnedUserId, UInt,
    events::{StateEventType, TimelineEventType, room::member::MembershipState},
};
use serde_json::value::RawValue;
use veche_rooms::{Pdu, StateMap, membership};
use veche_store::{
    Error, ShortRoomId, ShortStateHash, StreamPosition,
    records::{memberships::MembershipRecord, receipts::PushActionKey, rooms::TimelineEntry},
};

use super::{
    Sync,
    collect::Reading,
    state::Delta,
    update::{JoinedUpdate, LeftUpdate, RoomSummary, TimelineUpdate},
};
use crate::{
    filter::{self, RoomEventFilter},
    rooms::{Room, order_of},
    timeline::{Audience, Page, Span},
};

/// Events of one room when the client names no number.
const TIMELINE_LIMIT_DEFAULT: usize = 10;
use veche_base::limits::SYNC_TIMELINE_EVENTS_MAX as TIMELINE_LIMIT_MAX;
/// Members named in a summary.
const HEROES_MAX: usize = 5;

/// An event's place, its row and itself.
type Row = (i64, TimelineEntry, Arc<Pdu>);

/// A timeline part with what is needed to compute the state around it.
pub(super) struct Slice {
    update: TimelineUpdate,
    /// The events.
    pub(super) ids: BTreeSet<OwnedEventId>,
    /// Members who wrote these events, for lazy loading.
    pub(super) senders: BTreeSet<String>,
    /// The state before the first of them.
    pub(super) state_before: Option<ShortStateHash>,
    /// The state after the last of them, if each leads to the next.
    pub(super) leads_to: Option<ShortStateHash>,
    has_members: bool,
}

impl Sync {
    /// What changed in a room the user is in; `None` if nothing did.
    pub(super) fn joined_room(
        &self,
        reading: &Reading<'_>,
        short: ShortRoomId,
        record: &MembershipRecord,
    ) -> Result<Option<JoinedUpdate>, Error> {
        let user = &reading.request.user;
        let changed = |since| {
            self.watch.room_changed(short, since)
                || record.position > since
                || self.watch.user_changed(user, since)
                || reading.request.full_state
        };
        if !reading.since.is_none_or(changed) {
            return Ok(None);
        }
        let room = self.parts.rooms.find_short(short)?;
        let known = self.known_state(reading, &room, record)?;
        let since = known.and(reading.since);
        let slice = self.timeline_slice(reading, &room, since, reading.upto)?;
        let delta = self.delta(reading, &room, known, &slice, self.group_at(&room, Some(reading.upto))?)?;
        let members_changed = slice.has_members || delta.as_ref().is_some_and(Delta::has_members);
        let summary = (members_changed || since.is_none()).then(|| self.summary(&room, reading, reading.upto));
        let summary = summary.transpose()?;
        let heroes = summary.as_ref().map_or(&[][..], |summary| &summary.heroes);
        let state = delta.map(|delta| self.state_events(reading, &room, &delta, &slice, heroes));
        let state = state.transpose()?.unwrap_or_default();
        let counts =
            self.parts.notify.counts(user, short, reading.request.filter.room.timeline.unread_thread_notifications)?;
        let update = JoinedUpdate {
            room_id: room.id.clone(),
            summary,
            sticky: self.sticky(reading, &room, since, &slice)?,
            timeline: slice.update,
            state,
            unread: counts.room,
            unread_threads: counts.threads,
            ephemeral: self.ephemeral(reading, &room, since)?,
            account_data: self.account_data(reading, &room, since)?,
        };
        let anything = since.is_none()
            || !update.timeline.events.is_empty()
            || update.timeline.limited
            || !update.state.is_empty()
            || !update.sticky.is_empty()
            || !update.ephemeral.is_empty()
            || !update.account_data.is_empty()
            || counts.changed > reading.since.unwrap_or(StreamPosition(0))
            || self.counted(reading, short)?;
        Ok((anything || reading.request.full_state).then_some(update))
    }

    /// Whether something came that counts as unread. It may be hidden from the timeline, and the count is news even so.
    fn counted(&self, reading: &Reading<'_>, room: ShortRoomId) -> Result<bool, Error> {
        let user = reading.request.user.clone();
        let position = reading.since.unwrap_or(StreamPosition(0));
        let from = PushActionKey { user: user.clone(), room, position };
        let to = PushActionKey { user, room, position: reading.upto };
        let mut rows = self.core.store.scan::<PushActionKey>((&reading.request.user, room)).after(&from).through(&to);
        Ok(rows.next().transpose()?.is_some())
    }

    /// A room the user left in the reading's bounds: up to the event by which he left.
    pub(super) fn left_room(
        &self,
        reading: &Reading<'_>,
        short: ShortRoomId,
        record: &MembershipRecord,
    ) -> Result<Option<LeftUpdate>, Error> {
        if reading.since.is_none() && !reading.request.filter.room.include_leave {
            return Ok(None);
        }
        let room = self.parts.rooms.find_short(short)?;
        let user = &reading.request.user;
        let was_in = match reading.since {
            Some(since) => {
                let group = self.parts.timeline.state_group_at(&room, order_of(since))?;
                let state = self.parts.rooms.state(&room, group)?;
                membership::of_user(&state, user) == MembershipState::Join
            }
            None => false,
        };
        let known = if was_in { Some(self.group_at(&room, reading.since)?) } else { None };
        let just_before = StreamPosition(record.position.0.saturating_sub(1));
        let came_from_inside = was_in || {
            let state = self.parts.rooms.state(&room, self.group_at(&room, Some(just_before))?)?;
            membership::of_user(&state, user) == MembershipState::Join
        };
        // One who turned an invite down or whose knock was refused has never seen the room: only the event itself. One
        // who came and went since the last answer, or was in before the first, is told as if he had just come in.
        let since = if came_from_inside { known.and(reading.since) } else { Some(just_before) };
        let slice = self.timeline_slice(reading, &room, since, record.position)?;
        let state = if came_from_inside {
            let delta = self.delta(reading, &room, known, &slice, self.group_at(&room, Some(record.position))?)?;
            let state = delta.map(|delta| self.state_events(reading, &room, &delta, &slice, &[]));
            state.transpose()?.unwrap_or_default()
        } else if reading.request.state_after {
            self.own_member_event(reading, &room, record)?
        } else {
            Vec::new()
        };
        let account_data = self.account_data(reading, &room, reading.since)?;
        Ok(Some(LeftUpdate { room_id: room.id.clone(), timeline: slice.update, state, account_data }))
    }

    /// Events that stick and that the timeline does not show; all of them to one who has just come in.
    fn sticky(
        &self,
        reading: &Reading<'_>,
        room: &Arc<Room>,
        since: Option<StreamPosition>,
        slice: &Slice,
    ) -> Result<Vec<Box<RawValue>>, Error> {
        let audience = Audience { user: &reading.request.user, device: Some(&reading.request.device) };
        let stuck = self.parts.timeline.sticking(room, audience, reading.form(), since, reading.upto)?;
        let untold = stuck.into_iter().filter(|stuck| !slice.ids.contains(&stuck.event_id));
        let mut events: Vec<_> = untold.map(|stuck| stuck.event).collect();
        reading.keep_fields(&mut events);
        Ok(events)
    }

    /// Receipts and typing that the client wants.
    fn ephemeral(
        &self,
        reading: &Reading<'_>,
        room: &Arc<Room>,
        since: Option<StreamPosition>,
    ) -> Result<Vec<Box<RawValue>>, Error> {
        let mut events = self.parts.ephemeral.since(room, &reading.request.user, since, reading.upto)?;
        filter::keep_of_room(&reading.request.filter.room.ephemeral, &room.id, &mut events);
        Ok(events)
    }

    /// Account data of a room that the client wants.
    fn account_data(
        &self,
        reading: &Reading<'_>,
        room: &Arc<Room>,
        since: Option<StreamPosition>,
    ) -> Result<Vec<Box<RawValue>>, Error> {
        let user = &reading.request.user;
        let mut events = self.parts.account_data.room_since(user, room.short, since, reading.upto)?;
        filter::keep_of_room(&reading.request.filter.room.account_data, &room.id, &mut events);
        Ok(events)
    }

    /// The member event by which somebody went who was never in the room: all that he sees of its state.
    fn own_member_event(
        &self,
        reading: &Reading<'_>,
        room: &Arc<Room>,
        record: &MembershipRecord,
    ) -> Result<Vec<Box<RawValue>>, Error> {
        let state = self.parts.rooms.state(room, self.group_at(room, Some(record.position))?)?;
        let user = &reading.request.user;
        let renderer = self.parts.timeline.renderer(room, Audience { user, device: None }, reading.form());
        let own = state.get(&(StateEventType::RoomMember, user.to_string()));
        let mut events: Vec<_> = own.map(|pdu| renderer.state_event(pdu)).into_iter().collect();
        reading.keep_fields(&mut events);
        Ok(events)
    }

    /// The state group the client knows of this room: `None` if the room is new to it.
    fn known_state(
        &self,
        reading: &Reading<'_>,
        room: &Arc<Room>,
        record: &MembershipRecord,
    ) -> Result<Option<ShortStateHash>, Error> {
        let Some(since) = reading.since else { return Ok(None) };
        let group = self.group_at(room, Some(since))?;
        if record.position <= since {
            return Ok(Some(group));
        }
        // The member event is new, but it may only be a new name: was the user in the room before?
        let state = self.parts.rooms.state(room, group)?;
        Ok((membership::of_user(&state, &reading.request.user) == MembershipState::Join).then_some(group))
    }

    fn group_at(&self, room: &Arc<Room>, position: Option<StreamPosition>) -> Result<ShortStateHash, Error> {
        position.map_or(Ok(ShortStateHash(0)), |at| self.parts.timeline.state_group_at(room, order_of(at)))
    }

    fn timeline_slice(
        &self,
        reading: &Reading<'_>,
        room: &Arc<Room>,
        since: Option<StreamPosition>,
        upto: StreamPosition,
    ) -> Result<Slice, Error> {
        let wanted = &reading.request.filter.room.timeline;
        let span = Span { after: since.map_or(i64::MIN, order_of), until: order_of(upto) };
        let user = &reading.request.user;
        let limit = timeline_limit(wanted);
        let wanted = self.parts.timeline.wanted(room, user, wanted)?;
        let Page { mut rows, next } = self.parts.timeline.page(room, span, true, limit.max(1), Some(user), &wanted)?;
        // Who wants no events still learns that there are some.
        let mut cut = limit == 0 && !rows.is_empty();
        rows.truncate(limit);
        rows.reverse();
        if let Some(stale) = self.last_stale(reading, room, &rows, upto)? {
            cut = true;
            rows.drain(..=stale);
        }
        let audience = Audience { user, device: Some(&reading.request.device) };
        let mut renderer = self.parts.timeline.renderer(room, audience, reading.form());
        let mut slice = Slice {
            state_before: rows.first().map(|(_, entry, _)| entry.state_before),
            leads_to: leads_to(&rows),
            ids: rows.iter().map(|(_, _, pdu)| pdu.event_id.clone()).collect(),
            senders: rows.iter().map(|(_, _, pdu)| pdu.sender.to_string()).collect(),
            has_members: rows.iter().any(|(_, _, pdu)| pdu.kind == TimelineEventType::RoomMember),
            update: TimelineUpdate {
                limited: cut || next.is_some(),
                prev_batch: rows.first().map(|(order, _, _)| self.token_at(order - 1)),
                events: Vec::with_capacity(rows.len()),
            },
        };
        for (order, entry, _) in &rows {
            slice.update.events.push(renderer.entry(*order, entry)?);
        }
        reading.keep_fields(&mut slice.update.events);
        if slice.update.prev_batch.is_none() {
            // Whatever was left out is found before the end.
            let end = if slice.update.limited { upto } else { since.unwrap_or(upto) };
            slice.update.prev_batch = Some(self.token(end));
        }
        Ok(slice)
    }

    /// The last state event of a timeline that another one has replaced which is not in it: filtered out, or sent while
    /// the reader was away. A client that reads the state before the timeline would take the old one for the state now,
    /// so the timeline has to start behind it.
    fn last_stale(
        &self,
        reading: &Reading<'_>,
        room: &Arc<Room>,
        rows: &[Row],
        upto: StreamPosition,
    ) -> Result<Option<usize>, Error> {
        let end = self.group_at(room, Some(upto))?;
        if reading.request.state_after || leads_to(rows) == Some(end) {
            return Ok(None);
        }
        let state = self.parts.rooms.state(room, end)?;
        Ok(rows.iter().rposition(|(_, _, pdu)| {
            let now = pdu.state_key_pair().and_then(|key| state.get(&key));
            now.is_some_and(|now| !rows.iter().any(|(_, _, shown)| shown.event_id == now.event_id))
        }))
    }

    /// Heroes and counts of a room as it was at a position (spec: `summary` of a joined room).
    fn summary(&self, room: &Arc<Room>, reading: &Reading<'_>, upto: StreamPosition) -> Result<RoomSummary, Error> {
        let state = self.parts.rooms.state(room, self.group_at(room, Some(upto))?)?;
        Ok(summary_of(&state, &reading.request.user))
    }
}

/// Heroes and counts of a room in this state, for this reader. Heroes are joined or invited members, or, when there
/// are none, those who left.
pub(crate) fn summary_of(state: &StateMap, reader: &ruma::UserId) -> RoomSummary {
    let mut summary = RoomSummary::default();
    let mut gone = Vec::new();
    let members: Vec<_> = state.iter().filter(|((kind, _), _)| *kind == StateEventType::RoomMember).collect();
    for ((_, state_key), pdu) in members {
        let Ok(member) = OwnedUserId::try_from(state_key.as_str()) else { continue };
        match membership::read(pdu).map(|member| member.membership) {
            Some(MembershipState::Join) => summary.joined += 1,
            Some(MembershipState::Invite) => summary.invited += 1,
            _ => {
                gone.push(member);
                continue;
            }
        }
        if member != reader && summary.heroes.len() < HEROES_MAX {
            summary.heroes.push(member);
        }
    }
    if summary.heroes.is_empty() {
        gone.retain(|member| member != reader);
        gone.truncate(HEROES_MAX);
        summary.heroes = gone;
    }
    summary
}

fn timeline_limit(filter: &RoomEventFilter) -> usize {
    let asked = filter.limit.map(|limit: UInt| usize::try_from(u64::from(limit)).unwrap_or(usize::MAX));
    asked.unwrap_or(TIMELINE_LIMIT_DEFAULT).min(TIMELINE_LIMIT_MAX)
}

/// The room's state after the last of these rows, if the state after each is the one before the next.
fn leads_to(rows: &[Row]) -> Option<ShortStateHash> {
    let linked = rows.windows(2).all(|pair| pair[0].1.room_state == pair[1].1.state_before);
    rows.last().filter(|_| linked).map(|(_, entry, _)| entry.room_state)
}
