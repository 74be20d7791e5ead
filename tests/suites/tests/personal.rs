//! What is a person's own: profile, account data, tags, what is read and unread, push rules, typing, presence.

use serde_json::{Value, json};
use veche_test_harness::{Client, Server, encode};

/// Longest wait of one sync.
const WAIT_MS: u64 = 10_000;

/// Alice and Bob share a room.
struct House {
    server: Server,
    alice: Client,
    bob: Client,
    room: String,
}

impl House {
    async fn new() -> Self {
        let server = Server::start().await;
        let (alice, bob) = (server.user("alice").await, server.user("bob").await);
        let room = alice.room_with(&[&bob]).await;
        Self { server, alice, bob, room }
    }

    /// A path below a user, or below a room of his.
    fn of(user: &Client, rest: &str) -> String {
        format!("/_matrix/client/v3/user/{}/{rest}", encode(&user.user_id))
    }

    fn in_room(&self, rest: &str) -> String {
        format!("/_matrix/client/v3/rooms/{}/{rest}", encode(&self.room))
    }

    async fn token(&self, user: &Client) -> String {
        user.sync(None, 0, "").await.ok()["next_batch"].as_str().expect("a token").to_owned()
    }

    /// Syncs from a token until the room has news.
    async fn news(&self, user: &Client, since: &str) -> Value {
        let mut since = since.to_owned();
        for _ in 0..20 {
            let answer = user.sync(Some(&since), WAIT_MS, "").await.ok();
            let room = &answer["rooms"]["join"][&self.room];
            if room.is_object() {
                return room.clone();
            }
            since = answer["next_batch"].as_str().expect("a token").to_owned();
        }
        panic!("the room had no news");
    }

    /// Notifications and highlights of Bob's room, threads apart.
    async fn unread(&self) -> (u64, u64, Value) {
        let filter = json!({ "room": { "timeline": { "unread_thread_notifications": true } } });
        let answer = self.bob.sync(None, 0, &format!("&filter={}", encode(&filter.to_string()))).await.ok();
        let room = &answer["rooms"]["join"][&self.room];
        let count = |name: &str| room["unread_notifications"][name].as_u64().expect("a count");
        (count("notification_count"), count("highlight_count"), room["unread_thread_notifications"].clone())
    }

    async fn reply_in_thread(&self, root: &str, text: &str) -> String {
        let relation = json!({ "rel_type": "m.thread", "event_id": root });
        let content = json!({ "msgtype": "m.text", "body": text, "m.relates_to": relation });
        self.alice.send(&self.room, "m.room.message", &content).await
    }

    async fn read(&self, event: &str, thread: &str) -> veche_test_harness::Answer {
        let path = self.in_room(&format!("receipt/m.read/{}", encode(event)));
        self.bob.post(&path, &json!({ "thread_id": thread })).await
    }
}

fn profile(user: &Client, field: &str) -> String {
    format!("/_matrix/client/v3/profile/{}/{field}", encode(&user.user_id))
}

#[tokio::test]
async fn a_new_name_reaches_the_rooms_and_the_search() {
    let house = House::new().await;
    let since = house.token(&house.bob).await;
    let body = json!({ "displayname": "Алиса Лидделл" });
    house.alice.put(&profile(&house.alice, "displayname"), &body).await.ok();
    assert_eq!(house.bob.get(&profile(&house.alice, "displayname")).await.ok(), body);
    let news = house.news(&house.bob, &since).await;
    let event = &news["timeline"]["events"][0];
    assert_eq!(event["content"], json!({ "membership": "join", "displayname": "Алиса Лидделл" }));
    assert_eq!(news["unread_notifications"]["notification_count"], 0);
    let search = json!({ "search_term": "лидд" });
    let found = house.bob.post("/_matrix/client/v3/user_directory/search", &search).await.ok();
    assert_eq!(found["results"][0]["user_id"], house.alice.user_id.as_str());
    assert_eq!(found["limited"], false);
}

#[tokio::test]
async fn profiles_have_fields_within_limits_and_one_owner() {
    let house = House::new().await;
    let (alice, bob) = (&house.alice, &house.bob);
    let field = json!({ "org.example.job": { "title": "engineer" } });
    alice.put(&profile(alice, "org.example.job"), &field).await.ok();
    assert_eq!(bob.get(&profile(alice, "org.example.job")).await.ok(), field);
    alice.delete(&profile(alice, "org.example.job"), &json!({})).await.ok();
    bob.get(&profile(alice, "org.example.job")).await.refused(404, "M_NOT_FOUND");
    bob.put(&profile(alice, "displayname"), &json!({ "displayname": "x" })).await.refused(403, "M_FORBIDDEN");
    let big = json!({ "org.big": "x".repeat(70_000) });
    alice.put(&profile(alice, "org.big"), &big).await.refused(400, "M_PROFILE_TOO_LARGE");
    let long = "a".repeat(256);
    alice.put(&profile(alice, &long), &json!({ &long: 1 })).await.refused(400, "M_KEY_TOO_LARGE");
    alice.put(&profile(alice, "Bad"), &json!({ "Bad": 1 })).await.refused(400, "M_INVALID_PARAM");
    alice.get("/_matrix/client/v3/profile/%40nobody%3Alocalhost").await.refused(404, "M_NOT_FOUND");
}

