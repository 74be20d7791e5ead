//! What a filter wants of a room's timeline, with what it takes to judge it: whom the reader ignores, and what relates to
//! an event.

use std::{collections::HashSet, sync::Arc};

use ruma::UserId;
use veche_rooms::Pdu;
use veche_store::{Error, records::relations::RelationKey};

use super::{ReadFilter, Timeline};
use crate::{
    filter::{self, RoomEventFilter},
    rooms::Room,
};

/// Rows looked at for one page by a filter that asks what relates to each event.
const RELATED_ROWS_PER_PAGE_MAX: usize = 1_000;
/// Relations of one event that are looked at, newest first.
const RELATIONS_WALKED_MAX: usize = 1_000;
/// Of these, the ones that fit and are tried for one that the reader may see.
const RELATING_EVENTS_TRIED_MAX: usize = 20;

/// One reader's filter on one room.
pub struct Wanted<'a> {
    timeline: &'a Timeline,
    room: &'a Arc<Room>,
    reader: &'a UserId,
    filter: &'a RoomEventFilter,
    ignored: Arc<HashSet<String>>,
}

impl Timeline {
    /// A filter, ready to be asked about the events of a room.
    pub fn wanted<'a>(
        &'a self,
        room: &'a Arc<Room>,
        reader: &'a UserId,
        filter: &'a RoomEventFilter,
    ) -> Result<Wanted<'a>, Error> {
        let ignored = self.notify.account_data.ignored_users(reader)?;
        Ok(Wanted { timeline: self, room, reader, filter, ignored })
    }
}

impl Wanted<'_> {
    /// Whether an event of the room's state is wanted.
    pub fn wants_state(&self, pdu: &Pdu) -> Result<bool, Error> {
        // State has no place in the timeline here, so all that can be said without a look is whether anything relates to
        // anything.
        Ok(self.wants(pdu) && self.wants_relations(0, pdu)?)
    }

    /// Whether something of the wanted kind relates to an event, as far as the reader is shown it.
    fn is_related(&self, pdu: &Pdu) -> Result<bool, Error> {
        let rows = self.timeline.core.store.scan::<RelationKey>((self.room.short, &pdu.event_id));
        let mut tried = 0;
        for row in rows.reverse().take(RELATIONS_WALKED_MAX) {
            let (_, relation) = row?;
            let fits = self.filter.wants_relation(&relation.sender, &relation.rel_type);
            if !fits || self.ignored.contains(relation.sender.as_str()) {
                continue;
            }
            if tried == RELATING_EVENTS_TRIED_MAX {
                break;
            }
            tried += 1;
            if let Some((order, entry)) = self.timeline.rooms.entry(self.room, &relation.event_id)?
                && self.timeline.may_see(self.room, order, &entry, self.reader)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl ReadFilter for Wanted<'_> {
    /// Who ignores somebody is shown nothing of him but state (spec: "Ignoring Users").
    fn wants(&self, pdu: &Pdu) -> bool {
        filter::matches_room_event(self.filter, pdu)
            && (pdu.state_key.is_some() || !self.ignored.contains(pdu.sender.as_str()))
    }

    fn wants_relations(&self, order: i64, pdu: &Pdu) -> Result<bool, Error> {
        if !self.filter.looks_at_relations() {
            return Ok(true);
        }
        Ok(self.room.may_be_related_to(order) && self.is_related(pdu)?)
    }

    fn rows_max(&self) -> usize {
        if self.filter.looks_at_relations() { RELATED_ROWS_PER_PAGE_MAX } else { super::read::ROWS_PER_PAGE_MAX }
    }
}

#[cfg(test)]
mod tests;
