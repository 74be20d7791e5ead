//! A session's sync, followed from its start: what it was told of each room, in order.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokio::time::timeout;

use crate::{Client, LIMIT};

/// Follows `/v3/sync` of one session. A gap (a `limited` timeline) is filled from `/messages`, as clients do.
pub struct Timeline {
    client: Client,
    since: Option<String>,
    rooms: BTreeMap<String, Vec<Value>>,
}

impl Timeline {
    /// Nothing has been fetched yet.
    pub fn of(client: &Client) -> Self {
        Self { client: client.clone(), since: None, rooms: BTreeMap::new() }
    }

    /// Goes on with a server that was started again on other ports.
    pub fn move_to(&mut self, base_url: &str) {
        self.client = self.client.moved_to(base_url);
    }

    /// The token of the last sync.
    pub fn since(&self) -> Option<&str> {
        self.since.as_deref()
    }

    /// Events of the room so far, in the order in which they were told.
    pub fn events(&self, room: &str) -> &[Value] {
        self.rooms.get(room).map_or(&[], Vec::as_slice)
    }

    /// Their ids.
    pub fn event_ids(&self, room: &str) -> Vec<&str> {
        self.events(room).iter().filter_map(|e| e["event_id"].as_str()).collect()
    }

    /// Bodies of the room's messages.
    pub fn bodies(&self, room: &str) -> Vec<&str> {
        let messages = self.events(room).iter().filter(|e| e["type"] == "m.room.message");
        messages.filter_map(|e| e["content"]["body"].as_str()).collect()
    }

    /// One sync; returns the answer as it came.
    pub async fn next(&mut self, timeout_ms: u64) -> Value {
        let answer = self.client.sync(self.since.as_deref(), timeout_ms, "").await.ok();
        let joined = answer["rooms"]["join"].as_object().cloned().unwrap_or_default();
        for (room, news) in &joined {
            let timeline = &news["timeline"];
            let fresh = timeline["events"].as_array().cloned().unwrap_or_default();
            if timeline["limited"] == true && self.since.is_some() {
                let gap = self.fill_gap(room, timeline["prev_batch"].as_str()).await;
                self.rooms.entry(room.clone()).or_default().extend(gap);
            }
            self.rooms.entry(room.clone()).or_default().extend(fresh);
        }
        self.since = answer["next_batch"].as_str().map(str::to_owned);
        answer
    }

    /// Syncs until `found` gives something out of this timeline.
    pub async fn until<T>(&mut self, what: &str, found: impl Fn(&Self) -> Option<T>) -> T {
        let wait = async {
            loop {
                if let Some(value) = found(self) {
                    return value;
                }
                self.next(10_000).await;
            }
        };
        timeout(LIMIT, wait).await.unwrap_or_else(|_| panic!("did not come within {LIMIT:?}: {what}"))
    }

    /// Syncs until this event was told.
    pub async fn until_event(&mut self, room: &str, event: &str) {
        self.until(event, |t| t.event_ids(room).contains(&event).then_some(())).await;
    }

    /// What lies between the events already told and `prev_batch`, oldest first.
    async fn fill_gap(&self, room: &str, prev_batch: Option<&str>) -> Vec<Value> {
        let known: BTreeSet<String> = self.event_ids(room).into_iter().map(str::to_owned).collect();
        let mut gap = Vec::new();
        let mut from = prev_batch.map(str::to_owned);
        while let Some(token) = from {
            let page = self.client.messages(room, Some(&token), "b", 100).await.ok();
            for event in page["chunk"].as_array().into_iter().flatten() {
                if event["event_id"].as_str().is_some_and(|id| known.contains(id)) {
                    gap.reverse();
                    return gap;
                }
                gap.push(event.clone());
            }
            from = page["end"].as_str().map(str::to_owned);
        }
        gap.reverse();
        gap
    }
}
