//! The timeline as a client reads it: pages, one event with what surrounds it, the state a reader may see.

use std::{collections::BTreeSet, sync::Arc};

use ruma::{EventId, OwnedUserId, RoomId, UserId, events::StateEventType};
use serde_json::value::RawValue;
use veche_rooms::StateMap;
use veche_store::{Error, ShortStateHash};

use super::{Audience, EventForm, Page, ReadError, Span, Timeline};
use crate::{
    filter::RoomEventFilter,
    rooms::{FindRoomError, Room, order_of},
};

/// Which part of a room's history is asked for.
pub struct HistoryRequest<'a> {
    /// The room.
    pub room_id: &'a RoomId,
    /// Who reads, on which device.
    pub audience: Audience<'a>,
    /// Where to start: events up to here (backwards) or after here (forwards); `None` for the end or the beginning.
    pub from: Option<i64>,
    /// Where to stop.
    pub to: Option<i64>,
    /// Newest first.
    pub backwards: bool,
    /// Events at most.
    pub limit: usize,
    /// What to leave out.
    pub filter: &'a RoomEventFilter,
}

/// A page of history.
pub struct History {
    /// The events in reading order.
    pub chunk: Vec<Box<RawValue>>,
    /// Where the page started.
    pub start: i64,
    /// Where the next one starts; `None` when there is no more.
    pub end: Option<i64>,
    /// Members who speak in the page, when the filter asks for lazy loading.
    pub state: Vec<Box<RawValue>>,
}

/// An event and what surrounds it.
pub struct Surroundings {
    /// The event.
    pub event: Box<RawValue>,
    /// Older events, newest first.
    pub before: Vec<Box<RawValue>>,
    /// Newer events, oldest first.
    pub after: Vec<Box<RawValue>>,
    /// Where to read on backwards.
    pub start: i64,
    /// Where to read on forwards.
    pub end: i64,
    /// The state at the newest event shown.
    pub state: Vec<Box<RawValue>>,
}

impl Timeline {
    /// A page of a room's history that the reader may see.
    pub fn history(&self, request: &HistoryRequest<'_>) -> Result<History, ReadError> {
        let room = self.find_for(request.room_id, request.audience.user)?;
        let newest = order_of(self.core.store.position());
        let bound = self.newest_visible(&room, request.audience.user)?.unwrap_or(newest);
        let span = if request.backwards {
            Span { after: request.to.unwrap_or(i64::MIN), until: request.from.unwrap_or(bound).min(bound) }
        } else {
            Span { after: request.from.unwrap_or(i64::MIN), until: request.to.unwrap_or(bound).min(bound) }
        };
        let wanted = self.wanted(&room, request.audience.user, request.filter)?;
        let user = Some(request.audience.user);
        let page = self.page(&room, span, request.backwards, request.limit, user, &wanted)?;
        // Backwards a token means "up to here", forwards "after here".
        let end = page.next.map(|order| if request.backwards { order - 1 } else { order });
        let chunk = self.render_page(&room, request.audience, &page)?;
        let start = request.from.unwrap_or(if request.backwards { bound } else { 0 });
        let state =
            if request.filter.lazy_load_members { self.speakers(&room, request.audience, &page)? } else { Vec::new() };
        Ok(History { chunk, start, end, state })
    }

    /// One event, if the reader may see it.
    pub fn event(
        &self,
        room_id: &RoomId,
        event_id: &EventId,
        audience: Audience<'_>,
    ) -> Result<Option<Box<RawValue>>, ReadError> {
        let room = self.find_for(room_id, audience.user)?;
        Ok(self.render_event(&room, event_id, audience)?)
    }

