//! Calls as clients begin them: where the SFU is, who is in a call, told by events that stick or by state, and for how long.

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::{Client, Server, encode};

/// Longest wait of one sync.
const WAIT_MS: u64 = 10_000;
const MEMBER: &str = "org.matrix.msc4143.rtc.member";

/// Says something that sticks for so long; answers its id.
async fn stick(user: &Client, room: &str, duration_ms: u64, more: &str) -> Value {
    let (room, txn_id) = (encode(room), user.transaction_id());
    let path = format!(
        "/_matrix/client/v3/rooms/{room}/send/{MEMBER}/{txn_id}?org.matrix.msc4354.sticky_duration_ms={duration_ms}{more}"
    );
    user.answer(user.request(Method::PUT, &path).json(&json!({ "msc4354_sticky_key": "m1" }))).await.ok()
}

fn ids(events: &Value) -> Vec<&str> {
    events.as_array().into_iter().flatten().filter_map(|event| event["event_id"].as_str()).collect()
}

#[tokio::test]
async fn without_an_sfu_nothing_pretends() {
    let server = Server::start_with(&[("listen.sfu", "off")]).await;
    let bob = server.user("bob").await;
    for path in ["/_matrix/client/unstable/org.matrix.msc4143/rtc/transports", "/_matrix/client/v1/rtc/transports"] {
        assert_eq!(bob.get(path).await.ok()["rtc_transports"], json!([]));
        Client::anonymous(&server.base_url()).get(path).await.refused(401, "M_MISSING_TOKEN");
    }
    assert!(bob.get("/.well-known/matrix/client").await.ok()["org.matrix.msc4143.rtc_foci"].is_null());
    bob.get("/livekit/jwt/healthz").await.refused(404, "M_UNRECOGNIZED");
    for path in [
        "/livekit/jwt/sfu/get",
        "/livekit/jwt/get_token",
        "/livekit/jwt/delegate_delayed_leave",
        "/livekit/sfu/twirp/livekit.RoomService/ListRooms",
        "/_matrix/client/v1/rtc/livekit/get_token",
        "/_matrix/client/unstable/io.element.msc4195/rtc/livekit/delegate_delayed_leave",
    ] {
        bob.post(path, &json!({})).await.refused(404, "M_UNRECOGNIZED");
    }
    bob.get("/livekit/sfu/rtc/v1").await.refused(404, "M_UNRECOGNIZED");
    bob.get("/livekit/sfu/rtc/v1/validate").await.refused(404, "M_UNRECOGNIZED");
}

#[tokio::test]
async fn members_of_a_room_find_its_call_and_get_a_token_for_it() {
    let server = Server::start().await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let room = alice.create_room(&json!({})).await;
    let found = alice.get("/_matrix/client/v1/rtc/transports").await.ok();
    assert_eq!(found["rtc_transports"][0]["type"], "livekit");
    let asked = json!({ "room_id": room, "slot_id": "m.call#ROOM", "member_id": "me" });
    let path = "/_matrix/client/v1/rtc/livekit/get_token";
    let given = alice.post(path, &asked).await.ok();
    assert!(given["url"].as_str().unwrap().ends_with("/livekit/sfu"), "{given}");
    assert_eq!(given["jwt"].as_str().unwrap().split('.').count(), 3);
    bob.post(path, &asked).await.refused(403, "M_FORBIDDEN");
}