#[tokio::test]
async fn account_data_and_tags_are_told_to_their_owner_only() {
    let house = House::new().await;
    let (alice, bob) = (&house.alice, &house.bob);
    let since = house.token(alice).await;
    alice.put(&House::of(alice, "account_data/org.example"), &json!({ "a": 1 })).await.ok();
    let tags = format!("rooms/{}/tags/m.favourite", encode(&house.room));
    alice.put(&House::of(alice, &tags), &json!({ "order": 0.25 })).await.ok();
    let answer = alice.sync(Some(&since), WAIT_MS, "").await.ok();
    assert_eq!(answer["account_data"]["events"], json!([{ "type": "org.example", "content": { "a": 1 } }]));
    let tagged = json!({ "type": "m.tag", "content": { "tags": { "m.favourite": { "order": 0.25 } } } });
    assert_eq!(answer["rooms"]["join"][&house.room]["account_data"]["events"], json!([tagged]));
    bob.get(&House::of(alice, "account_data/org.example")).await.refused(403, "M_FORBIDDEN");
    alice.get(&House::of(alice, "account_data/org.none")).await.refused(404, "M_NOT_FOUND");
    alice.put(&House::of(alice, "account_data/m.push_rules"), &json!({})).await.refused(405, "M_BAD_JSON");
    let elsewhere = House::of(alice, "rooms/!nowhere%3Alocalhost/account_data/org.x");
    alice.put(&elsewhere, &json!({})).await.refused(404, "M_NOT_FOUND");
}

#[tokio::test]
async fn receipts_go_forward_and_take_what_they_cover_from_the_counts() {
    let mut house = House::new().await;
    let first = house.alice.say(&house.room, "one").await;
    let mention = json!({ "msgtype": "m.text", "body": "Bob!", "m.mentions": { "user_ids": [house.bob.user_id] } });
    let second = house.alice.send(&house.room, "m.room.message", &mention).await;
    assert_eq!(house.unread().await, (2, 1, Value::Null));
    let since = house.token(&house.alice).await;
    house.bob.receipt(&house.room, "m.read", &first).await.ok();
    let news = house.news(&house.alice, &since).await;
    assert!(news["ephemeral"]["events"][0]["content"][&first]["m.read"][&house.bob.user_id]["ts"].is_u64(), "{news}");
    assert_eq!(house.unread().await, (1, 1, Value::Null));
    house.server.kill();
    house.server.restart().await;
    house.alice = house.alice.moved_to(&house.server.base_url());
    house.bob = house.bob.moved_to(&house.server.base_url());
    assert_eq!(house.unread().await, (1, 1, Value::Null), "counts survive a restart");
    let since = house.token(&house.alice).await;
    house.bob.receipt(&house.room, "m.read.private", &second).await.ok();
    house.bob.receipt(&house.room, "m.read", &first).await.ok();
    assert_eq!(house.unread().await, (0, 0, Value::Null));
    let quiet = house.alice.sync(Some(&since), 0, "").await.ok();
    assert!(quiet["rooms"]["join"].is_null(), "a private receipt is nobody else's: {quiet}");
    house.bob.receipt(&house.room, "m.read", "$unknown").await.refused(404, "M_NOT_FOUND");
    house.bob.receipt(&house.room, "m.bogus", &first).await.refused(400, "M_INVALID_PARAM");
    house.server.user("carol").await.receipt(&house.room, "m.read", &first).await.refused(403, "M_FORBIDDEN");
}

#[tokio::test]
async fn threads_are_counted_and_read_apart() {
    let house = House::new().await;
    let root = house.alice.say(&house.room, "root").await;
    let replies = [house.reply_in_thread(&root, "one").await, house.reply_in_thread(&root, "two").await];
    let of_thread = |count: u64| json!({ &root: { "notification_count": count, "highlight_count": 0 } });
    assert_eq!(house.unread().await, (1, 0, of_thread(2)));
    house.read(&replies[0], &root).await.ok();
    assert_eq!(house.unread().await, (1, 0, of_thread(1)));
    house.read(&root, "main").await.ok();
    assert_eq!(house.unread().await, (0, 0, of_thread(1)));
    house.read(&replies[1], "main").await.refused(400, "M_INVALID_PARAM");
    house.bob.receipt(&house.room, "m.read", &replies[1]).await.ok();
    assert_eq!(house.unread().await, (0, 0, Value::Null), "an unthreaded receipt covers threads");
    house.alice.say(&house.room, "question").await;
    house.bob.say(&house.room, "answer").await;
    assert_eq!(house.unread().await, (0, 0, Value::Null), "who answers has read");
}

