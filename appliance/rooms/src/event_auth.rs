//! May this event be? The authorization rules, asked of our own events and of received ones.
//!
//! Three answers exist for a received event and must never be mixed up: *accepted*; *rejected*
//! (it can never take part in the room); *soft-failed* (it stands in the graph, but is not shown
//! and not built upon). An event that breaks format or signature is none of these: it is dropped
//! by [`check_received`] and never becomes a [`Pdu`].

use ruma::{
    EventId, OwnedEventId, RoomVersionId,
    canonical_json::redact_in_place,
    events::{StateEventType, TimelineEventType},
    room_version_rules::AuthorizationRules,
    signatures::{PublicKeyMap, VerificationError, Verified, verify_event},
    state_res::{
        auth_types_for_event, check_pdu_format, check_state_dependent_auth_rules, check_state_independent_auth_rules,
    },
};

use crate::{
    canonical::{self, CanonicalError},
    pdu::{EventSource, PDU_BYTES_MAX, Pdu, PduError, PduRef, StateMap, StateMapExt},
    room_versions::{self, UnsupportedVersion},
};

/// White space and escapes may make the JSON of a received event longer than its canonical form;
/// beyond this factor it is not even parsed.
const RECEIVED_BYTES_FACTOR_MAX: usize = 4;

/// Why an event may not be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The authorization rules refuse it; the text names the rule, for the log.
    #[error("{0}")]
    Forbidden(String),
    /// The room version is unknown.
    #[error(transparent)]
    Version(#[from] UnsupportedVersion),
}

/// What becomes of a received event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It takes part in everything.
    Accepted,
    /// It was allowed where it was made and is not allowed now: keep it in the graph, show it to
    /// nobody, build nothing on it.
    SoftFailed(String),
    /// It was never allowed: keep it only to recognize it.
    Rejected(String),
}

/// A received event that passed format and signature checks.
#[derive(Debug)]
pub struct Received {
    /// The event, already redacted if its content did not match its hash.
    pub pdu: Pdu,
    /// Whether the content did not match its hash.
    pub was_redacted: bool,
}

