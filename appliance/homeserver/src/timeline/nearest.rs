//! The event nearest to a moment (spec: `GET /rooms/{roomId}/timestamp_to_event`).

use std::sync::Arc;

use ruma::{OwnedEventId, RoomId, UserId};
use veche_rooms::Pdu;
use veche_store::{Error, records::rooms::TimelineKey};

use super::{ReadError, Span, Timeline};
use crate::rooms::Room;

/// Events around the place found by halving that are looked at too, because clocks are not always in step.
const DISORDER_EVENTS_MAX: usize = 64;

impl Timeline {
    /// The newest event at or before a moment (`backwards`), or the oldest at or after it, that `reader` may see.
    pub fn nearest(
        &self,
        room_id: &RoomId,
        reader: &UserId,
        ts_ms: u64,
        backwards: bool,
    ) -> Result<Option<(OwnedEventId, u64)>, ReadError> {
        let room = self.find_for(room_id, reader)?;
        let bound = self.newest_visible(&room, reader)?.unwrap_or(i64::MAX - 1);
        let Some(place) = self.first_at_or_after(&room, ts_ms)? else { return Ok(None) };
        let aside = self.aside(&room, place, backwards)?;
        let span = if backwards {
            Span { after: i64::MIN, until: aside.min(bound) }
        } else {
            Span { after: aside.saturating_sub(1), until: bound }
        };
        let on_this_side = |pdu: &Pdu| {
            if backwards { pdu.origin_server_ts <= ts_ms } else { pdu.origin_server_ts >= ts_ms }
        };
        let page = self.page(&room, span, backwards, 1, Some(reader), &on_this_side)?;
        Ok(page.rows.into_iter().next().map(|(_, entry, pdu)| (entry.event_id, pdu.origin_server_ts)))
    }

    /// The order of the first event that is not older, by halving; that of the last one if all are older. `None` for
    /// a room without events.
    fn first_at_or_after(&self, room: &Arc<Room>, ts_ms: u64) -> Result<Option<i64>, Error> {
        let store = &self.core.store;
        let (Some(first), Some(last)) = (
            store.scan::<TimelineKey>((room.short,)).keys().next().transpose()?,
            store.scan::<TimelineKey>((room.short,)).reverse().keys().next().transpose()?,
        ) else {
            return Ok(None);
        };
        let (mut low, mut high) = (first.order, last.order);
        while low < high {
            let middle = low + (high - low) / 2;
            let from = TimelineKey { room: room.short, order: middle };
            let Some(row) = store.scan::<TimelineKey>((room.short,)).from(&from).next() else { break };
            let (key, entry) = row?;
            if self.rooms.parse(room, key.order, &entry)?.origin_server_ts >= ts_ms {
                high = middle;
            } else {
                low = key.order + 1;
            }
        }
        Ok(Some(low.min(last.order)))
    }

    /// A place some events past the one found, in the direction one comes from.
    fn aside(&self, room: &Arc<Room>, place: i64, backwards: bool) -> Result<i64, Error> {
        let from = TimelineKey { room: room.short, order: place };
        let scan = self.core.store.scan::<TimelineKey>((room.short,));
        let scan = if backwards { scan.from(&from) } else { scan.reverse().from(&from) };
        let far = scan.keys().take(DISORDER_EVENTS_MAX).last().transpose()?;
        Ok(far.map_or(place, |key| key.order))
    }
}
