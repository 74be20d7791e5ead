//! Events as clients see them.
//!
//! The content is copied as the bytes it is stored in; nothing is parsed to be written again.
//! What only servers need (hashes, signatures, auth events, depth) reaches a client only that asks for the form in which
//! servers exchange events ([`federation_event`]).

use std::{borrow::Cow, collections::BTreeMap};

use ruma::events::room::member::MembershipState;
use ruma::{EventId, OwnedEventId, OwnedTransactionId, OwnedUserId, RoomId, UserId, events::TimelineEventType};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::pdu::Pdu;

/// What the server adds beside an event for one reader.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Unsigned {
    /// Milliseconds since the event was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<u64>,
    /// The transaction id, for the device that sent the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<OwnedTransactionId>,
    /// The reader's own membership at the event (MSC4115).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub membership: Option<MembershipState>,
    /// The content of the state event that this one took the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev_content: Option<Box<RawValue>>,
    /// The id of the state event that this one took the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces_state: Option<OwnedEventId>,
    /// The sender of the state event that this one took the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev_sender: Option<OwnedUserId>,
    /// The redaction that emptied the event; [`client_event`] fills it from the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redacted_because: Option<Box<RawValue>>,
    /// The id under which the event was scheduled, for its sender (MSC4140).
    #[serde(rename = "org.matrix.msc4140.delay_id", skip_serializing_if = "Option::is_none")]
    pub delay_id: Option<String>,
    /// Bundled aggregations: thread summary, latest edit, references.
    #[serde(rename = "m.relations", skip_serializing_if = "Option::is_none")]
    pub relations: Option<Box<RawValue>>,
    /// For how long the event still sticks (MSC4354), which clients go by.
    #[serde(rename = "msc4354_sticky_duration_ttl_ms", skip_serializing_if = "Option::is_none")]
    pub sticky_left_ms: Option<u64>,
    /// The room's state as an invitation or knock shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invite_room_state: Option<Vec<Box<RawValue>>>,
}

impl Unsigned {
    /// With the age of an event at `now_ms`.
    #[must_use]
    pub fn with_age(mut self, pdu: &Pdu, now_ms: u64) -> Self {
        // Clocks differ between servers; an age below zero would confuse every client.
        self.age = Some(now_ms.saturating_sub(pdu.origin_server_ts));
        self
    }

    /// With the transaction id the sending device chose.
    #[must_use]
    pub fn with_transaction_id(mut self, transaction_id: OwnedTransactionId) -> Self {
        self.transaction_id = Some(transaction_id);
        self
    }

    /// With the reader's membership at the event.
    #[must_use]
    pub fn with_membership(mut self, membership: MembershipState) -> Self {
        self.membership = Some(membership);
        self
    }

    /// With what the event took the place of.
    #[must_use]
    pub fn with_previous(mut self, previous: &Pdu) -> Self {
        self.prev_content = Some(previous.content.clone());
        self.replaces_state = Some(previous.event_id.clone());
        self.prev_sender = Some(previous.sender.clone());
        self
    }

    /// With bundled aggregations.
    #[must_use]
    pub fn with_relations(mut self, relations: Box<RawValue>) -> Self {
        self.relations = Some(relations);
        self
    }

    fn is_empty(&self) -> bool {
        self.age.is_none()
            && self.transaction_id.is_none()
            && self.membership.is_none()
            && self.prev_content.is_none()
            && self.replaces_state.is_none()
            && self.prev_sender.is_none()
            && self.redacted_because.is_none()
            && self.delay_id.is_none()
            && self.relations.is_none()
            && self.sticky_left_ms.is_none()
            && self.invite_room_state.is_none()
    }
}

