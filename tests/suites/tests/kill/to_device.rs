//! Messages to a device: told until the next sync token acknowledges them, and never again after that.

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::{Client, encode};

use crate::life::Life;

/// Of the messages that are sent.
const TYPE: &str = "org.example.number";

/// One who sends numbers to a device, and that device.
pub(crate) struct ToDevice {
    sender: Client,
    receiver: Client,
    /// All before it are acknowledged.
    next_sent: u64,
    since: Option<String>,
    /// The first number that no sync told before the token `since`.
    next_told: u64,
}

impl ToDevice {
    pub(crate) fn new(sender: Client, receiver: Client) -> Self {
        Self { sender, receiver, next_sent: 0, since: None, next_told: 0 }
    }

    fn send(&self) -> reqwest::RequestBuilder {
        let number = self.next_sent;
        let path = format!("/_matrix/client/v3/sendToDevice/{TYPE}/td{number}");
        let content = json!({ &self.receiver.user_id: { &self.receiver.device_id: { "number": number } } });
        self.sender.request(Method::PUT, &path).json(&json!({ "messages": content }))
    }

    fn sync(&self) -> reqwest::RequestBuilder {
        let since = self.since.as_ref().map_or_else(String::new, |since| format!("&since={}", encode(since)));
        let filter = encode(r#"{"room":{"rooms":[]},"presence":{"types":[]}}"#);
        self.receiver.request(Method::GET, &format!("/_matrix/client/v3/sync?timeout=0&filter={filter}{since}"))
    }

    /// The numbers that a sync tells, which must go on where the token stands.
    fn numbers(&self, answer: &Value) -> u64 {
        let mut next = self.next_told;
        for event in answer["to_device"]["events"].as_array().into_iter().flatten() {
            assert_eq!(event["type"], TYPE);
            assert_eq!(event["content"]["number"], next, "lost or told again, after {:?}", self.since);
            next += 1;
        }
        next
    }

    /// Sends and receives until the kill.
    pub(crate) async fn run(&mut self, life: &Life) {
        while !life.ended() {
            let Some(answer) = life.attempt(&self.sender, self.send()).await else { return };
            answer.ok();
            self.next_sent += 1;
            let Some(answer) = life.attempt(&self.receiver, self.sync()).await else { return };
            let first = answer.ok();
            // Nothing is acknowledged yet: what was told is told again.
            let Some(answer) = life.attempt(&self.receiver, self.sync()).await else { return };
            let second = answer.ok();
            assert!(self.numbers(&second) >= self.numbers(&first), "lost before it was acknowledged");
            self.acknowledge(&second);
        }
    }

    fn acknowledge(&mut self, answer: &Value) {
        self.next_told = self.numbers(answer);
        self.since = answer["next_batch"].as_str().map(str::to_owned);
    }

    /// After a restart: the unanswered one is sent at last, and all that were acknowledged arrive.
    pub(crate) async fn check(&mut self, base_url: &str) {
        self.sender = self.sender.moved_to(base_url);
        self.receiver = self.receiver.moved_to(base_url);
        self.sender.answer(self.send()).await.ok();
        self.sender.answer(self.send()).await.ok();
        self.next_sent += 1;
        while self.next_told < self.next_sent {
            let answer = self.receiver.answer(self.sync()).await.ok();
            let told = self.numbers(&answer);
            assert!(told > self.next_told, "{} were acknowledged, {told} told", self.next_sent);
            self.acknowledge(&answer);
        }
        assert_eq!(self.next_told, self.next_sent);
    }

    /// How many were sent and received.
    pub(crate) fn count(&self) -> u64 {
        self.next_told
    }
}