#[tokio::test]
async fn push_rules_decide_and_are_told_to_all_devices() {
    let house = House::new().await;
    let (bob, rules) = (&house.bob, "/_matrix/client/v3/pushrules/global");
    let since = house.token(bob).await;
    let rule = json!({ "pattern": "обед", "actions": ["notify", { "set_tweak": "highlight" }] });
    bob.put(&format!("{rules}/content/lunch"), &rule).await.ok();
    let told = bob.sync(Some(&since), WAIT_MS, "").await.ok();
    let event = &told["account_data"]["events"][0];
    assert_eq!(event["content"]["global"]["content"][0]["rule_id"], "lunch");
    assert_eq!(event["content"]["global"]["room"], json!([]), "kinds without rules are not left out");
    house.alice.say(&house.room, "Когда ОБЕД?").await;
    assert_eq!(house.unread().await, (1, 1, Value::Null));
    bob.put(&format!("{rules}/content/lunch/enabled"), &json!({ "enabled": false })).await.ok();
    house.alice.say(&house.room, "Обед!").await;
    assert_eq!(house.unread().await, (2, 1, Value::Null));
    for name in ["b", "a"] {
        bob.put(&format!("{rules}/content/{name}"), &json!({ "pattern": name, "actions": [] })).await.ok();
    }
    bob.put(&format!("{rules}/content/a?after=lunch"), &json!({ "pattern": "a", "actions": [] })).await.ok();
    let all = bob.get("/_matrix/client/v3/pushrules/").await.ok();
    let names: Vec<&str> = all["global"]["content"]
        .as_array()
        .map(|rules| rules.iter().filter_map(|rule| rule["rule_id"].as_str()).collect())
        .unwrap_or_default();
    assert_eq!(names, ["b", "lunch", "a"]);
    bob.get(&format!("{rules}/content/none")).await.refused(404, "M_NOT_FOUND");
    bob.delete(&format!("{rules}/override/.m.rule.master"), &json!({})).await.refused(400, "M_INVALID_PARAM");
    let condition = json!({ "kind": "event_match", "key": "type", "pattern": "x" });
    let many = json!({ "conditions": vec![condition; 21], "actions": [] });
    bob.put(&format!("{rules}/override/many"), &many).await.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn typing_is_told_and_ends_by_itself() {
    let house = House::new().await;
    let since = house.token(&house.alice).await;
    let path = house.in_room(&format!("typing/{}", encode(&house.bob.user_id)));
    house.bob.put(&path, &json!({ "typing": true, "timeout": 700 })).await.ok();
    let typing = |users: Value| json!([{ "type": "m.typing", "content": { "user_ids": users } }]);
    let news = house.news(&house.alice, &since).await;
    assert_eq!(news["ephemeral"]["events"], typing(json!([house.bob.user_id])));
    let since = house.token(&house.alice).await;
    let news = house.news(&house.alice, &since).await;
    assert_eq!(news["ephemeral"]["events"], typing(json!([])));
    house.server.user("carol").await.put(&path, &json!({ "typing": false })).await.refused(403, "M_FORBIDDEN");
}

#[tokio::test]
async fn presence_is_told_to_those_who_share_a_room() {
    let house = House::new().await;
    let status = format!("/_matrix/client/v3/presence/{}/status", encode(&house.bob.user_id));
    let mut since = house.token(&house.alice).await;
    house.bob.put(&status, &json!({ "presence": "unavailable", "status_msg": "обед" })).await.ok();
    let content = loop {
        let answer = house.alice.sync(Some(&since), WAIT_MS, "").await.ok();
        since = answer["next_batch"].as_str().expect("a token").to_owned();
        let events = answer["presence"]["events"].as_array().cloned().unwrap_or_default();
        let of_bob = events.into_iter().find(|event| event["sender"] == house.bob.user_id.as_str());
        if let Some(event) = of_bob.filter(|event| event["content"]["status_msg"].is_string()) {
            break event["content"].clone();
        }
    };
    assert_eq!((&content["presence"], &content["status_msg"]), (&json!("unavailable"), &json!("обед")));
    assert_eq!(house.alice.get(&status).await.ok()["presence"], "unavailable");
    house.server.user("carol").await.get(&status).await.refused(403, "M_FORBIDDEN");
    house.bob.put(&status, &json!({ "presence": "flying" })).await.refused(400, "M_INVALID_PARAM");
}
