//! What people see of rooms that they are not in, and of rooms at another time.

use serde_json::{Value, json};
use veche_test_harness::{Client, Server, encode};

struct House {
    server: Server,
    alice: Client,
    bob: Client,
    room: String,
}

impl House {
    /// Alice has a room that the world may read, in which three things were said.
    async fn new() -> Self {
        let server = Server::start().await;
        let (alice, bob) = (server.user("alice").await, server.user("bob").await);
        let history =
            json!({ "type": "m.room.history_visibility", "content": { "history_visibility": "world_readable" } });
        let room = alice.create_room(&json!({ "preset": "public_chat", "initial_state": [history] })).await;
        for text in ["one", "two", "three"] {
            alice.say(&room, text).await;
        }
        Self { server, alice, bob, room }
    }

    fn path(&self, rest: &str) -> String {
        format!("/_matrix/client/v3/rooms/{}/{rest}", encode(&self.room))
    }
}

fn texts(events: &Value) -> Vec<&str> {
    events.as_array().into_iter().flatten().filter_map(|event| event["content"]["body"].as_str()).collect()
}

#[tokio::test]
async fn a_stranger_looks_into_a_room_that_the_world_may_read() {
    let house = House::new().await;
    let glance = house.bob.get(&house.path("initialSync?limit=2")).await.ok();
    assert_eq!((&glance["room_id"], &glance["visibility"]), (&json!(house.room), &json!("private")));
    assert!(glance["membership"].is_null(), "{glance}");
    assert_eq!(texts(&glance["messages"]["chunk"]), ["two", "three"], "the oldest first");
    let mut state = glance["state"].as_array().expect("state").iter();
    assert!(state.any(|event| event["type"] == "m.room.create"), "{glance}");
    // One reads on from there, in both directions.
    let start = encode(glance["messages"]["start"].as_str().expect("a token"));
    let older = house.bob.get(&house.path(&format!("messages?dir=b&limit=1&from={start}"))).await.ok();
    assert_eq!(texts(&older["chunk"]), ["one"]);
    let end = encode(glance["messages"]["end"].as_str().expect("a token"));
    house.alice.say(&house.room, "four").await;
    let newer = house.bob.get(&house.path(&format!("messages?dir=f&from={end}"))).await.ok();
    assert_eq!(texts(&newer["chunk"]), ["four"]);
    house.bob.join(&house.room).await.ok();
    let glance = house.bob.get(&house.path("initialSync")).await.ok();
    assert_eq!(glance["membership"], "join");
    for limit in ["-1", "many", "99999999999999999999999"] {
        house.bob.get(&house.path(&format!("initialSync?limit={limit}"))).await.refused(400, "M_INVALID_PARAM");
    }
    house.bob.get(&house.path("initialSync?limit=4000000000")).await.ok();
}

#[tokio::test]
async fn into_other_rooms_nobody_looks() {
    let house = House::new().await;
    for room in [house.alice.room_with(&[]).await, "!unknown:localhost".to_owned()] {
        let path = format!("/_matrix/client/v3/rooms/{}/initialSync", encode(&room));
        // Clients take this for "no preview", and anything else for a fault.
        house.bob.get(&path).await.refused(403, "M_FORBIDDEN");
    }
}

#[tokio::test]
async fn members_are_asked_for_by_what_they_are_and_are_not() {
    let house = House::new().await;
    let (alice, room) = (&house.alice, &house.room);
    let others =
        [house.server.user("joined").await, house.server.user("invited").await, house.server.user("banned").await];
    others[0].join(room).await.ok();
    alice.membership(room, "invite", &others[1].user_id).await.ok();
    alice.membership(room, "ban", &others[2].user_id).await.ok();
    let members = |query: &str| {
        let path = house.path(&format!("members?{query}"));
        async move {
            let found = alice.get(&path).await.ok();
            let names = found["chunk"].as_array().expect("members").iter();
            let mut names: Vec<String> =
                names.filter_map(|event| Some(event["state_key"].as_str()?.to_owned())).collect();
            names.sort_unstable();
            names.into_iter().map(|name| name[1..2].to_owned()).collect::<String>()
        }
    };
    for (query, expected) in [
        ("", "abij"),
        ("membership=join", "aj"),
        ("not_membership=ban", "aij"),
        // Either is enough.
        ("membership=ban&not_membership=invite", "abj"),
        ("membership=join&not_membership=join", "abij"),
    ] {
        assert_eq!(members(query).await, expected, "{query}");
    }
}
