//! Makes an event of this server: chooses its auth events, hashes it, signs it.
//!
//! Building checks format and size only. Whether the sender may send the event is
//! [`crate::authorize`]'s question, asked with the same state.

use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, Int, OwnedEventId, RoomId, RoomVersionId, UserId,
    events::TimelineEventType,
    room_version_rules::RoomVersionRules,
    signatures::{JsonError, required_server_signatures_to_verify_event},
    state_res::{auth_types_for_event, check_pdu_format},
};
use serde_json::value::RawValue;
use veche_base::limits;

use crate::{
    canonical::{self, CanonicalError},
    pdu::{PDU_BYTES_MAX, Pdu, PduError, StateMap},
    room_versions::{self, UnsupportedVersion},
    signing::SigningKeys,
};

/// What a client (or the server itself) wants to say in a room.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The `type`.
    pub kind: TimelineEventType,
    /// Present if and only if this is to be a state event.
    pub state_key: Option<String>,
    /// The content as it came; [`build`] checks it strictly.
    pub content: Box<RawValue>,
    /// The event to redact; put where the room version wants it.
    pub redacts: Option<OwnedEventId>,
}

/// Where and when an event is made.
#[derive(Debug)]
pub struct BuildContext<'a> {
    /// The room; `None` for the create event of a version 12 room and for nothing else.
    pub room_id: Option<&'a RoomId>,
    /// The room's version.
    pub version: &'a RoomVersionId,
    /// Who sends; must be a user of the server whose key signs.
    pub sender: &'a UserId,
    /// The time to write into the event.
    pub now_ms: u64,
    /// The room's forward extremities.
    pub prev_events: Vec<OwnedEventId>,
    /// One more than the largest depth of `prev_events`.
    pub depth: u64,
    /// The state of the room before the event.
    pub state: &'a StateMap,
    /// For how long a message is to stick (MSC4354).
    pub sticky_ms: Option<u64>,
}

