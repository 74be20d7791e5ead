//! Sliding sync in both dialects: what lists hold, what rooms say, what a connection remembers.

use serde_json::{Value, json};
use veche_test_harness::{Answer, Client, Server, encode};

/// Longest wait of one sync.
const WAIT_MS: u64 = 10_000;

/// Sliding sync as it was accepted.
async fn v4(user: &Client, body: &Value) -> Answer {
    user.post("/_matrix/client/v4/sync", body).await
}

/// The rooms that a list with these filters shows, by the names given here.
async fn listed(user: &Client, filters: &Value, names: &[(&str, &str)]) -> Vec<String> {
    let list = |range: &str, range_value: Value, state: Value| json!({ range: range_value, "timeline_limit": 1, "required_state": state, "filters": filters });
    let former = json!({ "lists": { "a": list("ranges", json!([[0, 99]]), json!([])) } });
    let former = user.sliding_sync(None, 0, &former).await.ok();
    let accepted = json!({ "lists": { "a": list("range", json!([0, 99]), json!({})) } });
    let accepted = v4(user, &accepted).await.ok();
    let rooms = |answer: &Value| -> Vec<String> {
        let name = |room: &String| names.iter().find(|(_, id)| id == room).map_or("?", |(name, _)| *name).to_owned();
        let mut rooms: Vec<String> = answer["rooms"].as_object().expect("rooms").keys().map(name).collect();
        rooms.sort();
        rooms
    };
    let found = rooms(&former);
    assert_eq!(found, rooms(&accepted), "{filters} means the same in both dialects");
    assert_eq!(former["lists"]["a"]["count"], found.len(), "{former}");
    found
}

#[tokio::test]
async fn each_filter_keeps_what_it_says() {
    let server = Server::start().await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let plain = alice.create_room(&json!({ "name": "Ведомость" })).await;
    let algorithm = json!({ "algorithm": "m.megolm.v1.aes-sha2" });
    let encrypted = json!({ "type": "m.room.encryption", "state_key": "", "content": algorithm });
    let secret = alice.create_room(&json!({ "name": "Secret", "initial_state": [encrypted] })).await;
    let space = alice.create_room(&json!({ "creation_content": { "type": "m.space" } })).await;
    let invite = bob.create_room(&json!({ "invite": [alice.user_id] })).await;
    let lost = bob.room_with(&[&alice]).await;
    bob.membership(&lost, "kick", &alice.user_id).await.ok();
    let left = bob.room_with(&[&alice]).await;
    alice.leave(&left).await.ok();
    alice.set_state(&space, "m.space.child", &plain, &json!({ "via": ["localhost"] })).await.ok();
    alice.set_state(&space, "m.space.child", &secret, &json!({})).await.ok();
    let mine = format!("/_matrix/client/v3/user/{}", encode(&alice.user_id));
    let direct = json!({ &bob.user_id: [secret] });
    alice.put(&format!("{mine}/account_data/m.direct"), &direct).await.ok();
    for (room, tag) in [(&plain, "m.favourite"), (&plain, "u.work"), (&secret, "u.work")] {
        alice.put(&format!("{mine}/rooms/{}/tags/{tag}", encode(room)), &json!({})).await.ok();
    }
    let names: Vec<(&str, &str)> = [
        ("plain", &plain),
        ("secret", &secret),
        ("space", &space),
        ("invite", &invite),
        ("lost", &lost),
        ("left", &left),
    ]
    .map(|(name, id)| (name, id.as_str()))
    .to_vec();
    for (filters, expected) in [
        (json!({}), &["invite", "lost", "plain", "secret", "space"][..]),
        (json!({ "is_dm": true }), &["secret"]),
        (json!({ "is_dm": false }), &["invite", "lost", "plain", "space"]),
        (json!({ "is_encrypted": true }), &["secret"]),
        (json!({ "is_encrypted": false }), &["invite", "lost", "plain", "space"]),
        (json!({ "is_invite": true }), &["invite"]),
        (json!({ "is_invited": false }), &["lost", "plain", "secret", "space"]),
        (json!({ "room_types": ["m.space"] }), &["space"]),
        (json!({ "room_types": [null] }), &["invite", "lost", "plain", "secret"]),
        (json!({ "room_types": [] }), &[]),
        (json!({ "room_types": ["m.space", null], "not_room_types": [null] }), &["space"]),
        (json!({ "not_room_types": ["m.space"] }), &["invite", "lost", "plain", "secret"]),
        (json!({ "spaces": [space] }), &["plain"]),
        (json!({ "spaces": [plain, "!unknown:localhost", invite] }), &[]),
        (json!({ "tags": ["u.work"] }), &["plain", "secret"]),
        (json!({ "tags": ["m.favourite", "u.none"] }), &["plain"]),
        (json!({ "tags": ["u.work"], "not_tags": ["m.favourite"] }), &["secret"]),
        (json!({ "not_tags": ["u.work"] }), &["invite", "lost", "space"]),
        (json!({ "room_name_like": "ВЕДОМ" }), &["plain"]),
        (json!({ "room_name_like": "nowhere" }), &[]),
    ] {
        assert_eq!(listed(&alice, &filters, &names).await, expected, "{filters}");
    }
}

