//! Delayed events: an acknowledged one is sent exactly once, or it is still waiting.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::{Client, Timeline, encode};

use crate::life::{Dice, Life};

/// Of the events that are scheduled.
const TYPE: &str = "org.example.delayed";
/// A person may have a hundred; those of earlier lives may still wait.
const PER_LIFE_MAX: u64 = 20;
/// Some come due in the same life and some in the next one, milliseconds.
const DELAY_MS_MAX: u64 = 900;

/// One who schedules, in a room of their own, and is told by sync what was sent.
pub(crate) struct Delayed {
    client: Client,
    reader: Timeline,
    /// How much of what the reader was told has been counted.
    counted: usize,
    room: String,
    dice: Dice,
    /// The next number.
    count: u64,
    /// Number to delay id: acknowledged and not seen yet.
    open: BTreeMap<u64, String>,
    /// Never answered and not seen yet.
    unknown: BTreeSet<u64>,
}

impl Delayed {
    /// Follows the room from now on.
    pub(crate) async fn new(client: Client, room: String, dice: Dice) -> Self {
        let mut reader = Timeline::of(&client);
        reader.next(0).await;
        Self { client, reader, counted: 0, room, dice, count: 0, open: BTreeMap::new(), unknown: BTreeSet::new() }
    }

    /// Schedules until the kill, or until there are enough for one life.
    pub(crate) async fn run(&mut self, life: &Life) {
        for _ in 0..PER_LIFE_MAX {
            if life.ended() {
                return;
            }
            let number = self.count;
            self.count += 1;
            let room = encode(&self.room);
            let path =
                format!("/_matrix/client/unstable/org.matrix.msc4140/rooms/{room}/delayed_event/{TYPE}/d{number}");
            let body = json!({ "delay": 1 + self.dice.below(DELAY_MS_MAX), "content": { "number": number } });
            let schedule = self.client.request(Method::PUT, &path).json(&body);
            let Some(answer) = life.attempt(&self.client, schedule).await else {
                self.unknown.insert(number);
                return;
            };
            let id = answer.ok()["delay_id"].as_str().expect("a delay id").to_owned();
            self.open.insert(number, id);
        }
    }

    /// Ids of those that still wait.
    async fn waiting(&self) -> Vec<Value> {
        let path = "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/scheduled";
        let answer = self.client.get(path).await.ok();
        let ids = answer["scheduled"].as_array().into_iter().flatten().map(|event| event["delay_id"].clone());
        ids.collect()
    }

    /// After a restart: each acknowledged one waits or was sent, and none was sent twice. Returns how many wait.
    pub(crate) async fn check(&mut self, base_url: &str) -> usize {
        self.client = self.client.moved_to(base_url);
        self.reader.move_to(base_url);
        // In this order: one that comes due between the two is in the second.
        let waiting = self.waiting().await;
        self.reader.next(0).await;
        self.count_sent();
        for (number, id) in &self.open {
            let waits = waiting.contains(&json!(id));
            assert!(waits, "delayed event {number} was acknowledged, and neither waits nor was sent");
        }
        waiting.len()
    }

    fn count_sent(&mut self) {
        let events = self.reader.events(&self.room);
        for event in events[self.counted..].iter().filter(|event| event["type"] == TYPE) {
            let number = event["content"]["number"].as_u64().expect("our own number");
            let first = self.open.remove(&number).is_some() | self.unknown.remove(&number);
            assert!(first, "delayed event {number} was sent twice, or never scheduled");
        }
        self.counted = events.len();
    }

    /// Waits for the last ones, which must all be sent. Returns how many were scheduled.
    pub(crate) async fn check_all(&mut self, base_url: &str) -> u64 {
        while self.check(base_url).await > 0 {
            self.reader.next(1_000).await;
            self.count_sent();
        }
        assert!(self.open.is_empty());
        self.count
    }
}
