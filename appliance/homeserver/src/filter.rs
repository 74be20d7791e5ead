//! Filters: which events a client asked for, and which parts of them (spec: "Filtering").
//!
//! The types are ours and not ruma's, which drop `related_by_senders` and `related_by_rel_types` (MSC3440). What was
//! saved is read back whatever it says; what comes in is judged by `check`.

mod fields;

pub use self::fields::Fields;

use std::borrow::Cow;

use ruma::{OwnedRoomId, OwnedUserId, RoomId, UInt, UserId, api::client::filter::EventFormat};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _},
};
use serde_json::{Map, Value, value::RawValue};
use veche_base::limits::FILTER_ENTRIES_MAX;
use veche_rooms::Pdu;

/// Why a filter is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFilter {
    /// Its lists have more entries than may be compared with every event.
    #[error("all lists of a filter may have {FILTER_ENTRIES_MAX} entries together")]
    TooManyEntries,
    /// There is no such format.
    #[error("event_format is \"client\" or \"federation\"")]
    UnknownFormat,
}

/// A filter of `/sync`, as clients send and save it. What is left out, and `null`, leaves nothing out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FilterDefinition {
    /// The parts of room events to tell, see [`Fields`]; no entry asks for everything.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub event_fields: Vec<String>,
    /// The form in which room events are told.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pub event_format: EventFormat,
    /// Presence.
    #[serde(deserialize_with = "object_or_default", skip_serializing_if = "is_default")]
    pub presence: EventFilter,
    /// Account data that belongs to no room.
    #[serde(deserialize_with = "object_or_default", skip_serializing_if = "is_default")]
    pub account_data: EventFilter,
    /// Everything that belongs to a room.
    #[serde(deserialize_with = "object_or_default", skip_serializing_if = "is_default")]
    pub room: RoomFilter,
}

/// What of rooms is told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoomFilter {
    /// Rooms that the user has left are told in a first answer too.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pub include_leave: bool,
    /// These rooms only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rooms: Option<Vec<OwnedRoomId>>,
    /// Not these rooms, wherever else they stand.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub not_rooms: Vec<OwnedRoomId>,
    /// The timeline.
    #[serde(deserialize_with = "object_or_default", skip_serializing_if = "is_default")]
    pub timeline: RoomEventFilter,
    /// The state.
    #[serde(deserialize_with = "object_or_default", skip_serializing_if = "is_default")]
    pub state: RoomEventFilter,
    /// Receipts and typing.
    #[serde(deserialize_with = "object_or_default", skip_serializing_if = "is_default")]
    pub ephemeral: RoomEventFilter,
    /// The user's own data of the room.
    #[serde(deserialize_with = "object_or_default", skip_serializing_if = "is_default")]
    pub account_data: RoomEventFilter,
}

/// A filter of events that belong to no room.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventFilter {
    /// Events at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<UInt>,
    /// These types only; `*` stands for any run of characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<String>>,
    /// Not these types.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub not_types: Vec<String>,
    /// Events of these senders only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub senders: Option<Vec<OwnedUserId>>,
    /// Not of these senders.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub not_senders: Vec<OwnedUserId>,
}

/// A filter of events of rooms.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoomEventFilter {
    /// Events at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<UInt>,
    /// These types only; `*` stands for any run of characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<String>>,
    /// Not these types.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub not_types: Vec<String>,
    /// Events of these senders only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub senders: Option<Vec<OwnedUserId>>,
    /// Not of these senders.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub not_senders: Vec<OwnedUserId>,
    /// Events of these rooms only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rooms: Option<Vec<OwnedRoomId>>,
    /// Not of these rooms.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub not_rooms: Vec<OwnedRoomId>,
    /// Events with an address in their content only, or without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contains_url: Option<bool>,
    /// Members are told when they speak.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pub lazy_load_members: bool,
    /// Members are told again although they were told before. This server always does.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pub include_redundant_members: bool,
    /// Unread events are counted by thread.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pub unread_thread_notifications: bool,
    /// Events only to which an event of one of these senders relates; no entry asks for nothing (MSC3440). The same
    /// relation has to pass both lists.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub related_by_senders: Vec<OwnedUserId>,
    /// Events only to which another relates in one of these ways; no entry asks for nothing (MSC3440).
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub related_by_rel_types: Vec<String>,
}

impl FilterDefinition {
    /// Whether it is one that may be saved or used.
    pub fn check(&self) -> Result<(), BadFilter> {
        if !matches!(self.event_format, EventFormat::Client | EventFormat::Federation) {
            return Err(BadFilter::UnknownFormat);
        }
        let outside = self.event_fields.len() + self.presence.entries() + self.account_data.entries();
        bounded(outside + self.room.entries())
    }
}

impl RoomFilter {
    fn entries(&self) -> usize {
        let parts = [&self.timeline, &self.state, &self.ephemeral, &self.account_data];
        let named = self.rooms.as_ref().map_or(0, Vec::len) + self.not_rooms.len();
        named + parts.into_iter().map(RoomEventFilter::entries).sum::<usize>()
    }
}

impl EventFilter {
    fn entries(&self) -> usize {
        let wanted = self.types.as_ref().map_or(0, Vec::len) + self.senders.as_ref().map_or(0, Vec::len);
        wanted + self.not_types.len() + self.not_senders.len()
    }
}