#[tokio::test]
async fn the_accepted_dialect_says_what_the_proposal_says() {
    let server = Server::start().await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let room = alice.create_room(&json!({ "name": "Office", "invite": [bob.user_id] })).await;
    let everything = json!({ "include": [{}], "exclude": [{ "type": "m.room.create", "state_key": "" }] });
    let wishes = |pos: Value, limit: u64| {
        json!({
            "conn_id": "main",
            "pos": pos,
            "timeout": WAIT_MS,
            "lists": { "all": { "timeline_limit": limit, "required_state": everything, "range": [0, 9] } },
        })
    };
    let first = v4(&bob, &wishes(Value::Null, 1)).await.ok();
    let outside = &first["rooms"][&room];
    assert_eq!((&outside["membership"], &outside["lists"]), (&json!("invite"), &json!(["all"])), "{first}");
    assert!(outside["stripped_state"].as_array().is_some_and(|state| !state.is_empty()), "{first}");
    assert!(outside["bump_stamp"].is_u64() && outside["name"].is_null() && outside["num_live"].is_null());
    bob.join(&room).await.ok();
    let second = v4(&bob, &wishes(first["pos"].clone(), 1)).await.ok();
    let inside = &second["rooms"][&room];
    assert_eq!((&inside["membership"], &inside["initial"]), (&json!("join"), &json!(true)), "{second}");
    assert_eq!((&inside["name"], &inside["joined_count"]), (&json!("Office"), &json!(2)));
    assert!(inside["heroes"].is_null(), "a named room needs nobody to name it");
    assert_eq!(inside["timeline_events"].as_array().map(Vec::len), Some(1));
    assert!(inside["limited"] == true && inside["timeline"].is_null());
    let kinds: Vec<&str> =
        inside["required_state"].as_array().expect("state").iter().filter_map(|e| e["type"].as_str()).collect();
    assert!(kinds.contains(&"m.room.power_levels") && !kinds.contains(&"m.room.create"), "{kinds:?}");
    // A longer timeline is told at once, with what the client has.
    let third = v4(&bob, &wishes(second["pos"].clone(), 3)).await.ok();
    let longer = &third["rooms"][&room];
    assert_eq!((&longer["expanded_timeline"], &longer["num_live"]), (&json!(true), &json!(0)), "{third}");
    assert_eq!(longer["timeline_events"].as_array().map(Vec::len), Some(3));
    // The name goes, and is said to be gone; the others are named instead.
    alice.set_state(&room, "m.room.name", "", &json!({})).await.ok();
    let fourth = v4(&bob, &wishes(third["pos"].clone(), 3)).await.ok();
    let unnamed = fourth["rooms"][&room].as_object().expect("the room");
    assert_eq!(unnamed.get("name"), Some(&Value::Null), "{fourth}");
    assert_eq!(unnamed["heroes"][0]["user_id"], alice.user_id.as_str());
    // A place in a connection is a place in history.
    let pos = fourth["pos"].as_str().expect("a pos");
    let page = bob.messages(&room, Some(pos), "b", 1).await.ok();
    assert_eq!(page["chunk"][0]["type"], "m.room.name");
    alice.membership(&room, "ban", &bob.user_id).await.ok();
    let fifth = v4(&bob, &wishes(fourth["pos"].clone(), 3)).await.ok();
    assert_eq!(fifth["rooms"][&room]["membership"], "ban", "{fifth}");
}

