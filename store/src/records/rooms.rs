//! Rooms, their timelines and their states.

use ruma::{OwnedDeviceId, OwnedEventId, OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

use crate::families::Family;
use crate::positions::{ShortRoomId, ShortStateHash, ShortStateKey, StreamPosition};
use crate::values::{DecodeError, Inspection, Json, Value, check_version};
use crate::{record, versioned};

record! {
    /// What is fixed about a room, by its id.
    pub struct RoomIdKey {
        /// The room.
        room_id: OwnedRoomId,
    } in Family::RoomIdRoom => RoomRecord
}

/// What is fixed about a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomRecord {
    /// Stands for the room in other keys.
    pub short: ShortRoomId,
    /// The room version, as in `m.room.create`.
    pub version: String,
    /// Who sent `m.room.create`.
    pub creator: OwnedUserId,
    /// When this server first knew the room.
    pub created: StreamPosition,
}

versioned!(RoomRecord, 1);

record! {
    /// The id of a room, by its short id.
    pub struct ShortRoomKey {
        /// The room.
        room: ShortRoomId,
    } in Family::RoomRoomId => OwnedRoomId
}

impl Value for OwnedRoomId {
    fn encode(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::try_from(String::decode(bytes)?).map_err(|error| DecodeError::Malformed(error.to_string()))
    }
}

record! {
    /// One event in a room's timeline. Backfilled history grows below zero.
    pub struct TimelineKey {
        /// The room.
        room: ShortRoomId,
        /// The event's place.
        order: i64,
    } in Family::RoomOrderEvent => TimelineEntry
}

/// The event was accepted by its auth events but not by the room's current state: kept, shown to nobody.
pub const FLAG_SOFT_FAILED: u8 = 1;
/// The event's content was removed by a redaction; the stored JSON is the redacted one.
pub const FLAG_REDACTED: u8 = 1 << 1;
/// The event came by backfill: it was never news, and counts for no notification.
pub const FLAG_BACKFILLED: u8 = 1 << 2;

/// An event in its place.
#[derive(Clone, PartialEq, Eq)]
pub struct TimelineEntry {
    /// When it entered the timeline; also its short event id.
    pub short: StreamPosition,
    /// Its id.
    pub event_id: OwnedEventId,
    /// The room's state where the event was sent: before the event.
    pub state_before: ShortStateHash,
    /// The same with the event applied.
    pub state_after: ShortStateHash,
    /// The room's current, resolved state once this event was appended.
    pub room_state: ShortStateHash,
    /// `FLAG_*`.
    pub flags: u8,
    /// The PDU as canonical JSON, with hashes and signatures.
    pub json: Vec<u8>,
}

impl TimelineEntry {
    /// True if all bits of `flag` are set.
    pub const fn has(&self, flag: u8) -> bool {
        self.flags & flag == flag
    }
}

impl std::fmt::Debug for TimelineEntry {
    /// Content of users does not belong into logs, so the JSON is left out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { short, event_id, flags, json, .. } = self;
        write!(f, "TimelineEntry({event_id} at {short}, flags {flags:#b}, {} bytes)", json.len())
    }
}

const TIMELINE_ENTRY_VERSION: u8 = 1;

