//! Each field of a filter changes the answer of `/sync` as it says.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use veche_test_harness::{Client, Server, encode};

/// Alice, Bob and Carol in one room in which something has happened.
struct House {
    server: Server,
    alice: Client,
    bob: Client,
    carol: Client,
    room: String,
    /// The texts that were sent, and the file and the sticker, in order.
    sent: Vec<String>,
}

impl House {
    async fn new() -> Self {
        let server = Server::start().await;
        let (alice, bob, carol) = (server.user("alice").await, server.user("bob").await, server.user("carol").await);
        let room = alice.room_with(&[&bob, &carol]).await;
        let file = json!({ "msgtype": "m.file", "body": "plan", "url": "mxc://localhost/plan" });
        let sent = vec![
            alice.say(&room, "one").await,
            bob.say(&room, "two").await,
            carol.say(&room, "three").await,
            alice.send(&room, "m.room.message", &file).await,
            bob.send(&room, "org.example.note", &json!({ "body": "note" })).await,
        ];
        Self { server, alice, bob, carol, room, sent }
    }

    /// An answer for Bob.
    async fn answer(&self, since: Option<&str>, filter: &Value, more: &str) -> Value {
        let filter = format!("&filter={}{more}", encode(&filter.to_string()));
        self.bob.sync(since, 0, &filter).await.ok()
    }

    async fn token(&self) -> String {
        self.bob.sync(None, 0, "").await.ok()["next_batch"].as_str().expect("a token").to_owned()
    }

    /// The room's part of an answer for Bob.
    async fn room(&self, since: Option<&str>, filter: &Value, more: &str) -> Value {
        self.answer(since, filter, more).await["rooms"]["join"][&self.room].clone()
    }

    /// The names of those events of a timeline that were sent in [`House::new`].
    fn sent_in(&self, timeline: &Value) -> String {
        let events = timeline["events"].as_array().into_iter().flatten();
        let at = |event: &Value| self.sent.iter().position(|sent| event["event_id"] == sent.as_str());
        events.filter_map(at).map(|at| ["1", "2", "3", "f", "n"][at]).collect()
    }
}

/// Types and state keys of events.
fn keys(events: &Value) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let events = events["events"].as_array().into_iter().flatten();
    events.map(|event| (text(&event["type"]), text(&event["state_key"]))).collect()
}

fn kinds(events: &Value) -> Vec<String> {
    keys(events).into_iter().map(|(kind, _)| kind).collect()
}

/// The members in a part of an answer, by the first letter of their names.
fn members(state: &Value) -> String {
    keys(state).into_iter().filter(|(kind, _)| kind == "m.room.member").map(|(_, user)| user[1..2].to_owned()).collect()
}

#[tokio::test]
async fn timelines_hold_what_is_wanted() {
    let house = House::new().await;
    let (alice, bob) = (&house.alice.user_id, &house.bob.user_id);
    for (timeline, told, limited) in [
        (json!({ "limit": 100 }), "123fn", false),
        (json!({ "limit": 1 }), "n", true),
        (json!({ "limit": 0 }), "", true),
        (json!({ "limit": 4_000_000_000_u32 }), "123fn", false),
        (json!({ "limit": 100, "types": ["m.room.message"] }), "123f", false),
        (json!({ "limit": 100, "types": ["m.room.*"], "not_types": ["m.room.mess*"] }), "", false),
        (json!({ "limit": 100, "not_types": ["org.*.note"] }), "123f", false),
        (json!({ "limit": 100, "types": [] }), "", false),
        // Alice's invitations are shown and the joins that replaced them are not: a client that reads the state first
        // would take the invitations for the state now, so the timeline begins behind them.
        (json!({ "limit": 100, "senders": [alice, bob] }), "12fn", true),
        (json!({ "limit": 100, "not_senders": [bob] }), "13f", true),
        (json!({ "limit": 100, "senders": [bob], "not_senders": [bob] }), "", false),
        (json!({ "limit": 100, "contains_url": true }), "f", false),
        (json!({ "limit": 100, "contains_url": false }), "123n", false),
        (json!({ "limit": 100, "rooms": [house.room] }), "123fn", false),
        (json!({ "limit": 100, "rooms": ["!other:localhost"] }), "", false),
        (json!({ "limit": 100, "not_rooms": [house.room] }), "", false),
    ] {
        let room = house.room(None, &json!({ "room": { "timeline": timeline } }), "").await;
        assert_eq!(house.sent_in(&room["timeline"]), told, "{timeline}: {room}");
        assert_eq!(room["timeline"]["limited"] == true, limited, "{timeline}");
    }
}

