//! Emptying an event, and finding out which event a redaction means.
//!
//! A redacted event keeps its id, because the id is the hash of just what redaction keeps. So
//! the redacted form can take the place of the original in the store.

use ruma::{
    EventId, OwnedEventId, RoomVersionId, UserId,
    canonical_json::{RedactedBecause, redact_in_place},
    events::TimelineEventType,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    format::{self, Unsigned},
    pdu::{Pdu, PduError},
    power_levels::PowerLevels,
    room_versions::{self, UnsupportedVersion},
};

/// Why an event cannot be redacted.
#[derive(Debug, thiserror::Error)]
pub enum RedactError {
    /// The stored event or the redaction cannot be read.
    #[error(transparent)]
    Event(#[from] PduError),
    /// The stored event has no object where redaction needs one.
    #[error("cannot redact: {0}")]
    Format(String),
    /// The room version is unknown.
    #[error(transparent)]
    Version(#[from] UnsupportedVersion),
}

/// The event with everything removed that its room version does not protect. `because`, the
/// redaction event, is kept in `unsigned` in client format, so that it is shown wherever the
/// event is. Fails only for events that are no events.
pub fn redact(pdu: &Pdu, because: &Pdu, version: &RoomVersionId) -> Result<Pdu, RedactError> {
    let shown = format::client_event(because, Unsigned::default());
    let shown = serde_json::from_str(shown.get()).map_err(PduError::Malformed)?;
    strip(pdu, Some(RedactedBecause::from_json(shown)), version)
}

/// The event with everything removed that its room version does not protect, without anybody having redacted it: what
/// is shown of a user who wanted to be forgotten. Fails only for events that are no events.
pub fn erase(pdu: &Pdu, version: &RoomVersionId) -> Result<Pdu, RedactError> {
    strip(pdu, None, version)
}

fn strip(pdu: &Pdu, because: Option<RedactedBecause>, version: &RoomVersionId) -> Result<Pdu, RedactError> {
    let rules = room_versions::rules(version)?;
    let mut object = pdu.to_object()?;
    redact_in_place(&mut object, &rules.redaction, because).map_err(|error| RedactError::Format(error.to_string()))?;
    let json = RawValue::from_string(crate::canonical::to_string(&object)).map_err(PduError::Malformed)?;
    let mut redacted = Pdu::parse(pdu.event_id.clone(), pdu.room_id.clone(), json)?;
    redacted.rejected = pdu.rejected;
    Ok(redacted)
}

/// The event that a redaction names; `None` if it is no redaction or names nothing.
#[must_use]
pub fn redaction_target(pdu: &Pdu, version: &RoomVersionId) -> Option<OwnedEventId> {
    if pdu.kind != TimelineEventType::RoomRedaction {
        return None;
    }
    if room_versions::redacts_in_content(version) { redacts_of_content(pdu) } else { pdu.redacts.clone() }
}

/// Whether `redaction` takes effect on `target`: sent in the same room by the same user, or by
/// one whose power suffices. Authorization rules let the redaction event itself stand either way.
#[must_use]
pub fn takes_effect(redaction: &Pdu, target: &Pdu, levels: &PowerLevels) -> bool {
    redaction.room_id == target.room_id && may_redact(&redaction.sender, target, levels)
}

/// Whether `user` may redact `target`. The create event is the room itself and stays.
#[must_use]
pub fn may_redact(user: &UserId, target: &Pdu, levels: &PowerLevels) -> bool {
    target.kind != TimelineEventType::RoomCreate
        && if target.sender == user { levels.can_redact_own(user) } else { levels.can_redact_others(user) }
}

#[derive(Deserialize)]
struct RedactionContent {
    redacts: Option<OwnedEventId>,
}

pub(crate) fn redacts_of_content(pdu: &Pdu) -> Option<OwnedEventId> {
    pdu.content_as::<RedactionContent>()?.redacts
}

/// The content of a version 10 redaction with `redacts` in it, for clients of version 11.
pub(crate) fn content_with_redacts(pdu: &Pdu, redacts: &EventId) -> Option<Box<RawValue>> {
    let mut content: ruma::CanonicalJsonObject = pdu.content_as()?;
    content.insert("redacts".to_owned(), ruma::CanonicalJsonValue::String(redacts.to_string()));
    RawValue::from_string(crate::canonical::to_string(&content)).ok()
}

#[cfg(test)]
mod tests;