#[tokio::test]
async fn what_sticks_is_told_by_both_syncs_also_after_a_restart() {
    let mut server = Server::start().await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let room = alice.create_room(&json!({ "preset": "public_chat" })).await;
    let versions = bob.get("/_matrix/client/versions").await.ok();
    assert_eq!(versions["unstable_features"]["org.matrix.msc4354"], true);
    let sent = stick(&alice, &room, 3_600_000, "").await;
    let sticky = sent["event_id"].as_str().expect("an event id");
    for text in 0..3 {
        alice.say(&room, &format!("{text}")).await;
    }
    server.kill();
    server.restart().await;
    let base_url = server.base_url();
    let (alice, bob) = (alice.moved_to(&base_url), bob.moved_to(&base_url));
    let since = bob.sync(None, 0, "").await.ok();
    bob.join(&room).await.ok();
    let filter = encode(r#"{"room":{"timeline":{"limit":1}}}"#);
    let more = format!("&filter={filter}");
    let told = bob.sync(since["next_batch"].as_str(), WAIT_MS, &more).await.ok();
    let part = &told["rooms"]["join"][&room];
    assert_eq!(ids(&part["msc4354_sticky"]["events"]), [sticky], "{part}");
    let event = &part["msc4354_sticky"]["events"][0];
    assert_eq!(event["msc4354_sticky"]["duration_ms"], 3_600_000);
    let left = event["unsigned"]["msc4354_sticky_duration_ttl_ms"].as_u64().expect("a number");
    assert!((3_500_000..3_600_000).contains(&left), "{left}");

    let list = json!({ "ranges": [[0, 9]], "timeline_limit": 1, "required_state": [] });
    let ask = |since: Value| {
        let extension = json!({ "enabled": true, "since": since });
        json!({ "lists": { "all": list }, "extensions": { "org.matrix.msc4354.sticky_events": extension } })
    };
    let told = bob.sliding_sync(None, 0, &ask(Value::Null)).await.ok();
    let extension = &told["extensions"]["org.matrix.msc4354.sticky_events"];
    assert_eq!(ids(&extension["rooms"][&room]["events"]), [sticky], "{told}");
    let second = stick(&alice, &room, 60_000, "").await;
    alice.say(&room, "last").await;
    let next = &extension["next_batch"];
    let mut told = bob.sliding_sync(told["pos"].as_str(), WAIT_MS, &ask(next.clone())).await.ok();
    if ids(&told["rooms"][&room]["timeline"]).contains(&second["event_id"].as_str().expect("an id")) {
        // It came by itself, in the timeline; then the extension must not tell it too.
        assert!(told["extensions"]["org.matrix.msc4354.sticky_events"].is_null(), "{told}");
        told = bob.sliding_sync(None, 0, &ask(next.clone())).await.ok();
    }
    let events = ids(&told["extensions"]["org.matrix.msc4354.sticky_events"]["rooms"][&room]["events"]);
    assert!(events.contains(&second["event_id"].as_str().expect("an id")), "{told}");
}

#[tokio::test]
async fn an_event_sticks_for_a_time_that_can_be() {
    let server = Server::start().await;
    let alice = server.user("alice").await;
    let room = alice.room_with(&[]).await;
    for duration in ["3600001", "-1", "soon", ""] {
        let path = format!(
            "/_matrix/client/v3/rooms/{}/send/{MEMBER}/{}?org.matrix.msc4354.sticky_duration_ms={duration}",
            encode(&room),
            alice.transaction_id(),
        );
        alice.answer(alice.request(Method::PUT, &path).json(&json!({}))).await.refused(400, "M_INVALID_PARAM");
    }
    let scheduled = stick(&alice, &room, 60_000, "&org.matrix.msc4140.delay=1").await;
    assert!(scheduled["delay_id"].is_string(), "{scheduled}");
    let mut since = None;
    loop {
        let told = alice.sync(since.as_deref(), WAIT_MS, "").await.ok();
        let events = told["rooms"]["join"][&room]["timeline"]["events"].as_array().cloned().unwrap_or_default();
        if let Some(event) = events.iter().find(|event| event["type"] == MEMBER) {
            assert_eq!(event["msc4354_sticky"]["duration_ms"], 60_000);
            break;
        }
        since = told["next_batch"].as_str().map(str::to_owned);
    }
}

#[tokio::test]
async fn every_member_starts_a_call_in_a_room_of_ours_under_a_key_of_his_own() {
    let server = Server::start().await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let room = alice.room_with(&[&bob]).await;
    let kind = "org.matrix.msc3401.call.member";
    let content = json!({ "application": "m.call", "call_id": "", "device_id": bob.device_id });
    let key = format!("_{}_{}_m.call", bob.user_id, bob.device_id);
    bob.set_state(&room, kind, &key, &content).await.ok();
    bob.set_state(&room, kind, &bob.user_id, &content).await.ok();
    bob.set_state(&room, kind, &alice.user_id, &content).await.refused(403, "M_FORBIDDEN");
    let strict = json!({ "power_level_content_override": { "events": { kind: 50 } } });
    let strict = alice.create_room(&strict).await;
    alice.membership(&strict, "invite", &bob.user_id).await.ok();
    bob.join(&strict).await.ok();
    bob.set_state(&strict, kind, &key, &content).await.refused(403, "M_FORBIDDEN");
}