/// By hand: numbers of fixed size, the id with its length, then the JSON to the end. Walking back through a timeline
/// costs one copy of the JSON and nothing else that grows with it.
impl Value for TimelineEntry {
    fn encode(&self) -> Vec<u8> {
        let id = self.event_id.as_bytes();
        let id_bytes = u16::try_from(id.len()).expect("ruma refuses event ids over 255 bytes");
        let mut out = Vec::with_capacity(36 + id.len() + self.json.len());
        out.extend_from_slice(&[TIMELINE_ENTRY_VERSION, self.flags]);
        for number in [self.short.0, self.state_before.0, self.state_after.0, self.room_state.0] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&id_bytes.to_be_bytes());
        out.extend_from_slice(id);
        out.extend_from_slice(&self.json);
        out
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut rest = Fields(check_version(TIMELINE_ENTRY_VERSION, bytes)?);
        let [flags] = rest.take()?;
        let short = StreamPosition(rest.number()?);
        let state_before = ShortStateHash(rest.number()?);
        let state_after = ShortStateHash(rest.number()?);
        let room_state = ShortStateHash(rest.number()?);
        let id_bytes = usize::from(u16::from_be_bytes(rest.take()?));
        let id = rest.slice(id_bytes)?;
        let id = std::str::from_utf8(id).map_err(|_| DecodeError::malformed("the event id is not UTF-8"))?;
        let event_id = OwnedEventId::try_from(id).map_err(|error| DecodeError::Malformed(error.to_string()))?;
        if rest.0.is_empty() {
            return Err(DecodeError::malformed("the event is missing"));
        }
        let json = rest.0.to_vec();
        Ok(Self { short, event_id, state_before, state_after, room_state, flags, json })
    }

    fn inspect(&self, inspection: &mut Inspection) {
        inspection.json(&self.json);
    }
}

record! {
    /// Where an event is.
    pub struct EventIdKey {
        /// The event.
        event_id: OwnedEventId,
    } in Family::EventIdLocation => EventLocation
}

/// Where an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLocation {
    /// The room.
    pub room: ShortRoomId,
    /// Its place in the timeline; meaningless for events outside of it.
    pub order: i64,
    /// Which of the places it is in.
    pub kind: EventKind,
}

versioned!(EventLocation, 1);

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// In the timeline.
    Timeline,
    /// In the timeline, but shown to nobody.
    SoftFailed,
    /// Refused by the auth rules; kept as an outlier, to be refused again without work.
    Rejected,
    /// Outside of the timeline.
    Outlier,
}

record! {
    /// An event outside of the timelines, as canonical JSON.
    pub struct OutlierKey {
        /// The event.
        event_id: OwnedEventId,
    } in Family::EventIdOutlier => Json
}

record! {
    /// A forward extremity: an event of the room that no other event follows yet.
    pub struct ExtremityKey {
        /// The room.
        room: ShortRoomId,
        /// The event.
        event_id: OwnedEventId,
    } in Family::RoomEventIdExtremity => ()
}

record! {
    /// One stored room state.
    pub struct StateGroupKey {
        /// Its number.
        group: ShortStateHash,
    } in Family::StateGroupDelta => StateGroup
}

/// A room state, as the difference to another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateGroup {
    /// The state this one differs from; `None` for a state written in full.
    pub parent: Option<ShortStateHash>,
    /// What was added or replaced: the event that stands for the state key now.
    pub added: Vec<(ShortStateKey, StreamPosition)>,
    /// What was in the parent and is not here.
    pub removed: Vec<ShortStateKey>,
    /// How many parents lie between this state and one written in full.
    pub hops: u8,
}

const STATE_GROUP_VERSION: u8 = 1;
/// Version, hops, parent, number of added entries.
const STATE_GROUP_HEADER_BYTES: usize = 14;