/// Why an event cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The content is not what canonical JSON allows.
    #[error("content: {0}")]
    Content(#[from] CanonicalError),
    /// The event would be larger than an event may be.
    #[error("event is larger than {PDU_BYTES_MAX} bytes")]
    TooLarge,
    /// A type, state key, user id or room id is longer than an id may be.
    #[error("{0} is longer than {max} bytes", max = limits::ID_BYTES_MAX)]
    FieldTooLong(&'static str),
    /// More forward extremities than one event may name.
    #[error("more than {} previous events", limits::PREV_EVENTS_MAX)]
    TooManyPrevEvents,
    /// The sender is not a user of this server.
    #[error("sender belongs to another server")]
    ForeignSender,
    /// A room id was given where none may be, or none where one must be.
    #[error("room id missing or not allowed")]
    RoomId,
    /// The event does not have the format of its room version.
    #[error("bad event format: {0}")]
    Format(String),
    /// The room version is unknown.
    #[error(transparent)]
    Version(#[from] UnsupportedVersion),
    /// The finished event cannot be read back: a defect of this crate.
    #[error("event does not parse: {0}")]
    Internal(#[source] PduError),
}

/// Makes, hashes and signs an event. Fails if the event would break the format or size limits.
pub fn build(new: NewEvent, context: BuildContext<'_>, keys: &SigningKeys) -> Result<Pdu, BuildError> {
    let version = context.version;
    let rules = room_versions::rules(version)?;
    check_context(&new, &context, &rules, keys)?;
    let auth_events = choose_auth_events(&new, &context, &rules)?;
    let mut object = assemble(new, context, &rules, auth_events)?;
    keys.hash_and_sign(&mut object, &rules.redaction).map_err(hash_error)?;
    if canonical::to_string(&object).len() > PDU_BYTES_MAX {
        return Err(BuildError::TooLarge);
    }
    check_pdu_format(&object, &rules.event_format).map_err(BuildError::Format)?;
    // An event that does not tell who must sign it is one that no other server could check.
    required_server_signatures_to_verify_event(&object, &rules.signatures)
        .map_err(|error| BuildError::Format(error.to_string()))?;
    Pdu::from_object(&object, version).map_err(BuildError::Internal)
}

/// Whether a type or state key from a client fits into an event, before anything else is done.
pub fn check_id_length(name: &'static str, value: &str) -> Result<(), BuildError> {
    if value.len() > limits::ID_BYTES_MAX { Err(BuildError::FieldTooLong(name)) } else { Ok(()) }
}

fn check_context(
    new: &NewEvent,
    context: &BuildContext<'_>,
    rules: &RoomVersionRules,
    keys: &SigningKeys,
) -> Result<(), BuildError> {
    check_id_length("type", &new.kind.to_string())?;
    check_id_length("state_key", new.state_key.as_deref().unwrap_or_default())?;
    check_id_length("sender", context.sender.as_str())?;
    check_id_length("room_id", context.room_id.map(RoomId::as_str).unwrap_or_default())?;
    if context.sender.server_name() != keys.server_name() {
        return Err(BuildError::ForeignSender);
    }
    if context.prev_events.len() > limits::PREV_EVENTS_MAX {
        return Err(BuildError::TooManyPrevEvents);
    }
    let names_no_room =
        new.kind == TimelineEventType::RoomCreate && rules.authorization.room_create_event_id_as_room_id;
    if context.room_id.is_none() != names_no_room {
        return Err(BuildError::RoomId);
    }
    Ok(())
}

/// The part of the state that the specification's auth event selection names: six at most.
fn choose_auth_events(
    new: &NewEvent,
    context: &BuildContext<'_>,
    rules: &RoomVersionRules,
) -> Result<Vec<OwnedEventId>, BuildError> {
    let keys =
        auth_types_for_event(&new.kind, context.sender, new.state_key.as_deref(), &new.content, &rules.authorization)
            .map_err(BuildError::Format)?;
    Ok(keys.iter().filter_map(|key| context.state.get(key)).map(|event| event.event_id.clone()).collect())
}

fn assemble(
    new: NewEvent,
    context: BuildContext<'_>,
    rules: &RoomVersionRules,
    auth_events: Vec<OwnedEventId>,
) -> Result<CanonicalJsonObject, BuildError> {
    let mut content = canonical::parse_object(new.content.get())?;
    let mut object = CanonicalJsonObject::new();
    if new.kind == TimelineEventType::RoomCreate {
        // A create event that claims another version than its own hash was made by would be
        // unreadable for ever, so the version is always written here.
        content.insert("room_version".to_owned(), text(context.version.as_str()));
        if !rules.authorization.use_room_create_sender {
            content.insert("creator".to_owned(), text(context.sender.as_str()));
        }
    }
    if new.kind == TimelineEventType::RoomRedaction {
        let redacts = new.redacts.map(|event_id| text(event_id.as_str())).or_else(|| content.remove("redacts"));
        if let Some(redacts) = redacts {
            let place = if rules.redaction.content_field_redacts { &mut content } else { &mut object };
            place.insert("redacts".to_owned(), redacts);
        }
    }
    if let Some(state_key) = new.state_key {
        object.insert("state_key".to_owned(), CanonicalJsonValue::String(state_key));
    }
    if let Some(room_id) = context.room_id {
        object.insert("room_id".to_owned(), text(room_id.as_str()));
    }
    if let Some(sticky_ms) = context.sticky_ms {
        let sticky = CanonicalJsonObject::from([("duration_ms".to_owned(), integer(sticky_ms))]);
        object.insert("msc4354_sticky".to_owned(), sticky.into());
    }
    object.insert("type".to_owned(), CanonicalJsonValue::String(new.kind.to_string()));
    object.insert("content".to_owned(), content.into());
    object.insert("sender".to_owned(), text(context.sender.as_str()));
    object.insert("origin_server_ts".to_owned(), integer(context.now_ms));
    object.insert("depth".to_owned(), integer(context.depth));
    object.insert("prev_events".to_owned(), ids(context.prev_events));
    object.insert("auth_events".to_owned(), ids(auth_events));
    Ok(object)
}

fn hash_error(error: JsonError) -> BuildError {
    match error {
        JsonError::PduTooLarge => BuildError::TooLarge,
        other => BuildError::Format(other.to_string()),
    }
}

fn text(value: &str) -> CanonicalJsonValue {
    CanonicalJsonValue::String(value.to_owned())
}

/// Depth and time stop at the largest integer of canonical JSON, as the specification asks of depth.
fn integer(value: u64) -> CanonicalJsonValue {
    CanonicalJsonValue::Integer(Int::try_from(value).unwrap_or(Int::MAX))
}

fn ids(event_ids: Vec<OwnedEventId>) -> CanonicalJsonValue {
    CanonicalJsonValue::Array(event_ids.into_iter().map(|id| CanonicalJsonValue::String(id.to_string())).collect())
}

#[cfg(test)]
mod tests;