#[tokio::test]
async fn a_gap_is_followed_without_loss_whatever_the_filter() {
    let house = House::new().await;
    let since = house.token().await;
    for number in 0..7 {
        house.alice.say(&house.room, &number.to_string()).await;
        house.carol.send(&house.room, "org.example.note", &json!({})).await;
    }
    for (limit, kind) in [(0, "m.room.message"), (1, "m.room.message"), (3, "m.room.message"), (3, "*")] {
        let timeline = json!({ "limit": limit, "types": [kind] });
        let filter = json!({ "room": { "timeline": timeline } });
        let told = house.room(Some(&since), &filter, "").await["timeline"].clone();
        assert_eq!(told["limited"], true, "{told}");
        let mut events: Vec<Value> = told["events"].as_array().cloned().unwrap_or_default();
        assert_eq!(events.len(), limit);
        events.reverse();
        // Backwards from there to what was known: nothing twice, nothing missing.
        let filter = encode(&json!({ "types": [kind] }).to_string());
        let (room, from) = (encode(&house.room), encode(told["prev_batch"].as_str().expect("a token")));
        let to = encode(&since);
        let path =
            format!("/_matrix/client/v3/rooms/{room}/messages?dir=b&limit=100&from={from}&to={to}&filter={filter}");
        let page = house.bob.get(&path).await.ok();
        events.extend(page["chunk"].as_array().cloned().unwrap_or_default());
        let ids: BTreeSet<&str> = events.iter().filter_map(|event| event["event_id"].as_str()).collect();
        let expected = if kind == "*" { 14 } else { 7 };
        assert_eq!((ids.len(), events.len()), (expected, expected), "limit {limit} of {kind}: {page}");
    }
}

#[tokio::test]
async fn state_is_told_whatever_the_timeline_leaves_out() {
    let house = House::new().await;
    let since = house.token().await;
    house.alice.say(&house.room, "before").await;
    house.alice.set_state(&house.room, "m.room.topic", "", &json!({ "topic": "news" })).await.ok();
    house.alice.say(&house.room, "after").await;
    let topic = |state: &Value| keys(state).contains(&("m.room.topic".to_owned(), String::new()));
    let all = json!({});
    let messages = json!({ "room": { "timeline": { "types": ["m.room.message"] } } });
    let by_others = json!({ "room": { "timeline": { "not_senders": [house.alice.user_id] } } });
    for (filter, in_timeline) in [(&all, true), (&messages, false), (&by_others, false)] {
        let room = house.room(Some(&since), filter, "").await;
        assert_eq!(topic(&room["timeline"]), in_timeline, "{filter}");
        assert_eq!(topic(&room["state"]), !in_timeline, "{filter}: {room}");
        let room = house.room(Some(&since), filter, "&use_state_after=true").await;
        assert!(topic(&room["state_after"]) && room["state"].is_null(), "{filter}: {room}");
        let room = house.room(Some(&since), filter, "&full_state=true").await;
        assert!(kinds(&room["state"]).contains(&"m.room.create".to_owned()), "{filter}: {room}");
    }
    let quiet = house.token().await;
    assert!(house.room(Some(&quiet), &all, "").await.is_null());
    let full = house.room(Some(&quiet), &all, "&full_state=true").await;
    assert!(topic(&full["state"]) && kinds(&full["state"]).contains(&"m.room.create".to_owned()), "{full}");
    // While one is away, the state changes unseen.
    house
        .alice
        .set_state(&house.room, "m.room.history_visibility", "", &json!({ "history_visibility": "joined" }))
        .await
        .ok();
    let since = house.token().await;
    house.bob.leave(&house.room).await.ok();
    house.alice.set_state(&house.room, "m.room.topic", "", &json!({ "topic": "unseen" })).await.ok();
    house.alice.membership(&house.room, "invite", &house.bob.user_id).await.ok();
    house.bob.join(&house.room).await.ok();
    let room = house.room(Some(&since), &all, "").await;
    assert!(!topic(&room["timeline"]) && topic(&room["state"]), "{room}");
}

