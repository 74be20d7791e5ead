//! What a client has on its screen, and how it reads events into it.

use std::collections::{BTreeMap, BTreeSet};

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
    /// By the thread's root.
    pub(crate) unread_threads: BTreeMap<String, (u64, u64)>,
    /// Who is in.
    pub(crate) members: BTreeSet<String>,
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
                self.read_state(&event);
                self.state.insert((text(&event, "type"), text(&event, "state_key")), text(&event, "event_id"));
            }
        }
    }

    fn read_state(&mut self, event: &Value) {
        if event["type"] != "m.room.member" {
            return;
        }
        let member = text(event, "state_key");
        if event["content"]["membership"] == "join" {
            self.members.insert(member);
        } else {
            self.members.remove(&member);
        }
    }

    /// Appends to the timeline, or begins it anew after a gap. Nothing is told twice, unless the answer says so.
    pub(crate) fn add_timeline(&mut self, events: &[Box<RawValue>], gap: bool, again: bool) {
        let ids: Vec<String> = events.iter().map(|event| text(&parse(event), "event_id")).collect();
        let repeated = ids.iter().find(|id| self.timeline.contains(id));
        assert!(again || repeated.is_none(), "{repeated:?} was told twice");
        if gap || again {
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

/// Everybody with whom a client shares a room, but for itself. The server tells of all of them: any room may become
/// encrypted.
pub(crate) fn sharing<'r>(rooms: impl Iterator<Item = &'r RoomPicture>, reader: &OwnedUserId) -> BTreeSet<String> {
    let inside = rooms.filter(|room| room.members.contains(reader.as_str()));
    inside.flat_map(|room| &room.members).filter(|user| *user != reader.as_str()).cloned().collect()
}

/// What a client was told of others' devices must follow with whom it shares rooms.
pub(crate) fn check_device_lists(
    before: &BTreeSet<String>,
    after: &BTreeSet<String>,
    changed: &[OwnedUserId],
    left: &[OwnedUserId],
) {
    let has = |users: &[OwnedUserId], user: &String| users.iter().any(|other| other == user);
    for user in after.difference(before) {
        assert!(has(changed, user), "{user} has come to share a room, and only {changed:?} changed");
    }
    for user in before.difference(after) {
        assert!(has(left, user), "{user} shares no room any more, and only {left:?} left");
    }
    assert!(!after.iter().any(|user| has(left, user)), "{left:?} left, though {after:?} share rooms");
}

/// Whether a user with this account data ignores others.
pub(crate) fn ignores_somebody(account_data: &BTreeMap<String, Value>) -> bool {
    let ignored = account_data.get("m.ignored_user_list").and_then(|list| list["ignored_users"].as_object());
    ignored.is_some_and(|users| !users.is_empty())
}

pub(crate) fn add_account_data(into: &mut BTreeMap<String, Value>, events: &[Box<RawValue>]) {
    for event in events {
        let event = parse(event);
        into.insert(text(&event, "type"), event["content"].clone());
    }
}
