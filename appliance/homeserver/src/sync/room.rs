//! One room's part of a sync answer.

use std::{collections::BTreeSet, sync::Arc};

use ruma::{
    OwnedUserId, UInt,
    api::client::filter::RoomEventFilter,
    events::{StateEventType, TimelineEventType, room::member::MembershipState},
};
use veche_rooms::{Pdu, StateMap, membership};
use veche_store::{Error, ShortRoomId, ShortStateHash, StreamPosition, records::memberships::MembershipRecord};

use super::{
    Sync,
    collect::Reading,
    update::{JoinedUpdate, LeftUpdate, RoomSummary, TimelineUpdate},
};
use crate::{
    filter,
    rooms::{Room, order_of},
    timeline::{Audience, EventForm, Page, Span},
};

/// Events of one room when the client names no number.
const TIMELINE_LIMIT_DEFAULT: usize = 10;
use veche_base::limits::SYNC_TIMELINE_EVENTS_MAX as TIMELINE_LIMIT_MAX;
/// Members named in a summary.
const HEROES_MAX: usize = 5;

/// A timeline part with what is needed to compute the state around it.
struct Slice {
    update: TimelineUpdate,
    /// Members who wrote these events, for lazy loading.
    senders: BTreeSet<OwnedUserId>,
    /// The state before the first of them.
    state_before: Option<ShortStateHash>,
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
        let (state, members_changed) = self.state_delta(reading, &room, known, &slice, reading.upto)?;
        let counts =
            self.parts.notify.counts(user, short, reading.request.filter.room.timeline.unread_thread_notifications)?;
        let update = JoinedUpdate {
            room_id: room.id.clone(),
            summary: (members_changed || slice.has_members || since.is_none())
                .then(|| self.summary(&room, reading, reading.upto))
                .transpose()?,
            timeline: slice.update,
            state,
            unread: counts.room,
            unread_threads: counts.threads,
            ephemeral: self.parts.ephemeral.since(&room, user, since, reading.upto)?,
            account_data: self.parts.account_data.room_since(user, short, since, reading.upto)?,
        };
        let anything = since.is_none()
            || !update.timeline.events.is_empty()
            || update.timeline.limited
            || !update.state.is_empty()
            || !update.ephemeral.is_empty()
            || !update.account_data.is_empty()
            || counts.changed > reading.since.unwrap_or(StreamPosition(0));
        Ok((anything || reading.request.full_state).then_some(update))
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
        // One who turned an invite down or whose knock was refused has never seen the room: only the event itself.
        let since = if was_in { reading.since } else { Some(StreamPosition(record.position.0.saturating_sub(1))) };
        let slice = self.timeline_slice(reading, &room, since, record.position)?;
        let (state, _) = if was_in {
            self.state_delta(reading, &room, known, &slice, record.position)?
        } else if reading.request.state_after {
            (self.own_member_event(reading, &room, record)?, false)
        } else {
            (Vec::new(), false)
        };
        Ok(Some(LeftUpdate {
            room_id: room.id.clone(),
            timeline: slice.update,
            state,
            account_data: self.parts.account_data.room_since(user, short, reading.since, reading.upto)?,
        }))
    }

    /// The member event by which somebody went who was never in the room: all that he sees of its state.
    fn own_member_event(
        &self,
        reading: &Reading<'_>,
        room: &Arc<Room>,
        record: &MembershipRecord,
    ) -> Result<Vec<Box<serde_json::value::RawValue>>, Error> {
        let state = self.parts.rooms.state(room, self.group_at(room, Some(record.position))?)?;
        let user = &reading.request.user;
        let renderer = self.parts.timeline.renderer(room, Audience { user, device: None }, EventForm::Sync);
        let own = state.get(&(StateEventType::RoomMember, user.to_string()));
        Ok(own.map(|pdu| renderer.state_event(pdu)).into_iter().collect())
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
        let ignored = self.parts.account_data.ignored_users(user)?;
        let filter = |pdu: &Pdu| {
            filter::matches_room_event(wanted, pdu)
                && (pdu.state_key.is_some() || !ignored.contains(pdu.sender.as_str()))
        };
        let Page { mut rows, next } =
            self.parts.timeline.page(room, span, true, timeline_limit(wanted), Some(user), &filter)?;
        rows.reverse();
        let audience = Audience { user, device: Some(&reading.request.device) };
        let mut renderer = self.parts.timeline.renderer(room, audience, EventForm::Sync);
        let mut slice = Slice {
            state_before: rows.first().map(|(_, entry, _)| entry.state_before),
            senders: rows.iter().map(|(_, _, pdu)| pdu.sender.clone()).collect(),
            has_members: rows.iter().any(|(_, _, pdu)| pdu.kind == TimelineEventType::RoomMember),
            update: TimelineUpdate {
                limited: next.is_some(),
                prev_batch: rows.first().map(|(order, _, _)| self.token_at(order - 1)),
                events: Vec::with_capacity(rows.len()),
            },
        };
        for (order, entry, _) in &rows {
            slice.update.events.push(renderer.entry(*order, entry)?);
        }
        if slice.update.prev_batch.is_none() {
            slice.update.prev_batch = Some(self.token(since.unwrap_or(upto)));
        }
        Ok(slice)
    }

    /// The state events that the client needs besides the timeline, and whether members are among all that changed.
    fn state_delta(
        &self,
        reading: &Reading<'_>,
        room: &Arc<Room>,
        known: Option<ShortStateHash>,
        slice: &Slice,
        upto: StreamPosition,
    ) -> Result<(Vec<Box<serde_json::value::RawValue>>, bool), Error> {
        let target = match slice.state_before {
            Some(before) if !reading.request.state_after => before,
            _ => self.group_at(room, Some(upto))?,
        };
        let known = if reading.request.full_state { None } else { known };
        let lazy = !reading.request.filter.room.state.lazy_load_options.is_disabled();
        if known == Some(target) && !lazy {
            return Ok((Vec::new(), false));
        }
        let before = self.parts.rooms.state(room, known.unwrap_or(ShortStateHash(0)))?;
        let after = self.parts.rooms.state(room, target)?;
        let user = &reading.request.user;
        let wanted = &reading.request.filter.room.state;
        let audience = Audience { user, device: None };
        let renderer = self.parts.timeline.renderer(room, audience, EventForm::Sync);
        let mut events = Vec::new();
        let mut members_changed = false;
        for ((kind, state_key), pdu) in after.iter() {
            let is_member = *kind == StateEventType::RoomMember;
            let is_new = before.get(&(kind.clone(), state_key.clone())).is_none_or(|old| old.event_id != pdu.event_id);
            members_changed |= is_new && is_member;
            let needed = if is_member && lazy {
                // Members who speak in this timeline, known or not; others only when the client asks for them. With
                // `use_state_after` the timeline itself changes nothing, so what changed is told here.
                let is_told_here = state_key == user.as_str() || reading.request.state_after && known.is_some();
                slice.senders.iter().any(|sender| sender == state_key) || is_new && is_told_here
            } else {
                is_new
            };
            if needed && filter::matches_room_event(wanted, pdu) {
                events.push(renderer.state_event(pdu));
            }
        }
        Ok((events, members_changed))
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
    asked.unwrap_or(TIMELINE_LIMIT_DEFAULT).clamp(1, TIMELINE_LIMIT_MAX)
}