#[tokio::test]
async fn state_holds_what_is_wanted() {
    let house = House::new().await;
    let alice = &house.alice.user_id;
    house.bob.set_state(&house.room, "m.room.topic", "", &json!({ "topic": "x" })).await.refused(403, "M_FORBIDDEN");
    for (state, wanted, unwanted) in [
        (json!({}), "m.room.create", ""),
        (json!({ "types": ["m.room.power_levels"] }), "m.room.power_levels", "m.room.create"),
        (json!({ "not_types": ["m.room.c*"] }), "m.room.power_levels", "m.room.create"),
        (json!({ "senders": [alice] }), "m.room.create", ""),
        (json!({ "not_senders": [alice] }), "m.room.member", "m.room.create"),
        (json!({ "not_rooms": [house.room] }), "", "m.room.create"),
    ] {
        let filter = json!({ "room": { "state": state, "timeline": { "limit": 1 } } });
        for (more, field) in [("", "state"), ("&use_state_after=true", "state_after")] {
            let told = kinds(&house.room(None, &filter, more).await[field]);
            assert!(wanted.is_empty() || told.iter().any(|kind| kind == wanted), "{state}: {told:?}");
            assert!(!told.iter().any(|kind| kind == unwanted), "{state}: {told:?}");
        }
    }
}

#[tokio::test]
async fn members_are_loaded_when_they_speak_or_name_the_room_or_change() {
    let house = House::new().await;
    let lazy = |redundant: bool, limit: u32| {
        let state = json!({ "lazy_load_members": true, "include_redundant_members": redundant });
        json!({ "room": { "state": state, "timeline": { "limit": limit } } })
    };
    // Bob sees Bob's note. Alice and Carol name the room for him.
    assert_eq!(members(&house.room(None, &lazy(false, 1), "").await["state"]), "abc");
    let dave = house.server.user("dave").await;
    house.alice.set_state(&house.room, "m.room.name", "", &json!({ "name": "Office" })).await.ok();
    let since = house.token().await;
    house.alice.membership(&house.room, "invite", &dave.user_id).await.ok();
    dave.join(&house.room).await.ok();
    for number in 0..3 {
        house.carol.say(&house.room, &number.to_string()).await;
    }
    // Dave came in the gap. A client that has all members must hear of it.
    let gap = house.room(Some(&since), &lazy(false, 1), "").await;
    assert!(gap["timeline"]["limited"] == true && members(&gap["state"]).contains('d'), "{gap}");
    let since = house.token().await;
    house.carol.say(&house.room, "again").await;
    let again = house.room(Some(&since), &lazy(true, 5), "").await;
    assert_eq!(members(&again["state"]), "c", "redundant members are told: {again}");
    assert_eq!(members(&house.room(Some(&since), &json!({}), "").await["state"]), "", "nobody is loaded lazily");
    let after = house.room(Some(&since), &lazy(true, 5), "&use_state_after=true").await;
    assert_eq!(members(&after["state_after"]), "c");
}

