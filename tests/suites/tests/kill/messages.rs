//! Messages of three members, and what each of them is told by sync and by `/messages`.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::{Client, Timeline, encode};

use crate::life::Life;

/// What the members sent: text, which is the transaction id too, to event id.
#[derive(Default)]
pub(crate) struct Oracle {
    acknowledged: BTreeMap<String, String>,
}

/// One member: writes, and follows the room.
pub(crate) struct Member {
    pub(crate) client: Client,
    room: String,
    reader: Timeline,
    /// How much of what the reader was told has been compared.
    compared: usize,
    seen: BTreeSet<String>,
    /// What this life acknowledged.
    fresh: Vec<(String, String)>,
    /// Sent, and the answer never came.
    unknown: Option<String>,
}

fn body(text: &str) -> Value {
    json!({ "msgtype": "m.text", "body": text })
}

fn text_of(event: &Value) -> Option<(&str, &str)> {
    let is_message = event["type"] == "m.room.message";
    is_message.then(|| (event["content"]["body"].as_str().unwrap_or(""), event["event_id"].as_str().unwrap_or("")))
}

impl Oracle {
    /// How many messages were acknowledged.
    pub(crate) fn len(&self) -> usize {
        self.acknowledged.len()
    }

    /// The message was acknowledged under this id, or nobody knew about it.
    fn check(&self, whose: &str, text: &str, id: &str) {
        let expected = self.acknowledged.get(text).map(String::as_str);
        assert_eq!(expected, Some(id), "{whose} has {text:?} under another id, or it was never sent");
    }

    fn missing(&self, seen: &BTreeSet<String>) -> Vec<&String> {
        self.acknowledged.keys().filter(|text| !seen.contains(*text)).collect()
    }
}

impl Member {
    /// Follows the room from now on.
    pub(crate) async fn new(client: &Client, room: &str) -> Self {
        let mut reader = Timeline::of(client);
        reader.next(0).await;
        Self {
            client: client.clone(),
            room: room.to_owned(),
            reader,
            compared: 0,
            seen: BTreeSet::new(),
            fresh: Vec::new(),
            unknown: None,
        }
    }

    /// Sends numbered messages until the kill, or until `enough` are acknowledged.
    pub(crate) async fn write(&mut self, life: &Life, number: u64, enough: u64) {
        for count in 0..enough {
            let text = format!("{}-{number}-{count}", self.client.device_id);
            let path = format!("/_matrix/client/v3/rooms/{}/send/m.room.message/{text}", encode(&self.room));
            let request = self.client.request(Method::PUT, &path).json(&body(&text));
            match life.attempt(&self.client, request).await {
                Some(answer) => {
                    let answer = answer.ok();
                    self.fresh.push((text, answer["event_id"].as_str().expect("an event id").to_owned()));
                }
                None => {
                    self.unknown = Some(text);
                    return;
                }
            }
        }
    }

    /// After a restart: the same transaction gives the same event, and an unanswered one happens now at last.
    pub(crate) async fn repeat(&mut self, base_url: &str, oracle: &mut Oracle) {
        self.client = self.client.moved_to(base_url);
        self.reader.move_to(base_url);
        for (text, event_id) in self.fresh.last().into_iter().chain(self.fresh.first()) {
            let other = body("a repetition must not be sent");
            let again = self.client.send_as(&self.room, "m.room.message", text, &other).await.ok();
            assert_eq!(again["event_id"], event_id.as_str(), "the repeated transaction made another event");
        }
        if let Some(text) = self.unknown.take() {
            let first = self.client.send_as(&self.room, "m.room.message", &text, &body(&text)).await.ok();
            let second = self.client.send_as(&self.room, "m.room.message", &text, &body(&text)).await.ok();
            assert_eq!(first["event_id"], second["event_id"]);
            self.fresh.push((text, first["event_id"].as_str().expect("an event id").to_owned()));
        }
        oracle.acknowledged.extend(self.fresh.drain(..));
    }

    /// What sync told this member is what was acknowledged: each message once, under its id, and no other.
    pub(crate) async fn compare(&mut self, when: &str, oracle: &Oracle) {
        self.reader.next(0).await;
        let whose = format!("the sync of {} {when}", self.client.user_id);
        let events = self.reader.events(&self.room);
        for (text, id) in events[self.compared..].iter().filter_map(text_of) {
            assert!(self.seen.insert(text.to_owned()), "{whose} has {text:?} twice");
            oracle.check(&whose, text, id);
        }
        self.compared = events.len();
        if self.seen.len() != oracle.acknowledged.len() {
            panic!("{whose} lost {:?}", oracle.missing(&self.seen));
        }
    }

    /// `/messages` from end to end says the same.
    pub(crate) async fn compare_history(&self, oracle: &Oracle) {
        let whose = format!("/messages of {}", self.client.user_id);
        let mut seen = BTreeSet::new();
        for event in &self.client.history(&self.room).await {
            let Some((text, id)) = text_of(event) else { continue };
            assert!(seen.insert(text.to_owned()), "{whose} has {text:?} twice");
            oracle.check(&whose, text, id);
        }
        assert!(oracle.missing(&seen).is_empty(), "{whose} lost {:?}", oracle.missing(&seen));
    }
}