/// Why a received event is dropped.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// It is too large.
    #[error("event is larger than {PDU_BYTES_MAX} bytes")]
    TooLarge,
    /// It is not canonical JSON.
    #[error(transparent)]
    Json(#[from] CanonicalError),
    /// It does not have the format of its room version.
    #[error("bad event format: {0}")]
    Format(String),
    /// A required signature is missing or wrong.
    #[error("bad signature: {0}")]
    Signature(#[from] VerificationError),
    /// It cannot be read as an event.
    #[error(transparent)]
    Event(#[from] PduError),
    /// The room version is unknown.
    #[error(transparent)]
    Version(#[from] UnsupportedVersion),
}

/// Whether an event made here may be sent: all rules, with its auth events taken from `state`,
/// the state of the room before it. Fails with the rule that refuses it.
pub fn authorize(pdu: &Pdu, state: &StateMap, version: &RoomVersionId) -> Result<(), AuthError> {
    let rules = room_versions::rules(version)?.authorization;
    let candidates = auth_candidates(pdu, state, &rules)?;
    let fetch = |event_id: &EventId| candidates.iter().find(|event| event.event_id == *event_id).cloned();
    check_state_independent_auth_rules(&rules, pdu, fetch).map_err(AuthError::Forbidden)?;
    authorize_against(pdu, state, &rules)
}

/// Checks 4 to 6 of the specification on a received event: its own auth events, the state before
/// it, the current state. `source` must know every auth event that the server accepted.
pub fn authorize_received(
    pdu: &Pdu,
    source: &dyn EventSource,
    state_before: &StateMap,
    current_state: &StateMap,
    version: &RoomVersionId,
) -> Result<Verdict, UnsupportedVersion> {
    let rules = room_versions::rules(version)?.authorization;
    let fetch = |event_id: &EventId| source.event(event_id);
    if let Err(reason) = check_state_independent_auth_rules(&rules, pdu, fetch) {
        return Ok(Verdict::Rejected(reason));
    }
    let auth_state = state_of_auth_events(pdu, source, &rules);
    for state in [&auth_state, state_before] {
        if let Err(error) = authorize_against(pdu, state, &rules) {
            return Ok(Verdict::Rejected(error.to_string()));
        }
    }
    Ok(match authorize_against(pdu, current_state, &rules) {
        Ok(()) => Verdict::Accepted,
        Err(error) => Verdict::SoftFailed(error.to_string()),
    })
}

/// Checks 1 to 3 of the specification on JSON from another server: format, signatures, hash.
/// An event whose content does not match its hash is redacted, one with a bad signature dropped.
///
/// `keys` must hold the keys of [`required_signers`]. The sender's `unsigned` is not kept.
pub fn check_received(json: &str, version: &RoomVersionId, keys: &PublicKeyMap) -> Result<Received, ReceiveError> {
    let rules = room_versions::rules(version)?;
    if json.len() > PDU_BYTES_MAX * RECEIVED_BYTES_FACTOR_MAX {
        return Err(ReceiveError::TooLarge);
    }
    let mut object = canonical::parse_pdu(json)?;
    object.remove("unsigned");
    if canonical::to_string(&object).len() > PDU_BYTES_MAX {
        return Err(ReceiveError::TooLarge);
    }
    check_pdu_format(&object, &rules.event_format).map_err(ReceiveError::Format)?;
    let was_redacted = match verify_event(keys, &object, &rules)? {
        Verified::All => false,
        Verified::Signatures => true,
    };
    if was_redacted {
        redact_in_place(&mut object, &rules.redaction, None)
            .map_err(|error| ReceiveError::Format(error.to_string()))?;
    }
    Ok(Received { pdu: Pdu::from_object(&object, version)?, was_redacted })
}

/// The servers whose signatures a received event needs, so that their keys can be fetched first.
pub fn required_signers(json: &str, version: &RoomVersionId) -> Result<Vec<ruma::OwnedServerName>, ReceiveError> {
    let rules = room_versions::rules(version)?;
    let object = canonical::parse_pdu(json)?;
    let servers = ruma::signatures::required_server_signatures_to_verify_event(&object, &rules.signatures)?;
    Ok(servers.into_iter().collect())
}

fn authorize_against(pdu: &Pdu, state: &StateMap, rules: &AuthorizationRules) -> Result<(), AuthError> {
    let fetch = |kind: &StateEventType, state_key: &str| state.event(kind.clone(), state_key).cloned();
    check_state_dependent_auth_rules(rules, pdu, fetch).map_err(AuthError::Forbidden)
}

/// The events of `state` that `pdu` could name as its auth events, and the create event.
fn auth_candidates(pdu: &Pdu, state: &StateMap, rules: &AuthorizationRules) -> Result<Vec<PduRef>, AuthError> {
    let mut keys = auth_types_for_event(&pdu.kind, &pdu.sender, pdu.state_key.as_deref(), &pdu.content, rules)
        .map_err(AuthError::Forbidden)?;
    // Version 12 does not list it, but its rules want to see the create event all the same.
    keys.push((StateEventType::RoomCreate, String::new()));
    Ok(keys.iter().filter_map(|key| state.get(key)).cloned().collect())
}

/// The state that the event itself claims as its authorization.
fn state_of_auth_events(pdu: &Pdu, source: &dyn EventSource, rules: &AuthorizationRules) -> StateMap {
    let create = (rules.room_create_event_id_as_room_id && pdu.kind != TimelineEventType::RoomCreate)
        .then(|| OwnedEventId::try_from(format!("${}", pdu.room_id.strip_sigil())).ok())
        .flatten();
    pdu.auth_events
        .iter()
        .chain(create.iter())
        .filter_map(|event_id| source.event(event_id))
        .filter_map(|event| event.state_key_pair().map(|key| (key, event)))
        .collect()
}

#[cfg(test)]
mod tests;
