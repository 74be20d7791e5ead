//! Notifications reach the gateway: what, when, again after a failure, after a restart, and not after a refusal.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Mutex, mpsc},
    time::timeout,
};
use veche_test_harness::{Client, Server};

/// Longest wait for a notification; the first retry comes after two seconds.
const WAIT: Duration = Duration::from_secs(20);

/// A push gateway on a free port of loopback.
struct Gateway {
    url: String,
    /// Status and body of its next answers.
    answer: Arc<Mutex<(u16, Value)>>,
    told: mpsc::UnboundedReceiver<Value>,
}

impl Gateway {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/_matrix/push/v1/notify", listener.local_addr().expect("an address"));
        let answer = Arc::new(Mutex::new((200, json!({ "rejected": [] }))));
        let (tell, told) = mpsc::unbounded_channel();
        let answers = Arc::clone(&answer);
        let serve = async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = serve_one(stream, &answers, &tell).await;
            }
        };
        #[expect(clippy::disallowed_methods, reason = "the test's own gateway ends with the test")]
        tokio::spawn(serve);
        Self { url, answer, told }
    }

    async fn answer_with(&self, status: u16, body: Value) {
        *self.answer.lock().await = (status, body);
    }

    async fn next(&mut self) -> Value {
        timeout(WAIT, self.told.recv()).await.expect("a notification in time").expect("the gateway lives")
    }

    fn pusher(&self, key: &str, more: &Value) -> Value {
        let mut data = json!({ "url": self.url });
        data.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        json!({
            "kind": "http", "app_id": "org.example.app", "pushkey": key, "lang": "ru",
            "app_display_name": "App", "device_display_name": "Phone", "data": data,
        })
    }
}

/// One request on one connection.
async fn serve_one(
    mut stream: TcpStream,
    answers: &Mutex<(u16, Value)>,
    tell: &mpsc::UnboundedSender<Value>,
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let body = loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await?;
        if count == 0 {
            return Ok(());
        }
        bytes.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            break serde_json::from_str::<Value>(body).expect("the server sends JSON");
        }
    };
    let (status, answer) = answers.lock().await.clone();
    let answer = answer.to_string();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(answer.as_bytes()).await?;
    // Told last, so that a test that changes the answer afterwards does not change this one.
    let _ = tell.send(body["notification"].clone());
    Ok(())
}

async fn server() -> (Server, Client, Client, String) {
    let server = Server::start_with(&[("network.outbound", "loopback")]).await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let room = alice.room_with(&[&bob]).await;
    (server, alice, bob, room)
}

async fn pushkeys(user: &Client) -> Vec<String> {
    let answer = user.get("/_matrix/client/v3/pushers").await.ok();
    let keys = answer["pushers"].as_array().expect("a list").iter().map(|pusher| pusher["pushkey"].as_str());
    keys.flatten().map(str::to_owned).collect()
}

const SET: &str = "/_matrix/client/v3/pushers/set";

#[tokio::test]
async fn a_gateway_is_told_and_told_again_until_it_takes_it() {
    let (mut server, alice, bob, room) = server().await;
    let mut gateway = Gateway::open().await;
    bob.post(SET, &gateway.pusher("key", &json!({ "format": "event_id_only" }))).await.ok();
    let event = alice.say(&room, "hello").await;
    let told = gateway.next().await;
    assert_eq!((&told["event_id"], &told["room_id"]), (&json!(event), &json!(room)));
    assert_eq!(told["counts"]["unread"], 1);
    assert!(told["content"].is_null() && told["sender"].is_null(), "{told}");
    bob.receipt(&room, "m.read", &event).await.ok();
    let told = gateway.next().await;
    assert_eq!((&told["counts"]["unread"], &told["event_id"]), (&json!(0), &Value::Null), "the badge goes back");

    bob.post(SET, &gateway.pusher("key", &json!({}))).await.ok();
    gateway.answer_with(502, json!({})).await;
    let event = alice.say(&room, "with details").await;
    gateway.next().await;
    gateway.answer_with(200, json!({})).await;
    let told = gateway.next().await;
    assert_eq!((&told["event_id"], &told["content"]["body"]), (&json!(event), &json!("with details")));

    gateway.answer_with(502, json!({})).await;
    let event = alice.say(&room, "over the restart").await;
    gateway.next().await;
    server.stop().await;
    gateway.answer_with(200, json!({})).await;
    server.restart().await;
    assert_eq!(gateway.next().await["event_id"], json!(event));
}