/// By hand: entries of 16 bytes, because a large room's state is read in one go.
impl Value for StateGroup {
    fn encode(&self) -> Vec<u8> {
        let added = u32::try_from(self.added.len()).expect("a room has fewer state keys than memory has room for");
        let bytes = STATE_GROUP_HEADER_BYTES + 16 * self.added.len() + 8 * self.removed.len();
        let mut out = Vec::with_capacity(bytes);
        out.extend_from_slice(&[STATE_GROUP_VERSION, self.hops]);
        out.extend_from_slice(&self.parent.unwrap_or(ShortStateHash::EMPTY).0.to_be_bytes());
        out.extend_from_slice(&added.to_be_bytes());
        for (key, event) in &self.added {
            out.extend_from_slice(&key.0.to_be_bytes());
            out.extend_from_slice(&event.0.to_be_bytes());
        }
        for key in &self.removed {
            out.extend_from_slice(&key.0.to_be_bytes());
        }
        out
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut rest = Fields(check_version(STATE_GROUP_VERSION, bytes)?);
        let [hops] = rest.take()?;
        let parent = Some(ShortStateHash(rest.number()?)).filter(|parent| *parent != ShortStateHash::EMPTY);
        let added = u32::from_be_bytes(rest.take()?) as usize;
        let added = rest.slice(added.checked_mul(16).ok_or_else(Fields::short)?)?;
        let (added, _) = added.as_chunks::<8>();
        let (removed, odd) = rest.0.as_chunks::<8>();
        if !odd.is_empty() {
            return Err(DecodeError::malformed("the last removed entry is cut"));
        }
        let (added, _) = added.as_chunks::<2>();
        let number = |bytes: &[u8; 8]| u64::from_be_bytes(*bytes);
        Ok(Self {
            parent,
            added: added
                .iter()
                .map(|[key, event]| (ShortStateKey(number(key)), StreamPosition(number(event))))
                .collect(),
            removed: removed.iter().map(|key| ShortStateKey(number(key))).collect(),
            hops,
        })
    }
}

record! {
    /// The number of a (type, state key) pair; see [`Txn::intern_state_key`](crate::Txn::intern_state_key).
    pub struct StateKeyKey {
        /// The event type.
        kind: String,
        /// The state key.
        state_key: String,
    } in Family::TypeStateKeyNumber => ShortStateKey
}

record! {
    /// The (type, state key) pair of a number.
    pub struct ShortStateKeyKey {
        /// The number.
        number: ShortStateKey,
    } in Family::NumberTypeStateKey => TypeAndStateKey
}

/// What a state event is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TypeAndStateKey {
    /// The event type.
    pub kind: String,
    /// The state key.
    pub state_key: String,
}

versioned!(TypeAndStateKey, 1);

record! {
    /// The current state of a room.
    pub struct RoomStateKey {
        /// The room.
        room: ShortRoomId,
    } in Family::RoomStateGroup => ShortStateHash
}

record! {
    /// What a client's transaction id led to. Ids are unique for a device and an endpoint; an endpoint other than
    /// sending events must put its name before the id.
    pub struct TransactionKey {
        /// Who sent it.
        user: OwnedUserId,
        /// From which device.
        device: OwnedDeviceId,
        /// The id the client chose.
        txn_id: String,
    } in Family::TransactionResult => TransactionResult
}

/// The outcome that a repeated request gets again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionResult {
    /// The event that was made.
    pub event_id: OwnedEventId,
    /// Its position.
    pub position: StreamPosition,
    /// When, so that old results can be forgotten.
    pub wall_ms: u64,
}

versioned!(TransactionResult, 1);

record! {
    /// The request that made an event, for the `unsigned.transaction_id` of its sender's copy.
    pub struct EventTransactionKey {
        /// Where the event is.
        position: StreamPosition,
    } in Family::PositionTransaction => TransactionEcho
}

/// Which request made an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionEcho {
    /// The device that sent it.
    pub device: OwnedDeviceId,
    /// The id the client chose; empty for a delayed event.
    pub txn_id: String,
    /// The id under which the event was scheduled (MSC4140).
    pub delay_id: Option<String>,
}

versioned!(TransactionEcho, 1);

/// What is left to read of a value encoded by hand.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (field, rest) = self.0.split_first_chunk::<N>().ok_or_else(Self::short)?;
        self.0 = rest;
        Ok(*field)
    }

    fn number(&mut self) -> Result<u64, DecodeError> {
        self.take().map(u64::from_be_bytes)
    }

    fn slice(&mut self, bytes: usize) -> Result<&'a [u8], DecodeError> {
        let (field, rest) = self.0.split_at_checked(bytes).ok_or_else(Self::short)?;
        self.0 = rest;
        Ok(field)
    }

    fn short() -> DecodeError {
        DecodeError::malformed("the value ends early")
    }
}

#[cfg(test)]
mod tests;