#[tokio::test]
async fn rooms_are_chosen() {
    let house = House::new().await;
    let other = house.alice.room_with(&[&house.bob]).await;
    let invite = house.alice.create_room(&json!({ "invite": [house.bob.user_id] })).await;
    let left = house.alice.room_with(&[&house.bob]).await;
    house.bob.say(&left, "bye").await;
    house.bob.leave(&left).await.ok();
    let refused = house.alice.create_room(&json!({ "invite": [house.bob.user_id] })).await;
    house.bob.leave(&refused).await.ok();
    for (room, joined, invited, gone) in [
        (json!({}), vec![&house.room, &other], vec![&invite], vec![]),
        (json!({ "rooms": [other] }), vec![&other], vec![], vec![]),
        (json!({ "rooms": [] }), vec![], vec![], vec![]),
        (json!({ "not_rooms": [other] }), vec![&house.room], vec![&invite], vec![]),
        (
            json!({ "rooms": [other, house.room, invite], "not_rooms": [other, invite] }),
            vec![&house.room],
            vec![],
            vec![],
        ),
        (json!({ "include_leave": true }), vec![&house.room, &other], vec![&invite], vec![&left, &refused]),
        (
            json!({ "include_leave": true, "not_rooms": [left] }),
            vec![&house.room, &other],
            vec![&invite],
            vec![&refused],
        ),
    ] {
        let answer = house.answer(None, &json!({ "room": room }), "").await;
        for (kind, expected) in [("join", &joined), ("invite", &invited), ("leave", &gone)] {
            let told: BTreeSet<String> =
                answer["rooms"][kind].as_object().map(|rooms| rooms.keys().cloned().collect()).unwrap_or_default();
            let expected: BTreeSet<String> = expected.iter().map(|room| (*room).clone()).collect();
            assert_eq!(told, expected, "{kind} with {room}");
        }
    }
    // A room that was left is told as it was then; an invite turned down tells nothing but that.
    let answer = house.answer(None, &json!({ "room": { "include_leave": true } }), "").await;
    let gone = &answer["rooms"]["leave"];
    let bodies: Vec<&Value> =
        gone[&left]["timeline"]["events"].as_array().expect("events").iter().map(|e| &e["content"]["body"]).collect();
    assert!(bodies.contains(&&json!("bye")), "{gone}");
    assert_eq!(gone[&refused]["timeline"]["events"].as_array().map(Vec::len), Some(1), "{gone}");
}

#[tokio::test]
async fn what_came_and_went_between_two_answers_is_told() {
    let house = House::new().await;
    let since = house.token().await;
    let brief = house.alice.room_with(&[&house.bob]).await;
    let said = house.alice.say(&brief, "for a moment").await;
    house.alice.membership(&brief, "kick", &house.bob.user_id).await.ok();
    let withdrawn = house.alice.create_room(&json!({ "invite": [house.bob.user_id] })).await;
    house.alice.membership(&withdrawn, "kick", &house.bob.user_id).await.ok();
    let gone = house.answer(Some(&since), &json!({}), "").await["rooms"]["leave"].clone();
    let ids = |room: &str| -> Vec<Value> {
        let events = gone[room]["timeline"]["events"].as_array().cloned().unwrap_or_default();
        events.iter().map(|event| event["event_id"].clone()).collect()
    };
    assert!(ids(&brief).contains(&json!(said)), "{gone}");
    assert_eq!(ids(&withdrawn).len(), 1, "{gone}");
}

