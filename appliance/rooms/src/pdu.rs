//! The event as servers exchange it, and the state of a room as a map of events.
//!
//! A [`Pdu`] is parsed once, when it is built, received or loaded, and then shared as [`PduRef`].
//! Invariant: `json` is the whole event in canonical JSON with hashes and signatures, and every
//! other field says what `json` says (`event_id` and, for a version 12 create event, `room_id`
//! are not in it: both follow from its hash).

use std::{collections::BTreeMap, sync::Arc};

use ruma::{
    CanonicalJsonObject, EventId, MilliSecondsSinceUnixEpoch, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId,
    RoomVersionId, UInt, UserId,
    events::{StateEventType, TimelineEventType},
    state_res::Event,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    canonical,
    room_versions::{self, UnsupportedVersion},
};

/// The whole of one event in canonical JSON with hashes and signatures, as every homeserver
/// enforces it (ruma's hashing stops here; the specification's 65,536 counts one byte more).
pub const PDU_BYTES_MAX: usize = veche_base::limits::PDU_BYTES_MAX - 1;

/// An event sticks no longer, whatever it says of itself.
const STICKY_MS_MAX: u64 = veche_base::limits::STICKY_EVENT_SECS_MAX * 1_000;

/// A shared event.
pub type PduRef = Arc<Pdu>;

/// What one place in a room's state is called by: event type and state key.
pub type StateKeyPair = (StateEventType, String);

/// The state of a room at some point: one event for each type and state key.
pub type StateMap = BTreeMap<StateKeyPair, PduRef>;

/// One event of a room, immutable.
#[derive(Debug, Clone)]
pub struct Pdu {
    /// `$` and the reference hash of the event.
    pub event_id: OwnedEventId,
    /// The room; for a version 12 create event it is `!` and the event's own hash.
    pub room_id: OwnedRoomId,
    /// Who sent it.
    pub sender: OwnedUserId,
    /// The `type`.
    pub kind: TimelineEventType,
    /// Present if and only if this is a state event.
    pub state_key: Option<String>,
    /// The content, always an object.
    pub content: Box<RawValue>,
    /// Unix milliseconds by the clock of the server that made the event.
    pub origin_server_ts: u64,
    /// The forward extremities the event was made on.
    pub prev_events: Vec<OwnedEventId>,
    /// The state events that permit this one.
    pub auth_events: Vec<OwnedEventId>,
    /// One more than the largest depth of `prev_events`.
    pub depth: u64,
    /// The top-level `redacts`. Version 11 moved it into `content`:
    /// [`crate::redaction::redaction_target`] knows where to look.
    pub redacts: Option<OwnedEventId>,
    /// For how long everybody in the room is shown this message wherever it stands in the timeline (MSC4354); an hour at
    /// most. Not what a redaction leaves.
    pub sticky_ms: Option<u64>,
    /// The event failed authorization; kept in memory and in the store's index, not in `json`.
    pub rejected: bool,
    /// The redaction event that emptied this one, in client format; kept in `unsigned`.
    pub redacted_because: Option<Box<RawValue>>,
    /// The whole event in canonical JSON.
    pub json: Box<RawValue>,
    /// A version 12 create event names no room; the authorization rules insist on it.
    room_id_is_implied: bool,
}