    /// One event with up to `limit` events around it; `None` if the reader may not see it.
    pub fn context(
        &self,
        room_id: &RoomId,
        event_id: &EventId,
        audience: Audience<'_>,
        limit: usize,
        wanted: &RoomEventFilter,
    ) -> Result<Option<Surroundings>, ReadError> {
        let room = self.find_for(room_id, audience.user)?;
        let Some((order, entry)) = self.rooms.entry(&room, event_id)? else { return Ok(None) };
        if !self.may_see(&room, order, &entry, audience.user)? {
            return Ok(None);
        }
        let passes = self.wanted(&room, audience.user, wanted)?;
        let bound = self.newest_visible(&room, audience.user)?.unwrap_or(i64::MAX - 1);
        let older = Span { after: i64::MIN, until: order - 1 };
        let newer = Span { after: order, until: bound };
        let before = self.page(&room, older, true, limit / 2, Some(audience.user), &passes)?;
        let after = self.page(&room, newer, false, limit - limit / 2, Some(audience.user), &passes)?;
        let group = after.rows.last().map_or(entry.room_state, |(_, entry, _)| entry.room_state);
        let state = self.rooms.state(&room, group)?;
        let renderer = self.renderer(&room, audience, EventForm::Full);
        let mut speakers: BTreeSet<OwnedUserId> =
            before.rows.iter().chain(&after.rows).map(|(_, _, pdu)| pdu.sender.clone()).collect();
        speakers.insert(self.rooms.parse(&room, order, &entry)?.sender.clone());
        let lazy = wanted.lazy_load_members;
        let state = state
            .iter()
            .filter(|((kind, key), _)| {
                !lazy || *kind != StateEventType::RoomMember || speakers.iter().any(|speaker| speaker == key)
            })
            .map(|(_, pdu)| renderer.state_event(pdu))
            .collect();
        Ok(Some(Surroundings {
            event: self.renderer(&room, audience, EventForm::Full).entry(order, &entry)?,
            start: before.rows.last().map_or(order - 1, |(order, _, _)| order - 1),
            end: after.rows.last().map_or(order, |(order, _, _)| *order),
            before: self.render_page(&room, audience, &before)?,
            after: self.render_page(&room, audience, &after)?,
            state,
        }))
    }

    /// The state of a room that a reader may see now: the current one for a member or where the world may read, the
    /// one at his leaving for somebody who left.
    pub fn visible_state(&self, room_id: &RoomId, reader: &UserId) -> Result<(Arc<Room>, Arc<StateMap>), ReadError> {
        let room = self.find_for(room_id, reader)?;
        let order = self.newest_visible(&room, reader)?.unwrap_or(i64::MAX - 1);
        let state = self.rooms.state(&room, self.state_group_at(&room, order)?)?;
        Ok((room, state))
    }

    /// The room's state as it was at an order, for a reader to whom the history of that time is open.
    pub fn visible_state_at(
        &self,
        room_id: &RoomId,
        reader: &UserId,
        order: i64,
    ) -> Result<(Arc<Room>, Arc<StateMap>), ReadError> {
        let room = self.find_for(room_id, reader)?;
        let bound = self.newest_visible(&room, reader)?.unwrap_or(i64::MAX - 1);
        let order = order.min(bound);
        if !self.may_see_state_at(&room, order, reader)? {
            return Err(ReadError::Forbidden);
        }
        let group: ShortStateHash = self.state_group_at(&room, order)?;
        let state = self.rooms.state(&room, group)?;
        Ok((room, state))
    }

    /// The room, if the reader is or was in it or the world may read it. Others cannot tell whether it exists.
    pub fn find_for(&self, room_id: &RoomId, reader: &UserId) -> Result<Arc<Room>, ReadError> {
        let room = self.rooms.find(room_id).map_err(|error| match error {
            FindRoomError::Unknown => ReadError::Forbidden,
            FindRoomError::Internal(error) => ReadError::Internal(error),
        })?;
        self.newest_visible(&room, reader)?;
        Ok(room)
    }

    fn render_page(&self, room: &Arc<Room>, audience: Audience<'_>, page: &Page) -> Result<Vec<Box<RawValue>>, Error> {
        let mut renderer = self.renderer(room, audience, EventForm::Full);
        page.rows.iter().map(|(order, entry, _)| renderer.entry(*order, entry)).collect()
    }

    fn speakers(&self, room: &Arc<Room>, audience: Audience<'_>, page: &Page) -> Result<Vec<Box<RawValue>>, Error> {
        let Some((_, newest, _)) = page.rows.iter().max_by_key(|(order, _, _)| *order) else { return Ok(Vec::new()) };
        let state = self.rooms.state(room, newest.room_state)?;
        let senders: BTreeSet<&UserId> = page.rows.iter().map(|(_, _, pdu)| &*pdu.sender).collect();
        let renderer = self.renderer(room, audience, EventForm::Full);
        Ok(senders
            .into_iter()
            .filter_map(|sender| state.get(&(StateEventType::RoomMember, sender.to_string())))
            .map(|pdu| renderer.state_event(pdu))
            .collect())
    }
}

#[cfg(test)]
mod tests;
