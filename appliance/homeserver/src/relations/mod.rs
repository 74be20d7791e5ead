//! The events that relate to an event, page by page, and the threads of a room.

mod threads;

pub use self::threads::{ThreadsPage, ThreadsRequest};

use std::{collections::BTreeMap, sync::Arc};

use ruma::{EventId, OwnedEventId, RoomId};
use serde_json::value::RawValue;
use veche_base::limits::PAGE_EVENTS_MAX;
use veche_store::{
    Error, StreamPosition,
    records::relations::{Relation, RelationKey},
};

use crate::{
    account_data::AccountData,
    core::Core,
    rooms::{Room, order_of},
    timeline::{Audience, EventForm, ReadError, Timeline},
};

/// Relations followed from an event to those that relate to it through others.
const RECURSION_DEPTH_MAX: u32 = 3;
/// Relations looked at for one page.
const RELATIONS_WALKED_MAX: usize = 10_000;

/// Why relations could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RelationsError {
    /// No such event, or not one the reader may see.
    #[error("no such event")]
    UnknownEvent,
    /// The room could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Relations with the order of the event that relates, as they are walked.
type Walk<'a> = Box<dyn Iterator<Item = Result<(i64, Relation), Error>> + 'a>;

impl From<Error> for RelationsError {
    fn from(error: Error) -> Self {
        Self::Read(error.into())
    }
}

/// Which relations are asked for.
pub struct RelationsRequest<'a> {
    /// The room.
    pub room_id: &'a RoomId,
    /// The event that is related to.
    pub event_id: &'a EventId,
    /// Who reads, on which device.
    pub audience: Audience<'a>,
    /// Relations of this type only.
    pub rel_type: Option<&'a str>,
    /// Events of this type only.
    pub event_type: Option<&'a str>,
    /// Where to start: events up to here (backwards) or after here (forwards).
    pub from: Option<i64>,
    /// Where to stop.
    pub to: Option<i64>,
    /// Newest first.
    pub backwards: bool,
    /// Events at most.
    pub limit: usize,
    /// Also what relates to what relates to the event.
    pub recurse: bool,
}

/// A page of relations.
pub struct RelationsPage {
    /// The events in reading order.
    pub chunk: Vec<Box<RawValue>>,
    /// Where the next page starts.
    pub next: Option<i64>,
    /// How many relations were followed from event to event, when that was asked for.
    pub recursion_depth: Option<u32>,
}

/// Reads relations.
pub struct Relations {
    pub(crate) core: Arc<Core>,
    pub(crate) timeline: Arc<Timeline>,
    pub(crate) account_data: Arc<AccountData>,
}

impl Relations {
    /// Over these parts.
    pub fn new(core: Arc<Core>, timeline: Arc<Timeline>, account_data: Arc<AccountData>) -> Self {
        Self { core, timeline, account_data }
    }

    /// The events that relate to an event that the reader may see.
    pub fn page(&self, request: &RelationsRequest<'_>) -> Result<RelationsPage, RelationsError> {
        let user = request.audience.user;
        let room = self.timeline.find_for(request.room_id, user)?;
        let parent = self.timeline.rooms.entry(&room, request.event_id)?;
        let (order, parent) = parent.ok_or(RelationsError::UnknownEvent)?;
        if !self.timeline.may_see(&room, order, &parent, user)? {
            return Err(RelationsError::UnknownEvent);
        }
        let ignored = self.account_data.ignored_users(user)?;
        let wanted = |relation: &Relation| {
            request.rel_type.is_none_or(|rel_type| relation.rel_type == rel_type)
                && request.event_type.is_none_or(|kind| relation.kind == kind)
                && !ignored.contains(relation.sender.as_str())
        };
        let limit = request.limit.clamp(1, PAGE_EVENTS_MAX);
        let mut renderer = self.timeline.renderer(&room, request.audience, EventForm::Full);
        let mut page = RelationsPage {
            chunk: Vec::new(),
            next: None,
            recursion_depth: request.recurse.then_some(RECURSION_DEPTH_MAX),
        };
        let mut last = 0;
        for row in self.walk(&room, request)? {
            let (order, relation) = row?;
            if !wanted(&relation) {
                continue;
            }
            if page.chunk.len() == limit {
                // Backwards a token means "up to here", forwards "after here".
                page.next = Some(if request.backwards { last - 1 } else { last });
                break;
            }
            last = order;
            let Some((order, entry)) = self.timeline.rooms.entry(&room, &relation.event_id)? else { continue };
            if self.timeline.may_see(&room, order, &entry, user)? {
                page.chunk.push(renderer.entry(order, &entry)?);
            }
        }
        Ok(page)
    }

    /// The relations between the request's bounds, in its direction.
    fn walk<'a>(&'a self, room: &Room, request: &RelationsRequest<'_>) -> Result<Walk<'a>, Error> {
        // After the first, exclusive, up to the second, inclusive.
        let (after, until) = if request.backwards { (request.to, request.from) } else { (request.from, request.to) };
        let (after, until) = (after.unwrap_or(-1), until.unwrap_or(i64::MAX));
        if request.recurse {
            let all = self.collect(room, request.event_id)?;
            let rows = all.into_iter().filter(move |(order, _)| *order > after && *order <= until).map(Ok);
            return Ok(if request.backwards { Box::new(rows.rev()) } else { Box::new(rows) });
        }
        let key = |order: i64| RelationKey {
            room: room.short,
            parent: request.event_id.to_owned(),
            position: StreamPosition(u64::try_from(order).unwrap_or(0)),
        };
        let scan = self.core.store.scan::<RelationKey>((room.short, request.event_id));
        let scan = match (request.backwards, after >= 0) {
            (true, true) => scan.reverse().from(&key(until)).until(&key(after)),
            (true, false) => scan.reverse().from(&key(until)),
            (false, true) => scan.after(&key(after)).through(&key(until)),
            (false, false) => scan.through(&key(until)),
        };
        let rows = scan.take(RELATIONS_WALKED_MAX);
        Ok(Box::new(rows.map(|row| row.map(|(key, relation)| (order_of(key.position), relation)))))
    }

    /// Everything that relates to an event, directly or through others, in order.
    fn collect(&self, room: &Room, event_id: &EventId) -> Result<BTreeMap<i64, Relation>, Error> {
        let mut all = BTreeMap::new();
        let mut level: Vec<OwnedEventId> = vec![event_id.to_owned()];
        for _ in 0..RECURSION_DEPTH_MAX {
            let mut next = Vec::new();
            for parent in level {
                for row in self.core.store.scan::<RelationKey>((room.short, &parent)) {
                    if all.len() >= RELATIONS_WALKED_MAX {
                        return Ok(all);
                    }
                    let (key, relation) = row?;
                    let order = order_of(key.position);
                    if room.may_be_related_to(order) {
                        next.push(relation.event_id.clone());
                    }
                    all.insert(order, relation);
                }
            }
            level = next;
        }
        Ok(all)
    }
}