#[tokio::test]
async fn pushers_go_with_their_device_their_key_or_by_refusal() {
    let (server, alice, bob, room) = server().await;
    let mut gateway = Gateway::open().await;
    let phone = bob.login().await;
    phone.post(SET, &gateway.pusher("phone", &json!({}))).await.ok();
    bob.post(SET, &gateway.pusher("shared", &json!({}))).await.ok();
    assert_eq!(pushkeys(&bob).await, ["phone", "shared"]);
    phone.logout().await.ok();
    timeout(WAIT, async { while pushkeys(&bob).await.len() > 1 {} }).await.expect("gone with the device");

    alice.post(SET, &gateway.pusher("shared", &json!({}))).await.ok();
    assert!(pushkeys(&bob).await.is_empty(), "the phone has a new owner");
    let mut beside = gateway.pusher("shared", &json!({}));
    beside["append"] = json!(true);
    bob.post(SET, &beside).await.ok();
    assert_eq!((pushkeys(&alice).await.len(), pushkeys(&bob).await.len()), (1, 1));

    gateway.answer_with(200, json!({ "rejected": ["shared"] })).await;
    alice.say(&room, "to a phone that is no more").await;
    gateway.next().await;
    timeout(WAIT, async { while !pushkeys(&bob).await.is_empty() {} }).await.expect("gone by refusal");

    let refused = [
        ("http://example.org/_matrix/push/v1/notify", "http"),
        ("https://example.org/other", "http"),
        ("https://10.0.0.1@example.org/_matrix/push/v1/notify", "http"),
        (gateway.url.as_str(), "email"),
    ];
    for (url, kind) in refused {
        let mut pusher = gateway.pusher("key", &json!({ "url": url }));
        pusher["kind"] = json!(kind);
        bob.post(SET, &pusher).await.refused(400, "M_INVALID_PARAM");
    }
    drop(server);
}

#[tokio::test]
async fn a_call_rings() {
    let (_server, alice, bob, room) = server().await;
    let mut gateway = Gateway::open().await;
    bob.post(SET, &gateway.pusher("key", &json!({}))).await.ok();
    let call = |kind: &str, mentions: Value| json!({ "notification_type": kind, "lifetime": 30_000, "sender_ts": 1, "m.mentions": mentions });
    let sound = |told: &Value| told["devices"][0]["tweaks"]["sound"].clone();
    // Two are in this room: the other one is meant, also where nobody may call all.
    let levels = json!({ "users": {}, "notifications": { "room": 100 }, "state_default": 0 });
    alice.set_state(&room, "m.room.power_levels", "", &levels).await.ok();
    alice.send(&room, "org.matrix.msc4075.rtc.notification", &call("ring", json!({ "room": true }))).await;
    assert_eq!(sound(&gateway.next().await), "ring");
    alice.send(&room, "org.matrix.msc4075.rtc.notification", &call("ring", json!({ "user_ids": [bob.user_id] }))).await;
    assert_eq!(sound(&gateway.next().await), "ring");
    alice.send(&room, "org.matrix.msc4075.rtc.notification", &call("notification", json!({ "room": true }))).await;
    assert_ne!(sound(&gateway.next().await), "ring");
    alice.send(&room, "org.matrix.msc4075.rtc.invite", &json!({ "m.mentions": { "user_ids": [bob.user_id] } })).await;
    assert_eq!(sound(&gateway.next().await), "ring");
}
