//! Events that stick (MSC4354): for a while, everybody who is in the room or comes into it is shown them, wherever they stand
//! in its timeline and whatever of it he may see. A redaction takes that from an event.

use std::sync::Arc;

use ruma::{OwnedEventId, UserId};
use serde_json::value::RawValue;
use veche_rooms::Pdu;
use veche_store::{
    Error, ShortRoomId, StreamPosition, Txn,
    records::{
        rooms::TimelineKey,
        sticky::{Sticky, StickyKey},
    },
};

use super::{Audience, EventForm, SendError, Timeline};
use crate::rooms::{Room, order_of};

/// An event that sticks, as one reader is shown it.
pub struct Stuck {
    /// When it came.
    pub position: StreamPosition,
    /// Its id.
    pub event_id: OwnedEventId,
    /// The event.
    pub event: Box<RawValue>,
}

/// Remembers that an event sticks, if it does, and forgets those of its room that do no more. `received_ms` is now: no
/// server can date an event of its own so that it sticks for longer.
pub(super) fn write(
    txn: &mut Txn,
    room: ShortRoomId,
    pdu: &Pdu,
    position: StreamPosition,
    received_ms: u64,
) -> Result<(), Error> {
    let Some(sticky_ms) = pdu.sticky_ms else { return Ok(()) };
    for (key, sticky) in txn.scan::<StickyKey>((room,))? {
        if sticky.expires_ms <= received_ms {
            txn.delete(&key);
        }
    }
    let expires_ms = received_ms.min(pdu.origin_server_ts).saturating_add(sticky_ms);
    let sticky = Sticky { order: order_of(position), sender: pdu.sender.clone(), expires_ms };
    txn.put(&StickyKey { room, position }, &sticky);
    Ok(())
}

impl Timeline {
    /// Whether one more event of this sender may stick in a room, if `max` may. To be asked by who holds the room's lock.
    pub(super) fn check_sticky(&self, room: &Room, sender: &UserId, max: usize) -> Result<(), SendError> {
        let now_ms = self.core.clock.wall_ms();
        let (mut own, mut next_ms) = (0, u64::MAX);
        for row in self.core.store.scan::<StickyKey>((room.short,)) {
            let (_, sticky) = row?;
            if sticky.sender == sender && sticky.expires_ms > now_ms {
                own += 1;
                next_ms = next_ms.min(sticky.expires_ms);
            }
        }
        if own < max {
            return Ok(());
        }
        Err(SendError::TooManySticky { wait_ms: next_ms.saturating_sub(now_ms) })
    }

    /// The events that stick in a room now and came after `after` (or ever) up to `upto`, oldest first, without those of
    /// people whom the reader ignores. For members of the room.
    pub fn sticking(
        &self,
        room: &Arc<Room>,
        audience: Audience<'_>,
        form: EventForm,
        after: Option<StreamPosition>,
        upto: StreamPosition,
    ) -> Result<Vec<Stuck>, Error> {
        let now_ms = self.core.clock.wall_ms();
        let mut stuck = Vec::new();
        let mut ignored = None;
        let mut renderer = self.renderer(room, audience, form);
        let key = |position| StickyKey { room: room.short, position };
        let rows = self.core.store.scan::<StickyKey>((room.short,)).through(&key(upto));
        for row in rows.after(&key(after.unwrap_or(StreamPosition(0)))) {
            let (StickyKey { position, .. }, sticky) = row?;
            if sticky.expires_ms <= now_ms {
                continue;
            }
            let ignored = match &ignored {
                Some(ignored) => ignored,
                None => ignored.insert(self.notify.account_data.ignored_users(audience.user)?),
            };
            if ignored.contains(sticky.sender.as_str()) {
                continue;
            }
            let Some(entry) = self.core.store.get(&TimelineKey { room: room.short, order: sticky.order })? else {
                continue;
            };
            let event = renderer.entry(sticky.order, &entry)?;
            stuck.push(Stuck { position, event_id: entry.event_id, event });
        }
        Ok(stuck)
    }

    /// For how long an event still sticks, if it does.
    pub(super) fn sticks_for(&self, room: &Room, position: StreamPosition, now_ms: u64) -> Result<Option<u64>, Error> {
        let sticky = self.core.store.get(&StickyKey { room: room.short, position })?;
        Ok(sticky.and_then(|sticky| sticky.expires_ms.checked_sub(now_ms)).filter(|left| *left > 0))
    }
}

#[cfg(test)]
mod tests;