#[derive(Serialize)]
struct ClientEvent<'a> {
    content: &'a RawValue,
    event_id: &'a EventId,
    origin_server_ts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    redacts: Option<&'a EventId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    room_id: Option<&'a RoomId>,
    sender: &'a UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_key: Option<&'a str>,
    #[serde(rename = "msc4354_sticky", skip_serializing_if = "Option::is_none")]
    sticky: Option<Sticky>,
    #[serde(rename = "type")]
    kind: &'a TimelineEventType,
    #[serde(skip_serializing_if = "Unsigned::is_empty")]
    unsigned: Unsigned,
}

#[derive(Serialize)]
struct Sticky {
    duration_ms: u64,
}

#[derive(Serialize)]
struct StrippedEvent<'a> {
    content: &'a RawValue,
    sender: &'a UserId,
    state_key: &'a str,
    #[serde(rename = "type")]
    kind: &'a TimelineEventType,
}

/// The event with its `room_id`, as everything but sync shows it.
#[must_use]
pub fn client_event(pdu: &Pdu, unsigned: Unsigned) -> Box<RawValue> {
    write(pdu, Some(&pdu.room_id), unsigned)
}

/// The event without `room_id`, as the timeline and state of sync show it.
#[must_use]
pub fn sync_event(pdu: &Pdu, unsigned: Unsigned) -> Box<RawValue> {
    write(pdu, None, unsigned)
}

/// The four fields that an invited or knocking user may see of a state event; `None` for a message.
#[must_use]
pub fn stripped_state(pdu: &Pdu) -> Option<Box<RawValue>> {
    let state_key = pdu.state_key.as_deref()?;
    Some(raw(&StrippedEvent { content: &pdu.content, sender: &pdu.sender, state_key, kind: &pdu.kind }))
}

/// The event as servers exchange it, with its id and `unsigned` beside: a client could not name the event otherwise.
/// Neither is signed, so whoever checks hashes or signatures takes both out first.
#[must_use]
pub fn federation_event(pdu: &Pdu, unsigned: Unsigned) -> Box<RawValue> {
    let (event_id, unsigned) = (raw(&pdu.event_id), raw(&with_redaction(pdu, unsigned)));
    let mut fields: BTreeMap<Cow<'_, str>, &RawValue> =
        serde_json::from_str(pdu.json.get()).expect("an event is a JSON object");
    fields.insert("event_id".into(), &event_id);
    fields.insert("unsigned".into(), &unsigned);
    // The content may have been taken out of the event for this reader.
    fields.insert("content".into(), &pdu.content);
    raw(&fields)
}

fn with_redaction(pdu: &Pdu, mut unsigned: Unsigned) -> Unsigned {
    if unsigned.redacted_because.is_none() {
        unsigned.redacted_because.clone_from(&pdu.redacted_because);
    }
    unsigned
}

fn write(pdu: &Pdu, room_id: Option<&RoomId>, unsigned: Unsigned) -> Box<RawValue> {
    let unsigned = with_redaction(pdu, unsigned);
    // Clients that know only versions up to 10 look for `redacts` beside the content, newer ones
    // inside it, and the specification wants servers to show both in every version.
    let inner = (pdu.kind == TimelineEventType::RoomRedaction && pdu.redacts.is_none())
        .then(|| crate::redaction::redacts_of_content(pdu))
        .flatten();
    let outer = if pdu.kind == TimelineEventType::RoomRedaction { pdu.redacts.as_deref() } else { None };
    let with_redacts = outer.and_then(|redacts| crate::redaction::content_with_redacts(pdu, redacts));
    raw(&ClientEvent {
        content: with_redacts.as_deref().unwrap_or(&pdu.content),
        event_id: &pdu.event_id,
        origin_server_ts: pdu.origin_server_ts,
        redacts: outer.or(inner.as_deref()),
        room_id,
        sender: &pdu.sender,
        state_key: pdu.state_key.as_deref(),
        sticky: pdu.sticky_ms.map(|duration_ms| Sticky { duration_ms }),
        kind: &pdu.kind,
        unsigned,
    })
}

fn raw(value: &impl Serialize) -> Box<RawValue> {
    to_raw_value(value).expect("ids, strings, integers and raw JSON always serialize")
}

#[cfg(test)]
mod tests;