/// Why some JSON is not an event.
#[derive(Debug, thiserror::Error)]
pub enum PduError {
    /// A field is missing or has a wrong type.
    #[error("malformed event: {0}")]
    Malformed(#[from] serde_json::Error),
    /// `content` is something else than an object.
    #[error("content is not an object")]
    ContentNotAnObject,
    /// The event names another room than the one it was looked for in.
    #[error("event belongs to another room")]
    OtherRoom,
    /// The event names no room and is no version 12 create event.
    #[error("event names no room")]
    NoRoom,
    /// The event cannot be hashed.
    #[error("event cannot be hashed: {0}")]
    Hash(#[from] ruma::signatures::JsonError),
    /// The hash is not a valid id; cannot happen for SHA-256, kept so that nothing panics.
    #[error("event has no valid id: {0}")]
    Id(#[from] ruma::IdParseError),
    /// The room version is unknown.
    #[error(transparent)]
    Version(#[from] UnsupportedVersion),
}

/// Where functions of this crate find events that are not among their arguments.
pub trait EventSource {
    /// The event with this id, if this server has it. A rejected event has `rejected` set.
    fn event(&self, event_id: &EventId) -> Option<PduRef>;
}

impl EventSource for BTreeMap<OwnedEventId, PduRef> {
    fn event(&self, event_id: &EventId) -> Option<PduRef> {
        self.get(event_id).cloned()
    }
}

/// Looking up state by borrowed names.
pub trait StateMapExt {
    /// The event of this type and state key.
    fn event(&self, kind: StateEventType, state_key: &str) -> Option<&PduRef>;
    /// The event of this type with the empty state key.
    fn room_event(&self, kind: StateEventType) -> Option<&PduRef> {
        self.event(kind, "")
    }
    /// The membership event of this user.
    fn member(&self, user_id: &UserId) -> Option<&PduRef> {
        self.event(StateEventType::RoomMember, user_id.as_str())
    }
}

impl StateMapExt for StateMap {
    fn event(&self, kind: StateEventType, state_key: &str) -> Option<&PduRef> {
        self.get(&(kind, state_key.to_owned()))
    }
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(rename = "type")]
    kind: TimelineEventType,
    #[serde(default)]
    state_key: Option<String>,
    sender: OwnedUserId,
    #[serde(default)]
    room_id: Option<OwnedRoomId>,
    #[serde(borrow)]
    content: &'a RawValue,
    origin_server_ts: u64,
    prev_events: Vec<OwnedEventId>,
    auth_events: Vec<OwnedEventId>,
    depth: u64,
    #[serde(default)]
    redacts: Option<OwnedEventId>,
    #[serde(borrow, default, rename = "msc4354_sticky")]
    sticky: Option<&'a RawValue>,
    #[serde(borrow, default)]
    unsigned: Option<Unsigned<'a>>,
}

#[derive(Deserialize)]
struct Sticky {
    duration_ms: u64,
}

#[derive(Deserialize)]
struct Unsigned<'a> {
    #[serde(borrow, default)]
    redacted_because: Option<&'a RawValue>,
}

impl Pdu {
    /// Reads a stored event. Trusts `event_id` (the key it was stored under) and does not hash;
    /// fails if a field is malformed or the event names another room.
    pub fn parse(event_id: OwnedEventId, room_id: OwnedRoomId, json: Box<RawValue>) -> Result<Self, PduError> {
        let fields: Fields<'_> = serde_json::from_str(json.get())?;
        if !fields.content.get().starts_with('{') {
            return Err(PduError::ContentNotAnObject);
        }
        let room_id_is_implied = match &fields.room_id {
            Some(named) if *named == room_id => false,
            Some(_) => return Err(PduError::OtherRoom),
            None if fields.kind == TimelineEventType::RoomCreate => true,
            None => return Err(PduError::NoRoom),
        };
        // What is no duration makes no event bad: it does not stick.
        let sticky = fields.sticky.filter(|_| fields.state_key.is_none());
        let sticky = sticky.and_then(|sticky| serde_json::from_str::<Sticky>(sticky.get()).ok());
        Ok(Self {
            event_id,
            room_id,
            sticky_ms: sticky.map(|sticky| sticky.duration_ms.min(STICKY_MS_MAX)),
            sender: fields.sender,
            kind: fields.kind,
            state_key: fields.state_key,
            content: fields.content.to_owned(),
            origin_server_ts: fields.origin_server_ts,
            prev_events: fields.prev_events,
            auth_events: fields.auth_events,
            depth: fields.depth,
            redacts: fields.redacts,
            rejected: false,
            redacted_because: fields.unsigned.and_then(|unsigned| unsigned.redacted_because).map(ToOwned::to_owned),
            room_id_is_implied,
            json,
        })
    }

    /// Reads a complete event, computing its id (and, for a version 12 create event, the room's)
    /// from its hash. Checks no signature: see [`crate::check_received`].
    pub fn from_object(object: &CanonicalJsonObject, version: &RoomVersionId) -> Result<Self, PduError> {
        let rules = room_versions::rules(version)?;
        let hash = ruma::signatures::reference_hash(object, &rules)?;
        let event_id = OwnedEventId::try_from(format!("${hash}"))?;
        let is_create = object.get("type").and_then(|kind| kind.as_str()) == Some("m.room.create");
        let room_id = match object.get("room_id").and_then(|room_id| room_id.as_str()) {
            Some(room_id) => OwnedRoomId::try_from(room_id)?,
            None if is_create && rules.authorization.room_create_event_id_as_room_id => RoomId::new_v2(&hash)?,
            None => return Err(PduError::NoRoom),
        };
        let json = RawValue::from_string(canonical::to_string(object))?;
        Self::parse(event_id, room_id, json)
    }

    /// The event as a canonical object, for hashing, signing and redacting.
    pub fn to_object(&self) -> Result<CanonicalJsonObject, PduError> {
        Ok(serde_json::from_str(self.json.get())?)
    }

    /// Which place in the room's state this event takes; `None` for a message.
    #[must_use]
    pub fn state_key_pair(&self) -> Option<StateKeyPair> {
        let state_key = self.state_key.clone()?;
        Some((StateEventType::from(self.kind.to_string()), state_key))
    }

    /// Whether this is a state event of this type with the empty state key.
    #[must_use]
    pub fn is_room_state(&self, kind: &TimelineEventType) -> bool {
        self.kind == *kind && self.state_key.as_deref() == Some("")
    }

    /// Whether a redaction has emptied this event.
    #[must_use]
    pub fn is_redacted(&self) -> bool {
        self.redacted_because.is_some()
    }

    /// Reads fields of the content; `None` if they have other types than asked for.
    pub fn content_as<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        serde_json::from_str(self.content.get()).ok()
    }
}

impl Event for Pdu {
    type Id = OwnedEventId;

    fn event_id(&self) -> &OwnedEventId {
        &self.event_id
    }

    fn room_id(&self) -> Option<&RoomId> {
        (!self.room_id_is_implied).then_some(&*self.room_id)
    }

    fn sender(&self) -> &UserId {
        &self.sender
    }

    fn origin_server_ts(&self) -> MilliSecondsSinceUnixEpoch {
        MilliSecondsSinceUnixEpoch(UInt::new_saturating(self.origin_server_ts))
    }

    fn event_type(&self) -> &TimelineEventType {
        &self.kind
    }

    fn content(&self) -> &RawValue {
        &self.content
    }

    fn state_key(&self) -> Option<&str> {
        self.state_key.as_deref()
    }

    fn prev_events(&self) -> Box<dyn DoubleEndedIterator<Item = &OwnedEventId> + '_> {
        Box::new(self.prev_events.iter())
    }

    fn auth_events(&self) -> Box<dyn DoubleEndedIterator<Item = &OwnedEventId> + '_> {
        Box::new(self.auth_events.iter())
    }

    fn redacts(&self) -> Option<&OwnedEventId> {
        self.redacts.as_ref()
    }

    fn rejected(&self) -> bool {
        self.rejected
    }
}

#[cfg(test)]
mod tests;
