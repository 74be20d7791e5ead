//! Reads timelines back: pages in either direction, bounded by positions, filtered by what the reader may see.
//!
//! Pages are cut by the store's order before anything is hidden, so that an invisible event never ends pagination.

use std::sync::Arc;

use ruma::{
    UserId,
    events::{TimelineEventType, room::history_visibility::HistoryVisibility},
};
use veche_rooms::{
    Pdu, membership,
    visibility::{self, Sight},
};
use veche_store::{
    Error, ShortStateHash,
    records::rooms::{FLAG_SOFT_FAILED, TimelineEntry, TimelineKey},
};

use super::{Timeline, receive::is_dummy, stays::Stay};
use crate::rooms::Room;

use veche_base::limits::PAGE_EVENTS_MAX;
/// Rows looked at for one page at most, so that a filter that matches nothing cannot walk a whole room.
pub(super) const ROWS_PER_PAGE_MAX: usize = 10_000;

/// Why a page could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The reader may not see this room.
    #[error("you are not in this room")]
    Forbidden,
    /// The store failed.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// A part of a timeline: orders strictly after `after` and at most `until`.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Exclusive lower bound.
    pub after: i64,
    /// Inclusive upper bound.
    pub until: i64,
}

/// Tells which events a reader asked for.
pub trait ReadFilter: Sync {
    /// Whether an event is wanted, as far as it says itself.
    fn wants(&self, pdu: &Pdu) -> bool;

    /// Whether it is wanted for what relates to it. Asked last, of what the reader may see, because it reads more.
    fn wants_relations(&self, _order: i64, _pdu: &Pdu) -> Result<bool, Error> {
        Ok(true)
    }

    /// Rows looked at for one page at most.
    fn rows_max(&self) -> usize {
        ROWS_PER_PAGE_MAX
    }
}

impl<F: Fn(&Pdu) -> bool + Sync> ReadFilter for F {
    fn wants(&self, pdu: &Pdu) -> bool {
        self(pdu)
    }
}

/// Events in the order they were read, and where the next page starts.
pub struct Page {
    /// The rows, with their parsed events.
    pub rows: Vec<(i64, TimelineEntry, Arc<Pdu>)>,
    /// The last order that was looked at, when there may be more beyond it.
    pub next: Option<i64>,
}

impl Timeline {
    /// Reads up to `limit` events of a span, newest first when `backwards`, that pass the filter and that `reader`
    /// may see.
    pub fn page(
        &self,
        room: &Arc<Room>,
        span: Span,
        backwards: bool,
        limit: usize,
        reader: Option<&UserId>,
        filter: &dyn ReadFilter,
    ) -> Result<Page, Error> {
        if room.head_if_nothing_after(span.after).is_some() {
            return Ok(Page { rows: Vec::new(), next: None });
        }
        let limit = limit.min(PAGE_EVENTS_MAX);
        let mut eyes = Eyes::new(self, room, reader)?;
        let mut page = Page { rows: Vec::with_capacity(limit.min(64)), next: None };
        let after = TimelineKey { room: room.short, order: span.after };
        let until = TimelineKey { room: room.short, order: span.until };
        let scan = self.core.store.scan::<TimelineKey>((room.short,));
        // A scan's bounds are in the direction of the walk.
        let scan =
            if backwards { scan.reverse().from(&until).until(&after) } else { scan.after(&after).through(&until) };
        let mut last = None;
        for (looked_at, row) in scan.enumerate() {
            let (key, entry) = row?;
            if page.rows.len() == limit || looked_at == filter.rows_max() {
                page.next = last;
                break;
            }
            last = Some(key.order);
            if entry.has(FLAG_SOFT_FAILED) {
                continue;
            }
            let pdu = self.rooms.parse(room, key.order, &entry)?;
            if filter.wants(&pdu) && eyes.see(key.order, &entry, &pdu)? && filter.wants_relations(key.order, &pdu)? {
                page.rows.push((key.order, entry, pdu));
            }
        }
        Ok(page)
    }

