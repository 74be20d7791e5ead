//! What a client has on its screen, and how it reads events into it.

use std::collections::BTreeMap;

use ruma::OwnedUserId;
use serde_json::{Value, value::RawValue};

/// A room as a client shows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct RoomPicture {
    /// Event ids by type and state key.
    pub(crate) state: BTreeMap<(String, String), String>,
    /// Event ids, oldest first.
    pub(crate) timeline: Vec<String>,
    pub(crate) unread: (u64, u64),
    pub(crate) joined: u64,
    pub(crate) invited: u64,
    pub(crate) heroes: Vec<OwnedUserId>,
    pub(crate) account_data: BTreeMap<String, Value>,
    /// Event ids by user, kind and thread.
    pub(crate) receipts: BTreeMap<(String, String, String), String>,
    pub(crate) typing: Vec<Value>,
}

fn text(event: &Value, field: &str) -> String {
    event[field].as_str().unwrap_or_default().to_owned()
}

pub(crate) fn parse(event: &RawValue) -> Value {
    serde_json::from_str(event.get()).unwrap()
}

impl RoomPicture {
    pub(crate) fn add_state(&mut self, events: &[Box<RawValue>]) {
        for event in events {
            let event = parse(event);
            if event.get("state_key").is_some() {
                self.state.insert((text(&event, "type"), text(&event, "state_key")), text(&event, "event_id"));
            }
        }
    }

    /// Appends to the timeline, or begins it anew after a gap.
    pub(crate) fn add_timeline(&mut self, events: &[Box<RawValue>], gap: bool) {
        let ids: Vec<String> = events.iter().map(|event| text(&parse(event), "event_id")).collect();
        if gap || ids.iter().any(|id| self.timeline.contains(id)) {
            self.timeline.clear();
        }
        self.timeline.extend(ids);
    }

    pub(crate) fn add_account_data(&mut self, events: &[Box<RawValue>]) {
        add_account_data(&mut self.account_data, events);
    }

    pub(crate) fn add_ephemeral(&mut self, event: &RawValue) {
        let event = parse(event);
        let content = &event["content"];
        if event["type"] == "m.typing" {
            self.typing = content["user_ids"].as_array().unwrap().clone();
            return;
        }
        for (event_id, kinds) in content.as_object().unwrap() {
            for (kind, users) in kinds.as_object().unwrap() {
                for (user, receipt) in users.as_object().unwrap() {
                    let key = (user.clone(), kind.clone(), text(receipt, "thread_id"));
                    self.receipts.insert(key, event_id.clone());
                }
            }
        }
    }

    /// The end of the timeline that is as long as another one.
    pub(crate) fn tail(&self, other: &Self) -> &[String] {
        &self.timeline[self.timeline.len().saturating_sub(other.timeline.len())..]
    }
}

pub(crate) fn add_account_data(into: &mut BTreeMap<String, Value>, events: &[Box<RawValue>]) {
    for event in events {
        let event = parse(event);
        into.insert(text(&event, "type"), event["content"].clone());
    }
}
