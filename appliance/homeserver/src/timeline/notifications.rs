//! The list of what a user is to be told and was told (`GET /notifications`): the rows of [`notify`](crate::notify)
//! with their events.

use std::collections::BTreeMap;

use ruma::{OwnedRoomId, UserId, push::Action};
use serde_json::value::RawValue;
use veche_base::limits::PAGE_EVENTS_MAX;
use veche_store::{
    Error, ShortRoomId, StreamPosition,
    records::{
        receipts::{PushActionKey, ReadActionKey},
        rooms::TimelineKey,
    },
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
    /// Whether the user has read it.
    pub read: bool,
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
        let before = StreamPosition(before.unwrap_or(u64::MAX));
        let mut rows = self.newest_told(audience.user, before, limit + 1, only_highlights)?;
        let next = if rows.len() > limit { rows.pop_first().and(rows.first_key_value()) } else { None };
        let next = next.map(|(position, _)| position.0);
        let mut list = Vec::with_capacity(rows.len());
        for (position, (short, read)) in rows.into_iter().rev() {
            let room = self.rooms.find_short(short)?;
            let order = order_of(position);
            let Some(entry) = self.core.store.get(&TimelineKey { room: short, order })? else { continue };
            // What was told may be hidden since: the user has left, and the room was shown to members only.
            if !self.may_see(&room, order, &entry, audience.user)? {
                continue;
            }
            let pdu = self.rooms.parse(&room, order, &entry)?;
            list.push(Notification {
                read,
                room_id: room.id.clone(),
                event: self.renderer(&room, audience, EventForm::Sync).entry(order, &entry)?,
                actions: self.notify.actions(&pdu, &room.head(), &room.version, audience.user)?,
                sent_ms: pdu.origin_server_ts,
            });
        }
        Ok(Notifications { list, next })
    }

    /// The newest rows older than a position, read or not, with their rooms and whether they were read.
    fn newest_told(
        &self,
        user: &UserId,
        before: StreamPosition,
        count: usize,
        only_highlights: bool,
    ) -> Result<BTreeMap<StreamPosition, (ShortRoomId, bool)>, Error> {
        let is_wanted = |notify: bool, highlight: bool| if only_highlights { highlight } else { notify };
        let mut newest = BTreeMap::new();
        for row in self.core.store.scan::<PushActionKey>((user,)) {
            let (key, action) = row?;
            if key.position < before && is_wanted(action.notify, action.highlight) {
                newest.insert(key.position, (key.room, false));
                if newest.len() > count {
                    newest.pop_first();
                }
            }
        }
        let mut taken = 0;
        let from = ReadActionKey { user: user.to_owned(), position: before };
        for row in self.core.store.scan::<ReadActionKey>((user,)).reverse().after(&from) {
            let (key, action) = row?;
            if taken == count {
                break;
            }
            if is_wanted(action.notify, action.highlight) {
                // A row that was read between the two walks is in both.
                newest.insert(key.position, (action.room, true));
                taken += 1;
            }
        }
        while newest.len() > count {
            newest.pop_first();
        }
        Ok(newest)
    }
}
