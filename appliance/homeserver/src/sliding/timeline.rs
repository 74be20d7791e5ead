//! The part of a room's timeline that an answer shows.

use std::{collections::BTreeSet, sync::Arc};

use ruma::{OwnedUserId, events::TimelineEventType};
use serde_json::value::RawValue;
use veche_rooms::Pdu;
use veche_store::{Error, StreamPosition};

use super::{Sliding, poll::Reading};
use crate::{
    rooms::{Room, order_of},
    sync::SyncToken,
    timeline::{Audience, EventForm, Page, Span},
};

/// Events, oldest first, with what follows from them.
pub(super) struct Slice {
    pub(super) events: Vec<Box<RawValue>>,
    /// Older events after the lower bound were left out.
    pub(super) limited: bool,
    /// How many came since the last answer on this connection.
    pub(super) num_live: u64,
    pub(super) prev_batch: Option<SyncToken>,
    /// Where the first of the events is in the timeline.
    pub(super) first: Option<i64>,
    /// Who wrote these events, and whose membership they changed.
    pub(super) speakers: BTreeSet<OwnedUserId>,
}

impl Sliding {
    /// The newest `limit` events after `after` (or of all) up to `until` that the reader may see.
    pub(super) fn slice(
        &self,
        reading: &Reading<'_>,
        room: &Arc<Room>,
        after: Option<StreamPosition>,
        until: StreamPosition,
        limit: usize,
    ) -> Result<Slice, Error> {
        let user = &reading.request.user;
        let shown = |pdu: &Pdu| pdu.state_key.is_some() || !reading.ignored.contains(pdu.sender.as_str());
        let span = Span { after: after.map_or(i64::MIN, order_of), until: order_of(until) };
        // Who wants no events still learns that there are some.
        let Page { mut rows, next } = self.parts.timeline.page(room, span, true, limit.max(1), Some(user), &shown)?;
        let hidden = limit == 0 && !rows.is_empty();
        if limit == 0 {
            rows.clear();
        }
        rows.reverse();
        let audience = Audience { user, device: Some(&reading.request.device) };
        let mut renderer = self.parts.timeline.renderer(room, audience, EventForm::Sync);
        let mut slice = Slice {
            events: Vec::with_capacity(rows.len()),
            limited: hidden || next.is_some(),
            num_live: 0,
            prev_batch: rows.first().map(|(order, _, _)| self.token(order - 1)),
            first: rows.first().map(|(order, _, _)| *order),
            speakers: BTreeSet::new(),
        };
        for (order, entry, pdu) in &rows {
            slice.events.push(renderer.entry(*order, entry)?);
            slice.num_live += u64::from(reading.base.is_some_and(|base| entry.short > base.position));
            slice.speakers.insert(pdu.sender.clone());
            if pdu.kind == TimelineEventType::RoomMember {
                let target = pdu.state_key.as_deref().and_then(|target| OwnedUserId::try_from(target).ok());
                slice.speakers.extend(target);
            }
        }
        if slice.prev_batch.is_none() && (slice.limited || after.is_none()) {
            slice.prev_batch = Some(self.token(order_of(until)));
        }
        Ok(slice)
    }

    /// The token of an order in a timeline.
    pub(super) fn token(&self, order: i64) -> SyncToken {
        SyncToken { epoch: self.core.store.epoch(), order, messages: None }
    }
}
