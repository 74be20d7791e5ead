//! Finds rooms by id and keeps the ones in use in memory.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use ruma::{EventId, OwnedEventId, OwnedRoomId, RoomId, RoomVersionId};
use serde_json::value::RawValue;
use veche_rooms::Pdu;
use veche_store::{
    Error, ShortRoomId, StreamPosition,
    records::rooms::{
        EventIdKey, EventKind, EventLocation, ExtremityKey, OutlierKey, RoomIdKey, RoomStateKey, ShortRoomKey,
        TimelineEntry, TimelineKey,
    },
};

use super::{
    cache::{Emptied, Redacting, RoomCache},
    head::{Head, Room, joined_members},
};
use crate::core::Core;

/// Why a room could not be found.
#[derive(Debug, thiserror::Error)]
pub enum FindRoomError {
    /// No such room here.
    #[error("room not found")]
    Unknown,
    /// The store failed.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// All rooms of this server.
pub struct Rooms {
    pub(crate) core: Arc<Core>,
    by_id: RwLock<HashMap<OwnedRoomId, Arc<Room>>>,
    by_short: RwLock<HashMap<ShortRoomId, Arc<Room>>>,
    pub(super) cache: Arc<RoomCache>,
}

impl Rooms {
    /// An empty registry over `core`; rooms load when first asked for.
    pub fn new(core: Arc<Core>) -> Self {
        let cache = Arc::new(RoomCache::new());
        Self { core, by_id: RwLock::default(), by_short: RwLock::default(), cache }
    }

    /// The room with this id, unless an administrator has closed it.
    pub fn find(&self, id: &RoomId) -> Result<Arc<Room>, FindRoomError> {
        if self.core.directory.is_room_closed(id) {
            return Err(FindRoomError::Unknown);
        }
        self.find_closed(id)
    }

    /// As [`Rooms::find`], also if it is closed: those who were in it hear that they left, and nothing else.
    pub(crate) fn find_closed(&self, id: &RoomId) -> Result<Arc<Room>, FindRoomError> {
        if let Some(room) = self.by_id.read().unwrap_or_else(PoisonError::into_inner).get(id) {
            return Ok(Arc::clone(room));
        }
        let record = self.core.store.get(&RoomIdKey { room_id: id.to_owned() })?.ok_or(FindRoomError::Unknown)?;
        let version = RoomVersionId::try_from(record.version.as_str())
            .map_err(|_| Error::corrupt("RoomIdKey", id.as_str(), "unknown room version"))?;
        let head = self.load_head(id, record.short)?;
        Ok(self.insert(Room::new(record.short, id.to_owned(), version, head)))
    }

    /// The room with this short id, which came from one of our records.
    pub fn find_short(&self, short: ShortRoomId) -> Result<Arc<Room>, Error> {
        if let Some(room) = self.by_short.read().unwrap_or_else(PoisonError::into_inner).get(&short) {
            return Ok(Arc::clone(room));
        }
        let missing = || Error::corrupt("ShortRoomKey", &short.0.to_string(), "no room with this short id");
        let id = self.core.store.get(&ShortRoomKey { room: short })?.ok_or_else(missing)?;
        match self.find_closed(&id) {
            Ok(room) => Ok(room),
            Err(FindRoomError::Unknown) => Err(missing()),
            Err(FindRoomError::Internal(error)) => Err(error),
        }
    }

    /// The room with this short id if it is in memory.
    pub(crate) fn loaded(&self, short: ShortRoomId) -> Option<Arc<Room>> {
        self.by_short.read().unwrap_or_else(PoisonError::into_inner).get(&short).cloned()
    }

    /// Puts a room into memory unless another task was faster; answers the one that stays.
    pub(crate) fn insert(&self, room: Room) -> Arc<Room> {
        let mut by_id = self.by_id.write().unwrap_or_else(PoisonError::into_inner);
        let room = Arc::clone(by_id.entry(room.id.clone()).or_insert_with(|| Arc::new(room)));
        self.by_short.write().unwrap_or_else(PoisonError::into_inner).insert(room.short, Arc::clone(&room));
        room
    }

    fn load_head(&self, id: &RoomId, short: ShortRoomId) -> Result<Head, Error> {
        let store = &self.core.store;
        let group = store
            .get(&RoomStateKey { room: short })?
            .ok_or_else(|| Error::corrupt("RoomStateKey", id.as_str(), "the room has no current state"))?;
        let state = self.state_in(short, id, group)?;
        let mut extremities = Vec::new();
        let mut depth = 0;
        for row in store.scan::<ExtremityKey>((short,)) {
            let event_id = row?.0.event_id;
            if let Some(pdu) = self.event_in(short, id, &event_id)? {
                depth = depth.max(pdu.depth);
            }
            extremities.push(event_id);
        }
        let newest = match store.scan::<TimelineKey>((short,)).reverse().next() {
            Some(row) => StreamPosition(u64::try_from(row?.0.order).unwrap_or(0)),
            None => StreamPosition(0),
        };
        let hops = self.hops_of(group)?;
        let joined = Arc::new(joined_members(&state));
        Ok(Head { state, group, hops, extremities, depth, newest, joined })
    }

