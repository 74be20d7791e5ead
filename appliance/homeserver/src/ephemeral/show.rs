//! Receipts and typing as sync shows them.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use ruma::{OwnedEventId, OwnedUserId, UserId};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};
use veche_store::{
    Error, StreamPosition,
    records::receipts::{Receipt, ReceiptKey, ReceiptKind, ReceiptPositionKey},
};

use super::Ephemeral;
use crate::rooms::Room;

/// The content of an `m.receipt` event: event, kind, user.
type Content = BTreeMap<OwnedEventId, BTreeMap<&'static str, BTreeMap<OwnedUserId, Value>>>;

impl Ephemeral {
    /// The ephemeral events of a room that changed in `(since, upto]`, as `user` may see them; without `since` all
    /// that hold now.
    pub fn since(
        &self,
        room: &Arc<Room>,
        user: &UserId,
        since: Option<StreamPosition>,
        upto: StreamPosition,
    ) -> Result<Vec<Box<RawValue>>, Error> {
        let ignored = self.account_data.ignored_users(user)?;
        let mut events = Vec::new();
        for content in self.receipts(room, user, since, upto, &ignored)? {
            events.push(event("m.receipt", &json!(content)));
        }
        let (changed, mut typing) = self.typing.of(room.short, self.core.clock.monotonic());
        typing.retain(|typist| !ignored.contains(typist.as_str()));
        let is_news = match since {
            Some(since) => changed > since && changed <= upto,
            None => !typing.is_empty(),
        };
        if is_news {
            events.push(event("m.typing", &json!({ "user_ids": typing })));
        }
        Ok(events)
    }

    fn receipts(
        &self,
        room: &Room,
        user: &UserId,
        since: Option<StreamPosition>,
        upto: StreamPosition,
        ignored: &HashSet<String>,
    ) -> Result<Vec<Content>, Error> {
        let store = &self.core.store;
        let mut shown = Shown { user, ignored, contents: Vec::new() };
        let Some(since) = since else {
            for row in store.scan::<ReceiptKey>((room.short,)) {
                let (key, receipt) = row?;
                if receipt.position <= upto {
                    shown.add(key, receipt);
                }
            }
            return Ok(shown.contents);
        };
        let from = ReceiptPositionKey { room: room.short, position: since };
        let to = ReceiptPositionKey { room: room.short, position: upto };
        for row in store.scan::<ReceiptPositionKey>((room.short,)).after(&from).through(&to) {
            let pointer = row?.1;
            let key = ReceiptKey { room: room.short, user: pointer.user, kind: pointer.kind, thread: pointer.thread };
            // One that has moved on meanwhile is told at its new place.
            if let Some(receipt) = store.get(&key)?.filter(|receipt| receipt.position <= upto) {
                shown.add(key, receipt);
            }
        }
        Ok(shown.contents)
    }
}

struct Shown<'a> {
    user: &'a UserId,
    ignored: &'a HashSet<String>,
    contents: Vec<Content>,
}

impl Shown<'_> {
    fn add(&mut self, key: ReceiptKey, receipt: Receipt) {
        let kind = match key.kind {
            ReceiptKind::Public => "m.read",
            ReceiptKind::Private if key.user == self.user => "m.read.private",
            ReceiptKind::Private => return,
        };
        if self.ignored.contains(key.user.as_str()) {
            return;
        }
        let mut entry = json!({ "ts": receipt.wall_ms });
        if let Some(thread) = key.thread {
            entry["thread_id"] = Value::String(thread);
        }
        // An event has room for one receipt of each user and kind; a second one, of another thread, needs another event.
        let taken = |content: &Content| {
            let users = content.get(&receipt.event_id).and_then(|kinds| kinds.get(kind));
            users.is_some_and(|users| users.contains_key(&key.user))
        };
        let index = self.contents.iter().position(|content| !taken(content)).unwrap_or(self.contents.len());
        if index == self.contents.len() {
            self.contents.push(Content::new());
        }
        let content = &mut self.contents[index];
        content.entry(receipt.event_id).or_default().entry(kind).or_default().insert(key.user, entry);
    }
}

fn event(kind: &str, content: &Value) -> Box<RawValue> {
    to_raw_value(&json!({ "type": kind, "content": content })).expect("a JSON value always serializes")
}