    /// Whether `reader` may see the event of this row, by the room's history visibility and his membership then.
    pub fn may_see(&self, room: &Arc<Room>, order: i64, entry: &TimelineEntry, reader: &UserId) -> Result<bool, Error> {
        let pdu = self.rooms.parse_fresh(room, entry)?;
        Eyes::new(self, room, Some(reader))?.see(order, entry, &pdu)
    }

    /// Whether `reader` may see the room as it was at an order: in that state, or as the last thing he saw of it.
    pub(super) fn may_see_state_at(&self, room: &Arc<Room>, order: i64, reader: &UserId) -> Result<bool, Error> {
        let at = TimelineKey { room: room.short, order };
        let row = self.core.store.scan::<TimelineKey>((room.short,)).reverse().from(&at).next();
        let Some((key, entry)) = row.transpose()? else { return Ok(true) };
        let eyes = Eyes::new(self, room, Some(reader))?;
        let came_later = eyes.reader.is_some_and(|(_, stay)| stay.is_after(key.order));
        Ok(eyes.visible_in(entry.room_state, reader, came_later)?
            || eyes.visible_in(entry.state_before, reader, came_later)?)
    }

    /// The current resolved state at an order: as it was after the newest event that is not newer.
    pub fn state_group_at(&self, room: &Arc<Room>, order: i64) -> Result<ShortStateHash, Error> {
        if let Some(head) = room.head_if_nothing_after(order) {
            return Ok(head.group);
        }
        let at = TimelineKey { room: room.short, order };
        match self.core.store.scan::<TimelineKey>((room.short,)).reverse().from(&at).next() {
            Some(row) => Ok(row?.1.room_state),
            None => Ok(ShortStateHash(0)),
        }
    }
}

/// One reader's view of one room; consecutive events mostly share a state group, so the last verdict is kept.
struct Eyes<'a> {
    timeline: &'a Timeline,
    room: &'a Arc<Room>,
    reader: Option<(&'a UserId, Stay)>,
    /// Whoever came by a link reads nothing of what was said before, whatever the room shows to others.
    is_guest: bool,
    verdict: Option<(ShortStateHash, bool, bool)>,
}

impl<'a> Eyes<'a> {
    fn new(timeline: &'a Timeline, room: &'a Arc<Room>, reader: Option<&'a UserId>) -> Result<Self, Error> {
        let reader = match reader {
            Some(reader) => Some((reader, timeline.last_stay(room, reader)?)),
            None => None,
        };
        let is_guest = reader.is_some_and(|(reader, _)| timeline.core.directory.is_guest(reader));
        Ok(Self { timeline, room, reader, is_guest, verdict: None })
    }

    fn see(&mut self, order: i64, entry: &TimelineEntry, pdu: &Pdu) -> Result<bool, Error> {
        let Some((reader, stay)) = self.reader else { return Ok(true) };
        if is_dummy(pdu) {
            return Ok(false);
        }
        // What happened to oneself one always learns: an invite turned down, a knock refused.
        if pdu.kind == TimelineEventType::RoomMember && pdu.state_key.as_deref() == Some(reader.as_str()) {
            return Ok(true);
        }
        let came_later = stay.is_after(order);
        let verdict = match self.verdict {
            Some((group, later, verdict)) if group == entry.state_after && later == came_later => verdict,
            _ => {
                let verdict = self.visible_in(entry.state_after, reader, came_later)?;
                self.verdict = Some((entry.state_after, came_later, verdict));
                verdict
            }
        };
        // The event by which a reader left or was removed is the last one he may see, and one that hides the room's
        // history from now on is the last one that those see who come later.
        Ok(verdict
            || entry.state_before != entry.state_after && self.visible_in(entry.state_before, reader, came_later)?)
    }

    fn visible_in(&self, group: ShortStateHash, reader: &UserId, joined_later: bool) -> Result<bool, Error> {
        let state = self.timeline.rooms.state(self.room, group)?;
        Ok(visibility::may_see(&Sight {
            visibility: if self.is_guest { HistoryVisibility::Joined } else { visibility::of_state(&state) },
            new_visibility: None,
            membership: membership::of_user(&state, reader),
            new_membership: None,
            joined_later,
        }))
    }
}
