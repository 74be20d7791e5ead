//! Events that stick, for those who look through windows (MSC4480): of every room in a list, shown or not, because a call
//! may begin in a room that is far down.

use std::collections::{BTreeMap, BTreeSet};

use ruma::{OwnedEventId, OwnedRoomId};
use serde::Deserialize;
use serde_json::value::RawValue;
use veche_store::{Error, ShortRoomId, StreamPosition, records::memberships::Membership};

use super::{RoomAnswer, Sliding, StickyAnswer, connections::Seen, lists::Windows, poll::Reading};
use crate::{
    membership::RoomMembership,
    rooms::order_of,
    sync::SyncToken,
    timeline::{Audience, EventForm, Stuck},
};

/// Events in one answer, unless a room is new to its reader: then all of it is told.
const LIMIT: usize = 100;

#[derive(Deserialize)]
struct Named {
    event_id: OwnedEventId,
}

impl Sliding {
    /// What sticks and is news to this connection; nothing if that is not asked for or there is nothing.
    pub(super) fn sticky(
        &self,
        reading: &Reading<'_>,
        windows: &Windows<'_>,
        memberships: &RoomMembership,
        answered: &BTreeMap<OwnedRoomId, RoomAnswer>,
    ) -> Result<Option<StickyAnswer>, Error> {
        let wish = &reading.request.sticky;
        if !wish.enabled {
            return Ok(None);
        }
        let since = wish.since.as_deref().and_then(|since| since.parse::<SyncToken>().ok());
        let since = since.and_then(|since| self.known(since));
        let limit = wish.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIMIT).clamp(1, LIMIT);
        // Events of rooms that the reader knows already, in the order in which they came.
        let mut news: BTreeMap<StreamPosition, (OwnedRoomId, Box<RawValue>)> = BTreeMap::new();
        let mut rooms: BTreeMap<OwnedRoomId, Vec<Box<RawValue>>> = BTreeMap::new();
        let subscribed = windows.shown.iter().filter(|(_, shown)| shown.subscribed).map(|(short, _)| short);
        let asked: BTreeSet<&ShortRoomId> = windows.listed.iter().chain(subscribed).collect();
        for short in asked {
            let record = memberships.get(short);
            let inside = record.filter(|it| it.membership == Membership::Join && it.position <= reading.upto);
            let Some(record) = inside else { continue };
            let known = reading.base.and_then(|base| base.rooms.get(short));
            let is_first = windows.shown.contains_key(short) && known.is_none_or(|known| known.seen != Seen::Inside);
            // A client passes over rooms that it does not know: it is told all again when it comes to know one.
            let after = since.filter(|since| !is_first && record.position <= *since);
            if after.is_some_and(|after| !self.watch.room_changed(*short, after)) {
                continue;
            }
            let room = self.parts.rooms.find_short(*short)?;
            let audience = Audience { user: &reading.request.user, device: Some(&reading.request.device) };
            let stuck = self.parts.timeline.sticking(&room, audience, EventForm::Sync, after, reading.upto)?;
            for Stuck { position, event, .. } in untold(stuck, answered.get(&room.id)) {
                if after.is_some() {
                    news.insert(position, (room.id.clone(), event));
                } else {
                    rooms.entry(room.id.clone()).or_default().push(event);
                }
            }
        }
        let end = if news.len() > limit { news.keys().nth(limit - 1).copied() } else { None };
        for (_, (room_id, event)) in news.into_iter().take(limit) {
            rooms.entry(room_id).or_default().push(event);
        }
        let next_batch = self.token(order_of(end.unwrap_or(reading.upto)));
        Ok((!rooms.is_empty() || since.is_none()).then_some(StickyAnswer { next_batch, rooms }))
    }
}

/// Those that the timeline of the same answer does not show.
fn untold(stuck: Vec<Stuck>, answer: Option<&RoomAnswer>) -> impl Iterator<Item = Stuck> {
    let events = answer.filter(|_| !stuck.is_empty()).map_or(&[][..], |answer| &answer.timeline);
    let id = |event: &RawValue| serde_json::from_str::<Named>(event.get()).ok().map(|named| named.event_id);
    let shown: Vec<OwnedEventId> = events.iter().filter_map(|event| id(event)).collect();
    stuck.into_iter().filter(move |stuck| !shown.contains(&stuck.event_id))
}