#[tokio::test]
async fn extensions_of_the_accepted_dialect_have_the_names_they_have_today() {
    let server = Server::start().await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let room = alice.room_with(&[&bob]).await;
    alice.to_device("org.example", &bob.user_id, &bob.device_id, &json!({ "n": 1 })).await.ok();
    alice.typing(&room, true).await.ok();
    let to_device = "org.matrix.msc4538.to_device";
    let wishes = |since: Value| {
        json!({
            "room_subscriptions": { &room: { "timeline_limit": 0, "required_state": {} } },
            "extensions": {
                to_device: { "enabled": true, "since": since },
                "org.matrix.msc4543.e2ee": { "enabled": true },
                "typing": { "enabled": true },
                "org.example.unknown": { "enabled": true },
                "to_device": { "enabled": true },
            },
        })
    };
    let answer = v4(&bob, &wishes(Value::Null)).await.ok();
    let told = &answer["extensions"];
    assert_eq!(told["typing"]["rooms"][&room]["content"]["user_ids"], json!([alice.user_id]), "{answer}");
    let keys = &told["org.matrix.msc4543.e2ee"];
    assert!(keys["device_one_time_keys_count"].is_object(), "{answer}");
    assert_eq!(keys["device_unused_fallback_key_types"], json!([]));
    assert_eq!(told[to_device]["events"][0]["content"]["n"], 1);
    assert!(told["to_device"].is_null());
    let again = v4(&bob, &wishes(Value::Null)).await.ok();
    assert_eq!(again["extensions"][to_device]["events"][0]["content"]["n"], 1, "kept until acknowledged");
    let next = v4(&bob, &wishes(again["extensions"][to_device]["next_batch"].clone())).await.ok();
    assert_eq!(next["extensions"][to_device]["events"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let server = Server::start().await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let list = json!({ "timeline_limit": 1, "required_state": {} });
    let pos = v4(&alice, &json!({ "lists": { "a": list } })).await.ok()["pos"].clone();
    let pos_text = pos.as_str().expect("a pos").to_owned();
    v4(&alice, &json!({ "pos": pos, "lists": { "a": list } })).await.ok();
    v4(&bob, &json!({ "pos": pos })).await.refused(400, "M_UNKNOWN_POS");
    v4(&alice, &json!({ "pos": pos, "conn_id": "other" })).await.refused(400, "M_UNKNOWN_POS");
    v4(&alice.login().await, &json!({ "pos": pos })).await.refused(400, "M_UNKNOWN_POS");
    for unknown in ["", "0", "s1_2", "s1_2;x_1", "s1_2;_", "x"] {
        v4(&alice, &json!({ "pos": unknown })).await.refused(400, "M_UNKNOWN_POS");
        alice.sliding_sync(Some(unknown), 0, &json!({})).await.refused(400, "M_UNKNOWN_POS");
    }
    // A place in a connection is none in the other kind of sync: its messages would be taken for received.
    alice.sync(Some(&pos_text), 0, "").await.refused(400, "M_INVALID_PARAM");
    for (body, errcode) in [
        (json!({ "set_presence": "flying" }), "M_INVALID_PARAM"),
        (json!({ "lists": { "a b": list } }), "M_INVALID_PARAM"),
        (json!({ "conn_id": "x".repeat(300) }), "M_INVALID_PARAM"),
        (
            json!({ "lists": { "a": { "timeline_limit": 1, "required_state": {}, "range": [2, 1] } } }),
            "M_INVALID_PARAM",
        ),
        (json!({ "lists": { "a": { "timeline_limit": -1, "required_state": {} } } }), "M_BAD_JSON"),
        (json!({ "lists": { "a": { "timeline_limit": 1 } } }), "M_BAD_JSON"),
        (
            json!({ "room_subscriptions": { "!a:b": { "timeline_limit": 1, "required_state": [["x", ""]] } } }),
            "M_BAD_JSON",
        ),
        (
            json!({ "extensions": { "org.matrix.msc4538.to_device": { "enabled": true, "limit": 0 } } }),
            "M_INVALID_PARAM",
        ),
        (
            json!({ "extensions": { "org.matrix.msc4538.to_device": { "enabled": true, "since": "x" } } }),
            "M_INVALID_PARAM",
        ),
    ] {
        v4(&alice, &body).await.refused(400, errcode);
    }
    let many: serde_json::Map<String, Value> = (0..101).map(|n| (n.to_string(), list.clone())).collect();
    v4(&alice, &json!({ "lists": many })).await.refused(400, "M_INVALID_PARAM");
    // Connections of a device have a limit; the one unused for longest makes room.
    for number in 0..20 {
        v4(&alice, &json!({ "conn_id": format!("c{number}") })).await.ok();
    }
    v4(&alice, &json!({ "pos": pos })).await.refused(400, "M_UNKNOWN_POS");
    let flags = alice.get("/_matrix/client/versions").await.ok()["unstable_features"].clone();
    for flag in
        ["org.matrix.simplified_msc3575", "org.matrix.msc4508.stable", "org.matrix.msc4538", "org.matrix.msc4543"]
    {
        assert_eq!(flags[flag], true, "{flag}");
    }
}

#[tokio::test]
async fn the_former_dialect_says_what_element_x_looks_for() {
    let server = Server::start().await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let room = alice.room_with(&[&bob]).await;
    let said = alice.say(&room, "one").await;
    let state = json!([["m.room.member", "$ME"], ["m.room.member", "$LAZY"], ["m.room.create", "*"]]);
    let wishes = |limit: u64| {
        json!({ "txn_id": "t", "lists": { "all": {
            "ranges": [[0, 19]], "timeline_limit": limit, "required_state": state,
        } } })
    };
    let first = bob.sliding_sync(None, 0, &wishes(1)).await.ok();
    let told = &first["rooms"][&room];
    assert_eq!((&first["txn_id"], &first["lists"]["all"]["count"]), (&json!("t"), &json!(1)));
    assert_eq!((&told["initial"], &told["num_live"], &told["limited"]), (&json!(true), &json!(0), &json!(true)));
    assert_eq!(told["timeline"][0]["event_id"], said.as_str());
    assert_eq!((&told["joined_count"], &told["invited_count"]), (&json!(2), &json!(0)));
    assert_eq!(told["heroes"], json!([{ "user_id": alice.user_id }]), "{told}");
    assert!(told["name"].is_null(), "what to call a room without a name is for clients to say");
    assert_eq!((&told["notification_count"], &told["highlight_count"]), (&json!(1), &json!(0)));
    assert!(told["membership"].is_null() && told["lists"].is_null() && told["timeline_events"].is_null());
    let keys: Vec<(&str, &str)> = told["required_state"]
        .as_array()
        .expect("state")
        .iter()
        .filter_map(|event| Some((event["type"].as_str()?, event["state_key"].as_str()?)))
        .collect();
    let (me, speaker) = (("m.room.member", bob.user_id.as_str()), ("m.room.member", alice.user_id.as_str()));
    assert_eq!(keys.len(), 3, "{keys:?}");
    assert!([me, speaker, ("m.room.create", "")].iter().all(|key| keys.contains(key)), "{keys:?}");
    let stamp = told["bump_stamp"].as_u64().expect("a stamp");
    // A longer timeline comes with what is known already, and is marked.
    let second = bob.sliding_sync(first["pos"].as_str(), WAIT_MS, &wishes(3)).await.ok();
    let longer = &second["rooms"][&room];
    assert_eq!((&longer["unstable_expanded_timeline"], &longer["initial"]), (&json!(true), &Value::Null), "{second}");
    assert_eq!(longer["timeline"].as_array().map(Vec::len), Some(3));
    // What nobody calls news moves a room up the list and leaves its stamp alone.
    let relation = json!({ "rel_type": "m.annotation", "event_id": said, "key": "+" });
    alice.send(&room, "m.reaction", &json!({ "m.relates_to": relation })).await;
    let third = bob.sliding_sync(second["pos"].as_str(), WAIT_MS, &wishes(3)).await.ok();
    let reacted = &third["rooms"][&room];
    assert_eq!((&reacted["bump_stamp"], &reacted["num_live"]), (&json!(stamp), &json!(1)), "{third}");
    assert!(reacted["unstable_expanded_timeline"].is_null() && reacted["limited"].is_null(), "{third}");
    // The event before the first one told is the first one of the page before it.
    let from = longer["prev_batch"].as_str();
    let page = bob.messages(&room, from, "b", 1).await.ok();
    let all: Vec<Value> = bob.history(&room).await;
    let ids: Vec<&str> = all.iter().filter_map(|event| event["event_id"].as_str()).collect();
    let at = ids.iter().position(|id| *id == longer["timeline"][0]["event_id"]).expect("it is in history");
    assert_eq!(page["chunk"][0]["event_id"], ids[at - 1]);
}

/// The event with this id, wherever it stands in an answer.
fn find<'v>(value: &'v Value, id: &str) -> Option<&'v Value> {
    match value {
        Value::Object(fields) if fields.get("event_id").is_some_and(|event| event == id) => Some(value),
        Value::Object(fields) => fields.values().find_map(|value| find(value, id)),
        Value::Array(values) => values.iter().find_map(|value| find(value, id)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Under which transaction id a session is shown an event by everything that shows events.
async fn transaction_ids(user: &Client, room: &str, root: &str, event: &str) -> Vec<Value> {
    let list = |range: &str, value: Value, state: Value| json!({ "lists": { "a": { range: value, "timeline_limit": 9, "required_state": state } } });
    let in_room = |rest: String| format!("/_matrix/client/v3/rooms/{}/{rest}", encode(room));
    let relations = format!("/_matrix/client/v1/rooms/{}/relations/{}", encode(room), encode(root));
    let answers = [
        user.sync(None, 0, "").await,
        user.sliding_sync(None, 0, &list("ranges", json!([[0, 9]]), json!([]))).await,
        v4(user, &list("range", json!([0, 9]), json!({}))).await,
        user.messages(room, None, "b", 9).await,
        user.messages(room, None, "f", 99).await,
        user.event(room, event).await,
        user.get(&in_room(format!("context/{}", encode(event)))).await,
        user.get(&in_room(format!("context/{}", encode(root)))).await,
        user.get(&relations).await,
    ];
    let shown = |answer: Answer| {
        let asked = answer.asked.clone();
        let answer = answer.ok();
        let event = find(&answer, event).unwrap_or_else(|| panic!("{asked} does not show the event"));
        event["unsigned"]["transaction_id"].clone()
    };
    answers.into_iter().map(shown).collect()
}

#[tokio::test]
async fn an_event_names_its_request_to_the_device_that_made_it_wherever_it_is_read() {
    let mut server = Server::start().await;
    let (mut phone, bob) = (server.user("alice").await, server.user("bob").await);
    let tablet = phone.login().await;
    let room = phone.room_with(&[&bob]).await;
    let root = phone.say(&room, "the budget").await;
    let thread = json!({ "rel_type": "m.thread", "event_id": root });
    let content = json!({ "msgtype": "m.text", "body": "too high", "m.relates_to": thread });
    let sent = phone.send_as(&room, "m.room.message", "mine", &content).await.ok();
    let sent = sent["event_id"].as_str().expect("an event id");
    let ids = transaction_ids(&phone, &room, &root, sent).await;
    assert!(ids.iter().all(|id| id == "mine"), "{ids:?}");
    for other in [&tablet, &bob] {
        let ids = transaction_ids(other, &room, &root, sent).await;
        assert!(ids.iter().all(Value::is_null), "{ids:?}");
    }
    // A device that comes back to a server that was away still has to know its own.
    server.kill();
    server.restart().await;
    phone = phone.moved_to(&server.base_url());
    let ids = transaction_ids(&phone, &room, &root, sent).await;
    assert!(ids.iter().all(|id| id == "mine"), "{ids:?}");
}
