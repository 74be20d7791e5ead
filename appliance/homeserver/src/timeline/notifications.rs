//! The list of what a user is to be told (`GET /notifications`): the rows of [`notify`](crate::notify) with their
//! events. What is read is not on it.

use ruma::{OwnedRoomId, push::Action};
use serde_json::value::RawValue;
use veche_base::limits::PAGE_EVENTS_MAX;
use veche_store::{
    Error,
    records::{receipts::PushActionKey, rooms::TimelineKey},
};

use super::{Audience, EventForm, Timeline};
use crate::rooms::order_of;

/// One notification.
pub struct Notification {
    /// The room.
    pub room_id: OwnedRoomId,
    /// The event.
    pub event: Box<RawValue>,
    /// What the user's rules do with it.
    pub actions: Vec<Action>,
    /// When the event was sent.
    pub sent_ms: u64,
}

/// A page of notifications, newest first.
pub struct Notifications {
    /// The notifications.
    pub list: Vec<Notification>,
    /// The `before` of the next page, if there is more.
    pub next: Option<u64>,
}

impl Timeline {
    /// Up to `limit` notifications older than the position `before`; only those that highlight if so asked.
    pub fn notifications(
        &self,
        audience: Audience<'_>,
        before: Option<u64>,
        limit: usize,
        only_highlights: bool,
    ) -> Result<Notifications, Error> {
        let limit = limit.clamp(1, PAGE_EVENTS_MAX);
        let mut rows = Vec::new();
        for row in self.core.store.scan::<PushActionKey>((audience.user,)) {
            let (key, action) = row?;
            let is_wanted = if only_highlights { action.highlight } else { action.notify };
            if is_wanted && before.is_none_or(|before| key.position.0 < before) {
                rows.push(key);
            }
        }
        rows.sort_unstable_by_key(|key| std::cmp::Reverse(key.position));
        let next = (rows.len() > limit).then(|| rows[limit - 1].position.0);
        rows.truncate(limit);
        let mut list = Vec::with_capacity(rows.len());
        for key in rows {
            let room = self.rooms.find_short(key.room)?;
            let order = order_of(key.position);
            let Some(entry) = self.core.store.get(&TimelineKey { room: key.room, order })? else { continue };
            let pdu = self.rooms.parse(&room, order, &entry)?;
            list.push(Notification {
                room_id: room.id.clone(),
                event: self.renderer(&room, audience, EventForm::Sync).entry(order, &entry)?,
                actions: self.notify.actions(&pdu, &room.head(), &room.version, audience.user)?,
                sent_ms: pdu.origin_server_ts,
            });
        }
        Ok(Notifications { list, next })
    }
}
