//! How events point at each other: edits, reactions, threads, replies, references.
//!
//! `m.relates_to` stays in clear in encrypted rooms, so all of this works there too. What a
//! redaction has emptied relates to nothing.

use ruma::{EventId, OwnedEventId, events::TimelineEventType};
use serde::Deserialize;

use crate::pdu::{Pdu, PduRef};

/// Relations that are followed from an event to find the thread it belongs to
/// (client-server API, "Threaded read receipts").
const THREAD_HOPS_MAX: usize = 3;

/// What an event's `m.relates_to` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// The relation itself; `None` for a plain reply.
    pub target: Option<RelationTarget>,
    /// The event replied to. In a thread also the fallback for clients without threads.
    pub in_reply_to: Option<OwnedEventId>,
    /// `in_reply_to` is only that fallback, and no reply.
    pub is_falling_back: bool,
}

/// What an event relates to, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationTarget {
    /// The relation type.
    pub kind: RelationKind,
    /// The event related to.
    pub event_id: OwnedEventId,
}

/// The ways events relate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelationKind {
    /// `m.thread`
    Thread,
    /// `m.replace`: an edit.
    Replace,
    /// `m.annotation`, with its key: a reaction.
    Annotation(String),
    /// `m.reference`
    Reference,
    /// Any other type.
    Other(String),
}

impl RelationKind {
    /// The `rel_type`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Thread => "m.thread",
            Self::Replace => "m.replace",
            Self::Annotation(_) => "m.annotation",
            Self::Reference => "m.reference",
            Self::Other(kind) => kind,
        }
    }
}

#[derive(Deserialize)]
struct Content {
    #[serde(rename = "m.relates_to")]
    relates_to: RelatesTo,
}

#[derive(Deserialize)]
struct RelatesTo {
    #[serde(default)]
    rel_type: Option<String>,
    #[serde(default)]
    event_id: Option<OwnedEventId>,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    is_falling_back: bool,
    #[serde(default, rename = "m.in_reply_to")]
    in_reply_to: Option<InReplyTo>,
}

#[derive(Deserialize)]
struct InReplyTo {
    event_id: OwnedEventId,
}

/// What the event relates to; `None` if to nothing, or if `m.relates_to` makes no sense.
#[must_use]
pub fn of(pdu: &Pdu) -> Option<Relation> {
    // Most events have no relation; a search is far cheaper than reading all their content.
    if !pdu.content.get().contains("relates_to") {
        return None;
    }
    let relates_to = pdu.content_as::<Content>()?.relates_to;
    let in_reply_to = relates_to.in_reply_to.map(|reply| reply.event_id);
    let target = match (relates_to.rel_type, relates_to.event_id) {
        (Some(rel_type), Some(event_id)) => {
            let kind = match (rel_type.as_str(), relates_to.key) {
                ("m.thread", _) => RelationKind::Thread,
                ("m.replace", _) => RelationKind::Replace,
                ("m.annotation", Some(key)) => RelationKind::Annotation(key),
                ("m.annotation", None) => return None,
                ("m.reference", _) => RelationKind::Reference,
                _ => RelationKind::Other(rel_type),
            };
            Some(RelationTarget { kind, event_id })
        }
        _ => None,
    };
    if target.is_none() && in_reply_to.is_none() {
        return None;
    }
    Some(Relation { target, in_reply_to, is_falling_back: relates_to.is_falling_back })
}

/// The relation proper, without replies.
#[must_use]
pub fn target_of(pdu: &Pdu) -> Option<RelationTarget> {
    of(pdu)?.target
}

/// The root of the thread that the event was sent into. These events, and no others, count in
/// the thread's summary: not its root, and not edits of or reactions to its messages.
#[must_use]
pub fn counts_in_thread(pdu: &Pdu) -> Option<OwnedEventId> {
    if pdu.state_key.is_some() || pdu.is_redacted() {
        return None;
    }
    target_of(pdu).filter(|target| target.kind == RelationKind::Thread).map(|target| target.event_id)
}

/// The thread whose receipts and notification counts the event belongs to: the one it was sent
/// into, or that of the event it reacts to, edits or redacts. `None` is the main timeline.
#[must_use]
pub fn thread_of(pdu: &Pdu, lookup: &dyn Fn(&EventId) -> Option<PduRef>) -> Option<OwnedEventId> {
    let mut target = target_of(pdu);
    if target.is_none() && pdu.kind == TimelineEventType::RoomRedaction {
        let redacts = pdu.redacts.clone().or_else(|| crate::redaction::redacts_of_content(pdu));
        target = redacts.map(|event_id| RelationTarget { kind: RelationKind::Reference, event_id });
    }
    for _ in 0..THREAD_HOPS_MAX {
        let RelationTarget { kind, event_id } = target?;
        if kind == RelationKind::Thread {
            return Some(event_id);
        }
        target = target_of(&*lookup(&event_id)?);
    }
    None
}

/// Whether a thread may start at this event: threads do not branch off from what itself relates.
#[must_use]
pub fn can_be_thread_root(pdu: &Pdu) -> bool {
    target_of(pdu).is_none()
}

/// Whether `edit` may take the place of `original` (client-server API, "Validity of replacement
/// events"). The caller has seen that the edit names the original.
#[must_use]
pub fn is_valid_edit(edit: &Pdu, original: &Pdu) -> bool {
    let is_edit = |pdu: &Pdu| target_of(pdu).is_some_and(|target| target.kind == RelationKind::Replace);
    edit.room_id == original.room_id
        && edit.sender == original.sender
        && edit.kind == original.kind
        && edit.state_key.is_none()
        && original.state_key.is_none()
        && !original.is_redacted()
        && is_edit(edit)
        && !is_edit(original)
        && (edit.kind == TimelineEventType::RoomEncrypted || has_new_content(edit))
}

fn has_new_content(pdu: &Pdu) -> bool {
    #[derive(Deserialize)]
    struct NewContent {
        #[serde(rename = "m.new_content")]
        _new_content: serde_json::Map<String, serde_json::Value>,
    }
    pdu.content_as::<NewContent>().is_some()
}

#[cfg(test)]
mod tests;