#[tokio::test]
async fn what_belongs_to_no_timeline_is_filtered_too() {
    let house = House::new().await;
    let (alice, bob) = (&house.alice, &house.bob);
    let mine = format!("/_matrix/client/v3/user/{}", encode(&bob.user_id));
    let here = format!("{mine}/rooms/{}/account_data", encode(&house.room));
    for kind in ["org.example.a", "org.example.b"] {
        bob.put(&format!("{mine}/account_data/{kind}"), &json!({})).await.ok();
        bob.put(&format!("{here}/{kind}"), &json!({})).await.ok();
    }
    let status = format!("/_matrix/client/v3/presence/{}/status", encode(&alice.user_id));
    alice.put(&status, &json!({ "presence": "online" })).await.ok();
    alice.typing(&house.room, true).await.ok();
    alice.receipt(&house.room, "m.read", &house.sent[4]).await.ok();
    let has = |events: &Value, kind: &str| kinds(events).iter().any(|told| told == kind);
    // Presence is told by a task of its own.
    let mut all = house.answer(None, &json!({}), "").await;
    while !has(&all["presence"], "m.presence") {
        house.bob.sync(all["next_batch"].as_str(), 10_000, "").await.ok();
        all = house.answer(None, &json!({}), "").await;
    }
    assert!(has(&all["account_data"], "org.example.a") && has(&all["account_data"], "m.push_rules"), "{all}");
    for (filter, wanted, unwanted) in [
        (
            json!({ "account_data": { "types": ["org.example.*"] } }),
            "/account_data org.example.a",
            "/account_data m.push_rules",
        ),
        (
            json!({ "account_data": { "not_types": ["*.a"] } }),
            "/account_data org.example.b",
            "/account_data org.example.a",
        ),
        (json!({ "presence": { "not_types": ["*"] } }), "", "/presence m.presence"),
        (json!({ "presence": { "senders": ["@nobody:localhost"] } }), "", "/presence m.presence"),
        (json!({ "presence": { "not_senders": ["@nobody:localhost"] } }), "/presence m.presence", ""),
        (json!({ "room": { "ephemeral": { "types": ["m.typing"] } } }), "ephemeral m.typing", "ephemeral m.receipt"),
        (
            json!({ "room": { "ephemeral": { "not_types": ["m.typing"] } } }),
            "ephemeral m.receipt",
            "ephemeral m.typing",
        ),
        (json!({ "room": { "ephemeral": { "not_rooms": [house.room] } } }), "", "ephemeral m.receipt"),
        (
            json!({ "room": { "account_data": { "types": ["*.b"] } } }),
            "account_data org.example.b",
            "account_data org.example.a",
        ),
        (json!({ "room": { "account_data": { "rooms": [] } } }), "", "account_data org.example.a"),
    ] {
        let answer = house.answer(None, &filter, "").await;
        let tells = |what: &str| {
            let (part, kind) = what.split_once(' ').expect("a part and a type");
            let part = part.strip_prefix('/').map_or(&answer["rooms"]["join"][&house.room][part], |part| &answer[part]);
            has(part, kind)
        };
        assert!(wanted.is_empty() || tells(wanted), "{filter} tells {wanted}: {answer}");
        assert!(unwanted.is_empty() || !tells(unwanted), "{filter} does not tell {unwanted}: {answer}");
    }
}

#[tokio::test]
async fn threads_are_counted_apart_when_asked_for() {
    let house = House::new().await;
    let relation = json!({ "rel_type": "m.thread", "event_id": house.sent[0] });
    let reply = json!({ "msgtype": "m.text", "body": "reply", "m.relates_to": relation });
    house.alice.send(&house.room, "m.room.message", &reply).await;
    for apart in [false, true] {
        let filter = json!({ "room": { "timeline": { "unread_thread_notifications": apart } } });
        let room = house.room(None, &filter, "").await;
        let of_thread = &room["unread_thread_notifications"][&house.sent[0]]["notification_count"];
        assert_eq!(*of_thread, if apart { json!(1) } else { Value::Null }, "{room}");
    }
}

