//! The threads of a room, the one with the newest event first.

use ruma::{EventId, RoomId, UserId, owned_event_id};
use serde_json::value::RawValue;
use veche_base::limits::PAGE_EVENTS_MAX;
use veche_store::{
    Error, ShortRoomId, StreamPosition,
    records::relations::{ThreadKey, ThreadParticipantKey},
};

use super::Relations;
use crate::timeline::{Audience, EventForm, ReadError};

/// Threads looked at for one page.
const THREADS_WALKED_MAX: usize = 10_000;

/// Which threads are asked for.
pub struct ThreadsRequest<'a> {
    /// The room.
    pub room_id: &'a RoomId,
    /// Who reads, on which device.
    pub audience: Audience<'a>,
    /// Those that the reader started or wrote in only.
    pub participated: bool,
    /// Where to start: threads whose latest event is not newer.
    pub from: Option<i64>,
    /// Threads at most.
    pub limit: usize,
}

/// A page of threads.
pub struct ThreadsPage {
    /// The roots, each with the summary of its thread.
    pub chunk: Vec<Box<RawValue>>,
    /// Where the next page starts.
    pub next: Option<i64>,
}

impl Relations {
    /// The threads of a room whose roots the reader may see. The root of somebody he ignores is shown emptied.
    pub fn threads(&self, request: &ThreadsRequest<'_>) -> Result<ThreadsPage, ReadError> {
        let user = request.audience.user;
        let room = self.timeline.find_for(request.room_id, user)?;
        let ignored = self.account_data.ignored_users(user)?;
        let limit = request.limit.clamp(1, PAGE_EVENTS_MAX);
        let mut renderer = self.timeline.renderer(&room, request.audience, EventForm::Full);
        let mut page = ThreadsPage { chunk: Vec::new(), next: None };
        let mut last = 0;
        for key in self.newest_first(room.short, request.from).take(THREADS_WALKED_MAX) {
            let ThreadKey { latest, root, .. } = key?;
            if page.chunk.len() == limit {
                page.next = Some(last - 1);
                break;
            }
            last = i64::try_from(latest.0).unwrap_or(i64::MAX);
            let Some((order, entry)) = self.timeline.rooms.entry(&room, &root)? else { continue };
            let pdu = self.timeline.rooms.parse(&room, order, &entry)?;
            let wanted = !request.participated || pdu.sender == user || self.participates(room.short, &root, user)?;
            if !wanted || !self.timeline.may_see(&room, order, &entry, user)? {
                continue;
            }
            page.chunk.push(if ignored.contains(pdu.sender.as_str()) {
                renderer.emptied(&pdu)
            } else {
                renderer.entry(order, &entry)?
            });
        }
        Ok(page)
    }

    fn newest_first(
        &self,
        room: ShortRoomId,
        from: Option<i64>,
    ) -> impl Iterator<Item = Result<ThreadKey, Error>> + use<'_> {
        let scan = self.core.store.scan::<ThreadKey>((room,)).reverse();
        let scan = match from.map(|from| u64::try_from(from).unwrap_or(0)) {
            // No event id sorts before this one, so the walk starts below everything at the next position.
            Some(from) => scan.after(&ThreadKey {
                room,
                latest: StreamPosition(from.saturating_add(1)),
                root: owned_event_id!("$!"),
            }),
            None => scan,
        };
        scan.keys()
    }

    fn participates(&self, room: ShortRoomId, root: &EventId, user: &UserId) -> Result<bool, Error> {
        self.core.store.contains(&ThreadParticipantKey { room, root: root.to_owned(), user: user.to_owned() })
    }
}
