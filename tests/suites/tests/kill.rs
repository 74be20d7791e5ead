//! `kill -9` under load, again and again: nothing that was acknowledged is lost, doubled or changed.
//!
//! The oracle is this process, which the kills do not touch. It writes down every 2xx before the next request, and
//! after each restart compares the server with its list: in each member's sync, in `/messages`, and by repeating
//! requests under their old transaction ids. `VECHE_KILL_CYCLES` sets the number of kills (100 by default).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::{Client, Server, Timeline, encode};

/// Kills in an ordinary run.
const CYCLES: u64 = 100;
/// Messages that a writer gets acknowledged in one life of the server, at most; the kill comes at a random one.
const LIFE_MESSAGES_MAX: u64 = 60;

/// What one writer did in one life of the server.
#[derive(Default)]
struct Life {
    /// Transaction id to event id, as answered.
    acknowledged: BTreeMap<String, String>,
    /// Sent, and the answer never came.
    unknown: Option<String>,
}

/// Numbers from a seed, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        // SplitMix64 (Steele, Lea, Flood 2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

fn from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Sends numbered messages until the server dies or `enough` is reached, whichever is first.
async fn write(client: Client, room: String, life: u64, enough: u64, killed: Arc<AtomicBool>) -> Life {
    let mut done = Life::default();
    for number in 0..enough {
        let transaction = format!("{}-{life}-{number}", client.device_id);
        let path = format!("/_matrix/client/v3/rooms/{}/send/m.room.message/{transaction}", encode(&room));
        let body = json!({ "msgtype": "m.text", "body": transaction });
        let sent = client.try_send(client.request(Method::PUT, &path).json(&body)).await;
        match sent {
            Ok(answer) => {
                let answer = answer.ok();
                let event_id = answer["event_id"].as_str().expect("an event id").to_owned();
                done.acknowledged.insert(transaction, event_id);
            }
            Err(error) => {
                assert!(killed.load(Ordering::SeqCst), "a request failed while the server ran: {error}");
                done.unknown = Some(transaction);
                break;
            }
        }
    }
    done
}

/// Repeats what a writer sent: the same transaction gives the same event, and an unanswered one happens now at last.
async fn repeat(client: &Client, room: &str, life: &mut Life) {
    let newest = life.acknowledged.iter().next_back().map(|(id, event)| (id.clone(), event.clone()));
    if let Some((transaction, event_id)) = newest {
        let body = json!({ "msgtype": "m.text", "body": "a repetition must not be sent" });
        let again = client.send_as(room, "m.room.message", &transaction, &body).await.ok();
        assert_eq!(again["event_id"], event_id.as_str(), "the repeated transaction made another event");
    }
    if let Some(transaction) = life.unknown.take() {
        let body = json!({ "msgtype": "m.text", "body": transaction });
        let first = client.send_as(room, "m.room.message", &transaction, &body).await.ok();
        let second = client.send_as(room, "m.room.message", &transaction, &body).await.ok();
        assert_eq!(first["event_id"], second["event_id"]);
        life.acknowledged.insert(transaction, first["event_id"].as_str().expect("an event id").to_owned());
    }
}

/// Every acknowledged message is in `events` once, under its id and with its text, and there are no others.
fn compare(whose: &str, events: &[Value], expected: &BTreeMap<String, String>) {
    let mut seen = BTreeSet::new();
    for event in events.iter().filter(|event| event["type"] == "m.room.message") {
        let (id, text) = (event["event_id"].as_str().unwrap_or_default(), event["content"]["body"].as_str());
        let text = text.unwrap_or_default();
        assert!(seen.insert(text.to_owned()), "{whose} has {text} twice");
        assert_eq!(expected.get(text).map(String::as_str), Some(id), "{whose} has {text} under another id");
    }
    let missing: Vec<_> = expected.keys().filter(|text| !seen.contains(*text)).collect();
    assert!(missing.is_empty(), "{whose} lost {} acknowledged messages: {missing:?}", missing.len());
}

#[expect(clippy::disallowed_methods, reason = "a test has no supervisor; it joins what it spawns")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_when_the_process_is_killed() {
    let cycles = from_env("VECHE_KILL_CYCLES", CYCLES);
    let seed = from_env("VECHE_KILL_SEED", u64::from(std::process::id()));
    println!("VECHE_KILL_SEED={seed} VECHE_KILL_CYCLES={cycles}");
    let mut dice = Dice(seed);
    let mut server = Server::start().await;
    let mut writers = Vec::new();
    for name in ["alice", "bob", "carol"] {
        writers.push(server.user(name).await);
    }
    let room = writers[0].room_with(&[&writers[1], &writers[2]]).await;
    let mut readers: Vec<Timeline> = writers.iter().map(Timeline::of).collect();
    for reader in &mut readers {
        reader.next(0).await;
    }
    let mut expected: BTreeMap<String, String> = BTreeMap::new();
    for life in 0..cycles {
        let killed = Arc::new(AtomicBool::new(false));
        let enough = 1 + dice.below(LIFE_MESSAGES_MAX);
        let tasks: Vec<_> = writers
            .iter()
            .enumerate()
            .map(|(index, client)| {
                // The first writer decides when the kill comes; the others are in the middle of a request then.
                let messages = if index == 0 { enough } else { u64::MAX };
                tokio::spawn(write(client.clone(), room.clone(), life, messages, Arc::clone(&killed)))
            })
            .collect();
        let mut tasks = tasks.into_iter();
        let mut lives = vec![tasks.next().expect("three writers").await.expect("the writer does not panic")];
        killed.store(true, Ordering::SeqCst);
        server.kill();
        for task in tasks {
            lives.push(task.await.expect("the writer does not panic"));
        }
        server.restart().await;
        for (client, life) in writers.iter_mut().zip(&mut lives) {
            *client = client.moved_to(&server.base_url());
            repeat(client, &room, life).await;
            expected.append(&mut life.acknowledged);
        }
        for (reader, client) in readers.iter_mut().zip(&writers) {
            reader.move_to(&server.base_url());
            reader.next(0).await;
            compare(&format!("the sync of {} after kill {life}", client.user_id), reader.events(&room), &expected);
        }
    }
    compare("/messages", &writers[1].history(&room).await, &expected);
    println!("{} acknowledged messages over {cycles} kills, none lost, none doubled", expected.len());
}