#[tokio::test]
async fn a_saved_filter_is_as_good_as_its_text() {
    let house = House::new().await;
    let path = format!("/_matrix/client/v3/user/{}/filter", encode(&house.bob.user_id));
    let filter = json!({ "room": { "timeline": { "limit": 1 } } });
    let id = house.bob.post(&path, &filter).await.ok()["filter_id"].as_str().expect("an id").to_owned();
    let room = house.bob.sync(None, 0, &format!("&filter={id}")).await.ok()["rooms"]["join"][&house.room].clone();
    assert_eq!(house.sent_in(&room["timeline"]), "n");
    for bad in ["999", "%7B", "%7B%22room%22%3A1%7D", "%5B%5D"] {
        let refused = house.bob.sync(None, 0, &format!("&filter={bad}")).await;
        assert_eq!(refused.status, 400, "{bad}: {refused}");
    }
    house.carol.sync(None, 0, &format!("&filter={id}")).await.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn events_are_chosen_by_what_relates_to_them() {
    let house = House::new().await;
    let relates = |kind: &str, to: &str| json!({ "rel_type": kind, "event_id": to, "key": "+" });
    let reaction = json!({ "m.relates_to": relates("m.annotation", &house.sent[0]) });
    house.carol.send(&house.room, "m.reaction", &reaction).await;
    let reply = json!({ "body": "reply", "m.relates_to": relates("m.thread", &house.sent[3]) });
    house.alice.send(&house.room, "m.room.message", &reply).await;
    let mine = format!("/_matrix/client/v3/user/{}/filter", encode(&house.bob.user_id));
    for (wanted, told) in [
        (json!({ "related_by_senders": [house.carol.user_id] }), "1"),
        (json!({ "related_by_rel_types": ["m.thread"] }), "f"),
        (json!({ "related_by_senders": [house.alice.user_id, house.carol.user_id] }), "1f"),
        (json!({ "related_by_senders": [house.carol.user_id], "related_by_rel_types": ["m.thread"] }), ""),
        (json!({ "related_by_senders": [], "related_by_rel_types": [], "limit": 100 }), "123fn"),
    ] {
        let filter = json!({ "room": { "timeline": wanted } });
        let room = house.room(None, &filter, "").await;
        assert_eq!(house.sent_in(&room["timeline"]), told, "{wanted}: {room}");
        // Saved, it is the same, and it is read back as it was sent.
        let id = house.bob.post(&mine, &filter).await.ok()["filter_id"].as_str().expect("an id").to_owned();
        let room = house.bob.sync(None, 0, &format!("&filter={id}")).await.ok()["rooms"]["join"][&house.room].clone();
        assert_eq!(house.sent_in(&room["timeline"]), told, "{wanted}: {room}");
        let saved = house.bob.get(&format!("{mine}/{id}")).await.ok();
        let kept = wanted["related_by_senders"].as_array().filter(|senders| !senders.is_empty());
        assert_eq!(saved["room"]["timeline"]["related_by_senders"].as_array(), kept, "{saved}");
        let path = format!("/_matrix/client/v3/rooms/{}/messages", encode(&house.room));
        let page = house.bob.get(&format!("{path}?dir=f&limit=100&filter={}", encode(&wanted.to_string()))).await.ok();
        assert_eq!(house.sent_in(&json!({ "events": page["chunk"] })), told, "{wanted}: {page}");
    }
    let filter = json!({ "room": { "state": { "related_by_senders": [house.carol.user_id] } } });
    let room = house.room(None, &filter, "&full_state=true").await;
    assert!(kinds(&room["state"]).is_empty(), "nobody reacts to state: {room}");
}

#[tokio::test]
async fn events_hold_the_fields_that_are_asked_for() {
    let house = House::new().await;
    let timeline = json!({ "limit": 1 });
    let filter = json!({ "event_fields": ["type", "content.body"], "room": { "timeline": timeline } });
    for more in ["", "&use_state_after=true"] {
        let answer = house.answer(None, &filter, more).await;
        let room = &answer["rooms"]["join"][&house.room];
        let note = json!({ "type": "org.example.note", "content": { "body": "note" } });
        assert_eq!(room["timeline"]["events"], json!([note]));
        let state = if more.is_empty() { &room["state"] } else { &room["state_after"] };
        let state = state["events"].as_array().expect("state");
        assert!(
            !state.is_empty() && state.iter().all(|event| event.as_object().map(serde_json::Map::len) == Some(1)),
            "{room}"
        );
        // What belongs to no room and what clients could not tell apart otherwise comes as it is.
        assert!(answer["account_data"]["events"][0]["content"].is_object(), "{answer}");
    }
    let all = json!({ "event_fields": [], "room": { "timeline": timeline } });
    let room = house.room(None, &all, "").await;
    assert_eq!(room["timeline"]["events"][0]["event_id"], house.sent[4].as_str());
}

#[tokio::test]
async fn events_come_in_the_form_that_servers_exchange() {
    let house = House::new().await;
    let of_servers = ["auth_events", "prev_events", "hashes", "signatures", "depth"];
    let has_all = |event: &Value| of_servers.iter().all(|field| !event[field].is_null());
    let timeline = json!({ "limit": 1 });
    for (format, federation) in [("federation", true), ("client", false)] {
        let filter = json!({ "event_format": format, "room": { "timeline": timeline } });
        let room = house.room(None, &filter, "").await;
        let note = &room["timeline"]["events"][0];
        assert_eq!(has_all(note), federation, "{format}: {note}");
        assert_eq!((&note["event_id"], &note["content"]["body"]), (&json!(house.sent[4]), &json!("note")));
        assert_eq!(note["unsigned"]["membership"], "join");
        let state = room["state"]["events"].as_array().expect("state");
        assert!(!state.is_empty() && state.iter().all(|event| has_all(event) == federation), "{format}: {room}");
    }
    // Both at once: of the form that is asked for only the fields that are asked for.
    let filter = json!({ "event_format": "federation", "event_fields": ["depth"], "room": { "timeline": timeline } });
    let room = house.room(None, &filter, "").await;
    let note = &room["timeline"]["events"][0];
    assert!(note["depth"].is_u64() && note.as_object().map(serde_json::Map::len) == Some(1), "{note}");
}

#[tokio::test]
async fn what_is_no_filter_is_refused_wherever_it_comes() {
    let house = House::new().await;
    let bob = &house.bob;
    let mine = format!("/_matrix/client/v3/user/{}/filter", encode(&bob.user_id));
    let room = format!("/_matrix/client/v3/rooms/{}", encode(&house.room));
    let too_many = vec!["m.x"; 1_001];
    for (events, is_list) in [
        (json!({ "related_by_senders": ["nobody"] }), false),
        (json!({ "related_by_senders": "@bob:localhost" }), false),
        (json!({ "related_by_rel_types": [7] }), false),
        (json!({ "related_by_rel_types": too_many }), true),
        (json!({ "not_types": too_many }), true),
    ] {
        let whole = json!({ "room": { "timeline": events } });
        let refused = bob.post(&mine, &whole).await;
        assert_eq!(refused.json()["errcode"], if is_list { "M_INVALID_PARAM" } else { "M_BAD_JSON" }, "{refused}");
        let query = encode(&events.to_string());
        bob.get(&format!("{room}/messages?dir=b&filter={query}")).await.refused(400, "M_INVALID_PARAM");
        let context = format!("{room}/context/{}?filter={query}", encode(&house.sent[0]));
        bob.get(&context).await.refused(400, "M_INVALID_PARAM");
        let sync = format!("&filter={}", encode(&whole.to_string()));
        bob.sync(None, 0, &sync).await.refused(400, "M_INVALID_PARAM");
    }
    for whole in [
        json!({ "event_format": "raw" }),
        json!({ "event_format": 1 }),
        json!({ "event_fields": "content.body" }),
        json!({ "event_fields": [{}] }),
        json!({ "event_fields": too_many }),
        json!({ "presence": { "types": too_many } }),
    ] {
        assert_eq!(bob.post(&mine, &whole).await.status, 400, "{whole}");
        let sync = format!("&filter={}", encode(&whole.to_string()));
        bob.sync(None, 0, &sync).await.refused(400, "M_INVALID_PARAM");
    }
    // Paths that lead nowhere are no mistake.
    let odd = json!({ "event_fields": ["", ".", "\\", "a".repeat(1_000), ".".repeat(1_000)] });
    let id = bob.post(&mine, &odd).await.ok()["filter_id"].as_str().expect("an id").to_owned();
    let told = bob.sync(None, 0, &format!("&filter={id}")).await.ok()["rooms"]["join"][&house.room].clone();
    assert_eq!(told["timeline"]["events"][0], json!({}), "{told}");
}
