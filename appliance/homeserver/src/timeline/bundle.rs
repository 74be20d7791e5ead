//! What the server aggregates under an event in `unsigned.m.relations`: the thread it starts, its latest edit, what
//! refers to it (spec: "Server-side aggregation of child events"). Reactions are not among it.

use ruma::{OwnedEventId, events::TimelineEventType};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use veche_rooms::{Pdu, relations};
use veche_store::{
    Error,
    records::{
        relations::{RelationKey, ThreadParticipantKey, ThreadRootKey},
        rooms::TimelineEntry,
    },
};

use super::Renderer;

/// Relations looked at for one event, newest first. An edit older than so many reactions is not found any more.
const RELATIONS_WALKED_MAX: usize = 1_000;
/// Edits compared by time to find the latest one; clocks that go backwards reorder a few at most.
const EDITS_COMPARED_MAX: usize = 8;
/// References named in one bundle.
const REFERENCES_MAX: usize = 100;
/// Thread events tried for one that the reader may see.
const THREAD_EVENTS_TRIED_MAX: usize = 20;

/// How much is aggregated under an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bundling {
    /// Everything.
    All,
    /// All but a thread: the event is shown as the latest one of a thread.
    Inner,
    /// Nothing: the event is shown as an edit.
    Nothing,
}

#[derive(Default, Serialize)]
struct Bundle {
    #[serde(rename = "m.thread", skip_serializing_if = "Option::is_none")]
    thread: Option<ThreadSummary>,
    #[serde(rename = "m.replace", skip_serializing_if = "Option::is_none")]
    edit: Option<Box<RawValue>>,
    #[serde(rename = "m.reference", skip_serializing_if = "Option::is_none")]
    references: Option<References>,
}

#[derive(Serialize)]
struct ThreadSummary {
    latest_event: Box<RawValue>,
    count: u64,
    current_user_participated: bool,
}

#[derive(Serialize)]
struct References {
    chunk: Vec<Reference>,
}

#[derive(Serialize)]
struct Reference {
    event_id: OwnedEventId,
}

/// The relations of one event that count for one reader, newest first.
#[derive(Default)]
struct Found {
    edits: Vec<OwnedEventId>,
    references: Vec<OwnedEventId>,
    replies: Vec<OwnedEventId>,
    /// Replies of people the reader ignores.
    replies_ignored: u64,
}

impl Renderer<'_> {
    /// The `m.relations` of an event; `None` if nothing relates to it.
    pub(super) fn bundle(&mut self, order: i64, pdu: &Pdu, bundling: Bundling) -> Result<Option<Box<RawValue>>, Error> {
        let none = bundling == Bundling::Nothing
            || pdu.state_key.is_some()
            || pdu.kind == TimelineEventType::RoomRedaction
            || !self.room.may_be_related_to(order);
        if none {
            return Ok(None);
        }
        let found = self.find(pdu)?;
        let mut bundle = Bundle::default();
        if bundling == Bundling::All && !found.replies.is_empty() {
            bundle.thread = self.thread_summary(pdu, &found)?;
        }
        if !found.edits.is_empty() {
            bundle.edit = self.latest_edit(pdu, &found.edits)?;
        }
        if !found.references.is_empty() {
            let chunk = found.references.into_iter().rev().map(|event_id| Reference { event_id }).collect();
            bundle.references = Some(References { chunk });
        }
        if bundle.thread.is_none() && bundle.edit.is_none() && bundle.references.is_none() {
            return Ok(None);
        }
        Ok(Some(to_raw_value(&bundle).expect("ids, numbers and raw JSON always serialize")))
    }

    fn find(&self, pdu: &Pdu) -> Result<Found, Error> {
        let ignored = self.timeline.notify.account_data.ignored_users(self.audience.user)?;
        let kind = pdu.kind.to_string();
        let mut found = Found::default();
        let rows = self.timeline.core.store.scan::<RelationKey>((self.room.short, &pdu.event_id));
        for row in rows.reverse().take(RELATIONS_WALKED_MAX) {
            let relation = row?.1;
            let is_ignored = ignored.contains(relation.sender.as_str());
            match relation.rel_type.as_str() {
                "m.thread" if is_ignored => found.replies_ignored += 1,
                _ if is_ignored => {}
                "m.thread" => found.replies.push(relation.event_id),
                "m.replace"
                    if relation.sender == pdu.sender
                        && relation.kind == kind
                        && !pdu.is_redacted()
                        && found.edits.len() < EDITS_COMPARED_MAX =>
                {
                    found.edits.push(relation.event_id);
                }
                "m.reference" if found.references.len() < REFERENCES_MAX => found.references.push(relation.event_id),
                _ => {}
            }
        }
        Ok(found)
    }

    fn latest_edit(&mut self, original: &Pdu, edits: &[OwnedEventId]) -> Result<Option<Box<RawValue>>, Error> {
        let mut latest: Option<(u64, OwnedEventId, i64, TimelineEntry)> = None;
        for event_id in edits {
            let Some((order, entry)) = self.visible(event_id)? else { continue };
            let edit = self.timeline.rooms.parse(self.room, order, &entry)?;
            let place = (edit.origin_server_ts, event_id);
            let newer = latest.as_ref().is_none_or(|(ts, id, ..)| place > (*ts, id));
            if newer && relations::is_valid_edit(&edit, original) {
                latest = Some((edit.origin_server_ts, event_id.clone(), order, entry));
            }
        }
        latest.map(|(_, _, order, entry)| self.entry_with(order, &entry, Bundling::Nothing)).transpose()
    }

    fn thread_summary(&mut self, root: &Pdu, found: &Found) -> Result<Option<ThreadSummary>, Error> {
        let (short, store) = (self.room.short, &self.timeline.core.store);
        let key = ThreadRootKey { room: short, root: root.event_id.clone() };
        let Some(thread) = store.get(&key)? else { return Ok(None) };
        let participant =
            ThreadParticipantKey { room: short, root: root.event_id.clone(), user: self.audience.user.to_owned() };
        let current_user_participated = root.sender == self.audience.user || store.contains(&participant)?;
        for event_id in found.replies.iter().take(THREAD_EVENTS_TRIED_MAX) {
            if let Some((order, entry)) = self.visible(event_id)? {
                return Ok(Some(ThreadSummary {
                    latest_event: self.entry_with(order, &entry, Bundling::Inner)?,
                    count: thread.count.saturating_sub(found.replies_ignored),
                    current_user_participated,
                }));
            }
        }
        Ok(None)
    }

    fn visible(&self, event_id: &OwnedEventId) -> Result<Option<(i64, TimelineEntry)>, Error> {
        let Some((order, entry)) = self.timeline.rooms.entry(self.room, event_id)? else { return Ok(None) };
        Ok(self.timeline.may_see(self.room, order, &entry, self.audience.user)?.then_some((order, entry)))
    }
}
