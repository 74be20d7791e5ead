//! What a person keeps: account data, read receipts, the read marker. They never go back.

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::{Client, encode};

use crate::life::Life;

/// One thing that is overwritten again and again.
#[derive(Default)]
struct Latest {
    acknowledged: Value,
    /// Written last, and the answer never came.
    unknown: Option<Value>,
}

impl Latest {
    fn check(&mut self, what: &str, found: &Value) {
        let right = *found == self.acknowledged || self.unknown.as_ref() == Some(found);
        assert!(right, "{what}: {} was acknowledged, {found} found", self.acknowledged);
        // Settled now: it may not change any more by itself.
        self.acknowledged = found.clone();
        self.unknown = None;
    }
}

/// One member's own things in a room of their own.
pub(crate) struct Markers {
    client: Client,
    room: String,
    count: u64,
    account_data: Latest,
    receipt: Latest,
    read_marker: Latest,
}

impl Markers {
    pub(crate) fn new(client: Client, room: String) -> Self {
        let (account_data, receipt, read_marker) = (Latest::default(), Latest::default(), Latest::default());
        Self { client, room, count: 0, account_data, receipt, read_marker }
    }

    fn path(&self, rest: &str) -> String {
        format!("/_matrix/client/v3/rooms/{}/{rest}", encode(&self.room))
    }

    fn account_data_path(&self) -> String {
        format!("/_matrix/client/v3/user/{}/account_data/org.example.count", encode(&self.client.user_id))
    }

    /// Writes until the kill.
    pub(crate) async fn run(&mut self, life: &Life) {
        let client = self.client.clone();
        while !life.ended() {
            self.count += 1;
            let count = json!(self.count);
            self.account_data.unknown = Some(count.clone());
            let write = client.request(Method::PUT, &self.account_data_path()).json(&json!({ "count": &count }));
            let Some(answer) = life.attempt(&client, write).await else { return };
            answer.ok();
            self.account_data = Latest { acknowledged: count, unknown: None };

            let send = client.request(Method::PUT, &self.path(&format!("send/m.room.message/mark{}", self.count)));
            let Some(answer) = life.attempt(&client, send.json(&json!({ "body": "read me" }))).await else { return };
            let event = answer.ok()["event_id"].clone();
            let event_path = encode(event.as_str().expect("an event id"));

            self.receipt.unknown = Some(event.clone());
            let receipt = client.request(Method::POST, &self.path(&format!("receipt/m.read/{event_path}")));
            let Some(answer) = life.attempt(&client, receipt.json(&json!({}))).await else { return };
            answer.ok();
            self.receipt = Latest { acknowledged: event.clone(), unknown: None };

            self.read_marker.unknown = Some(event.clone());
            let marker = client.request(Method::POST, &self.path("read_markers"));
            let Some(answer) = life.attempt(&client, marker.json(&json!({ "m.fully_read": &event }))).await else {
                return;
            };
            answer.ok();
            self.read_marker = Latest { acknowledged: event, unknown: None };
        }
    }

    /// After a restart: a fresh sync tells the newest of each.
    pub(crate) async fn check(&mut self, base_url: &str) {
        self.client = self.client.moved_to(base_url);
        let filter = json!({ "room": { "rooms": [&self.room], "timeline": { "limit": 1 } } }).to_string();
        let picture = self.client.sync(None, 0, &format!("&filter={}", encode(&filter))).await.ok();
        let content = |events: &Value, kind: &str| {
            let found = events.as_array().into_iter().flatten().find(|event| event["type"] == kind);
            found.map_or(Value::Null, |event| event["content"].clone())
        };
        let room = &picture["rooms"]["join"][&self.room];
        let count = content(&picture["account_data"]["events"], "org.example.count")["count"].clone();
        self.account_data.check("account data in sync", &count);
        let read = self.client.get(&self.account_data_path()).await.json()["count"].clone();
        self.account_data.check("account data", &read);
        let marker = content(&room["account_data"]["events"], "m.fully_read")["event_id"].clone();
        self.read_marker.check("the read marker", &marker);
        let receipts = content(&room["ephemeral"]["events"], "m.receipt");
        let own = |receipt: &&String| receipts[*receipt]["m.read"].get(&self.client.user_id).is_some();
        let own: Vec<&String> = receipts.as_object().into_iter().flat_map(|all| all.keys()).filter(own).collect();
        assert!(own.len() <= 1, "one person has read up to two places: {receipts}");
        let receipt = own.first().map_or(Value::Null, |event| json!(event));
        self.receipt.check("the receipt", &receipt);
    }

    /// How often each was written.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }
}