impl RoomEventFilter {
    /// Whether it is one that may be used.
    pub fn check(&self) -> Result<(), BadFilter> {
        bounded(self.entries())
    }

    /// Whether it asks what relates to an event.
    pub fn looks_at_relations(&self) -> bool {
        !self.related_by_senders.is_empty() || !self.related_by_rel_types.is_empty()
    }

    /// Whether this is a relation that an event must have.
    pub fn wants_relation(&self, sender: &UserId, rel_type: &str) -> bool {
        let senders = &self.related_by_senders;
        (senders.is_empty() || senders.iter().any(|wanted| wanted.as_str() == sender.as_str()))
            && (self.related_by_rel_types.is_empty() || self.related_by_rel_types.iter().any(|kind| kind == rel_type))
    }

    fn entries(&self) -> usize {
        let wanted = self.types.as_ref().map_or(0, Vec::len) + self.senders.as_ref().map_or(0, Vec::len);
        let unwanted = self.not_types.len() + self.not_senders.len() + self.not_rooms.len();
        let related = self.related_by_senders.len() + self.related_by_rel_types.len();
        wanted + unwanted + related + self.rooms.as_ref().map_or(0, Vec::len)
    }
}

fn bounded(entries: usize) -> Result<(), BadFilter> {
    if entries > FILTER_ENTRIES_MAX { Err(BadFilter::TooManyEntries) } else { Ok(()) }
}

/// `null` says what leaving the field out says.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// As `or_default` for what is an object: serde would take an array for the fields of a struct in their order.
fn object_or_default<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(deserializer: D) -> Result<T, D::Error> {
    let Some(object) = Option::<Map<String, Value>>::deserialize(deserializer)? else { return Ok(T::default()) };
    serde_json::from_value(Value::Object(object)).map_err(D::Error::custom)
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Whether an event of a room passes a room event filter, as far as the event itself says. What relates to it is
/// looked up by [`crate::timeline::Wanted`].
pub fn matches_room_event(filter: &RoomEventFilter, pdu: &Pdu) -> bool {
    let kind = pdu.kind.to_string();
    matches_type(filter.types.as_deref(), &filter.not_types, &kind)
        && filter.senders.as_ref().is_none_or(|senders| senders.contains(&pdu.sender))
        && !filter.not_senders.contains(&pdu.sender)
        && filter.rooms.as_ref().is_none_or(|rooms| rooms.contains(&pdu.room_id))
        && !filter.not_rooms.contains(&pdu.room_id)
        && filter.contains_url.is_none_or(|wanted| has_url(pdu) == wanted)
}

/// Keeps the events (account data, presence) that pass a filter.
pub fn keep(filter: &EventFilter, events: &mut Vec<Box<RawValue>>) {
    let senders = filter.senders.as_ref();
    let passes = |event: &Outline<'_>| {
        let is_by = |users: &[OwnedUserId]| {
            let sender = event.sender.as_deref();
            sender.is_some_and(|sender| users.iter().any(|user| user == sender))
        };
        matches_type(filter.types.as_deref(), &filter.not_types, &event.kind)
            && senders.is_none_or(|senders| is_by(senders))
            && !is_by(&filter.not_senders)
    };
    keep_if(events, is_default(filter), passes);
}

/// Keeps the events of one room that have no sender (receipts, typing, account data) and pass a filter.
pub fn keep_of_room(filter: &RoomEventFilter, room_id: &RoomId, events: &mut Vec<Box<RawValue>>) {
    let wanted = filter.rooms.as_ref().is_none_or(|rooms| rooms.iter().any(|room| room == room_id))
        && !filter.not_rooms.iter().any(|room| room == room_id);
    let passes = |event: &Outline<'_>| wanted && matches_type(filter.types.as_deref(), &filter.not_types, &event.kind);
    keep_if(events, is_default(filter), passes);
}

/// What filters look at.
#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    sender: Option<Cow<'a, str>>,
}

/// Events that cannot be read are kept: they are not the client's to judge.
fn keep_if(events: &mut Vec<Box<RawValue>>, all: bool, passes: impl Fn(&Outline<'_>) -> bool) {
    if !all {
        events.retain(|event| serde_json::from_str::<Outline<'_>>(event.get()).ok().is_none_or(|event| passes(&event)));
    }
}

/// Whether an event type passes a pair of lists; `*` stands for any run of characters.
pub fn matches_type(types: Option<&[String]>, not_types: &[String], kind: &str) -> bool {
    types.is_none_or(|types| types.iter().any(|pattern| matches_pattern(pattern, kind)))
        && !not_types.iter().any(|pattern| matches_pattern(pattern, kind))
}

/// Linear in the length of both, whatever the pattern.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let Some((prefix, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(prefix) else { return false };
    let mut pieces = rest.split('*').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return text.ends_with(piece);
        }
        match text.find(piece) {
            Some(at) => text = &text[at + piece.len()..],
            None => return false,
        }
    }
    true
}

fn has_url(pdu: &Pdu) -> bool {
    #[derive(Deserialize)]
    struct Url {
        url: Option<String>,
    }
    serde_json::from_str::<Url>(pdu.content.get()).is_ok_and(|content| content.url.is_some())
}

#[cfg(test)]
mod tests;