    /// An event of a room by its id: from the timeline or kept aside as an outlier; `None` if unknown here or if it
    /// belongs to another room.
    pub fn event(&self, room: &Room, event_id: &EventId) -> Result<Option<Arc<Pdu>>, Error> {
        self.event_in(room.short, &room.id, event_id)
    }

    fn event_in(&self, short: ShortRoomId, id: &RoomId, event_id: &EventId) -> Result<Option<Arc<Pdu>>, Error> {
        let Some(location) = self.locate(event_id)?.filter(|location| location.room == short) else {
            return Ok(None);
        };
        if matches!(location.kind, EventKind::Outlier | EventKind::Rejected) {
            let Some(json) = self.core.store.get(&OutlierKey { event_id: event_id.to_owned() })? else {
                return Ok(None);
            };
            let mut pdu = parse_pdu(event_id.to_owned(), id, &json.0)?;
            pdu.rejected = location.kind == EventKind::Rejected;
            return Ok(Some(Arc::new(pdu)));
        }
        self.event_at(short, id, location.order)
    }

    /// Where an event is kept.
    pub fn locate(&self, event_id: &EventId) -> Result<Option<EventLocation>, Error> {
        self.core.store.get(&EventIdKey { event_id: event_id.to_owned() })
    }

    /// The row of an event in its room's timeline; `None` for an outlier or an event of another room.
    pub fn entry(&self, room: &Room, event_id: &EventId) -> Result<Option<(i64, TimelineEntry)>, Error> {
        let Some(location) = self.locate(event_id)?.filter(|at| at.room == room.short && is_placed(at.kind)) else {
            return Ok(None);
        };
        let key = TimelineKey { room: room.short, order: location.order };
        Ok(self.core.store.get(&key)?.map(|entry| (location.order, entry)))
    }

    pub(super) fn event_at(&self, short: ShortRoomId, id: &RoomId, order: i64) -> Result<Option<Arc<Pdu>>, Error> {
        if let Some(pdu) = self.cache.event(short, order) {
            return Ok(Some(pdu));
        }
        let mark = self.cache.mark();
        let Some(entry) = self.core.store.get(&TimelineKey { room: short, order })? else {
            return Ok(None);
        };
        let pdu = parse_entry(id, &entry)?;
        self.cache.keep_event(mark, (short, order), Arc::clone(&pdu));
        Ok(Some(pdu))
    }

    /// Parses a row of the timeline.
    pub fn parse(&self, room: &Room, order: i64, entry: &TimelineEntry) -> Result<Arc<Pdu>, Error> {
        if let Some(pdu) = self.cache.event(room.short, order) {
            return Ok(pdu);
        }
        parse_entry(&room.id, entry)
    }

    /// Parses a row of the timeline whose order the caller does not have.
    pub(crate) fn parse_fresh(&self, room: &Room, entry: &TimelineEntry) -> Result<Arc<Pdu>, Error> {
        parse_entry(&room.id, entry)
    }

    /// Remembers an event just committed.
    pub(crate) fn remember_event(&self, short: ShortRoomId, order: i64, pdu: Arc<Pdu>) {
        self.cache.remember_event(short, order, pdu);
    }

    /// These events of a room are about to lose their content by a commit. To be called before it is asked for; the
    /// answer is given back when it is over.
    pub(crate) fn redacting(&self, short: ShortRoomId, emptied: &[Emptied]) -> Redacting {
        self.cache.redacting(short, emptied)
    }
}

/// Whether events of this kind have a place in the timeline.
fn is_placed(kind: EventKind) -> bool {
    matches!(kind, EventKind::Timeline | EventKind::SoftFailed)
}

fn parse_entry(id: &RoomId, entry: &TimelineEntry) -> Result<Arc<Pdu>, Error> {
    parse(entry.event_id.clone(), id, &entry.json)
}

fn parse(event_id: OwnedEventId, room: &RoomId, json: &[u8]) -> Result<Arc<Pdu>, Error> {
    parse_pdu(event_id, room, json).map(Arc::new)
}

fn parse_pdu(event_id: OwnedEventId, room: &RoomId, json: &[u8]) -> Result<Pdu, Error> {
    let name = event_id.to_string();
    let raw = serde_json::from_slice::<Box<RawValue>>(json)
        .map_err(|error| Error::corrupt("event", &name, &error.to_string()))?;
    Pdu::parse(event_id, room.to_owned(), raw).map_err(|error| Error::corrupt("event", &name, &error.to_string()))
}
