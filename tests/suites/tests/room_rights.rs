//! Who may do what in a room, whichever way he tries: restricted rooms, invites, what is left to those who left, to
//! those who ignore somebody, and to accounts that an administrator has suspended or locked.

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::{Answer, Client, Server, encode};

/// Longest wait of one sync.
const WAIT_MS: u64 = 10_000;

fn in_room(room: &str, rest: &str) -> String {
    format!("/_matrix/client/v3/rooms/{}/{rest}", encode(room))
}

async fn join_by_state(user: &Client, room: &str, content: &Value) -> Answer {
    user.set_state(room, "m.room.member", &user.user_id, content).await
}

/// Suspends or locks an account.
async fn mark(admin: &Client, verb: &str, field: &str, user: &Client) {
    let path = format!("/_matrix/client/v1/admin/{verb}/{}", encode(&user.user_id));
    admin.put(&path, &json!({ field: true })).await.ok();
}

fn texts(page: &Value) -> Vec<&str> {
    let events = page["chunk"].as_array().into_iter().flatten();
    events.filter_map(|event| event["content"]["body"].as_str()).collect()
}

#[tokio::test]
async fn only_members_of_allowed_rooms_come_into_a_restricted_room() {
    let server = Server::start().await;
    let (alice, bob, eve) = (server.user("alice").await, server.user("bob").await, server.user("eve").await);
    let space = alice.room_with(&[&bob]).await;
    let allow = json!([{ "type": "m.room_membership", "room_id": space }]);
    let rule = json!({ "type": "m.room.join_rules", "content": { "join_rule": "restricted", "allow": allow } });
    let room = alice.create_room(&json!({ "initial_state": [rule] })).await;
    let claim = json!({ "membership": "join", "join_authorised_via_users_server": alice.user_id });
    join_by_state(&eve, &room, &claim).await.refused(403, "M_FORBIDDEN");
    eve.join(&room).await.refused(403, "M_FORBIDDEN");
    join_by_state(&bob, &room, &json!({ "membership": "join" })).await.ok();
    let members = bob.get(&in_room(&room, "joined_members")).await.ok();
    let joined: Vec<&String> = members["joined"].as_object().expect("members").keys().collect();
    assert_eq!(joined, [&alice.user_id, &bob.user_id]);
    let event = bob.state(&room, "m.room.member", &bob.user_id).await.ok();
    assert_eq!(event["join_authorised_via_users_server"], alice.user_id.as_str());
}

#[tokio::test]
async fn who_takes_no_invites_gets_none_and_is_shown_none() {
    let server = Server::start().await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let (room, earlier) = (alice.room_with(&[]).await, alice.room_with(&[]).await);
    alice.membership(&earlier, "invite", &bob.user_id).await.ok();
    let config = format!("/_matrix/client/v3/user/{}/account_data/m.invite_permission_config", encode(&bob.user_id));
    let rolling = async |since: &Value| bob.sync(since.as_str(), WAIT_MS, "").await.ok();
    let accepted = async |pos: &Value| {
        let list = json!({ "timeline_limit": 1, "required_state": {} });
        let wishes = json!({ "conn_id": "accepted", "pos": pos, "timeout": WAIT_MS, "lists": { "all": list } });
        bob.post("/_matrix/client/v4/sync", &wishes).await.ok()
    };
    let former = async |pos: &Value| {
        let list = json!({ "ranges": [[0, 9]], "timeline_limit": 1, "required_state": [] });
        let wishes = json!({ "conn_id": "former", "lists": { "all": list } });
        bob.sliding_sync(pos.as_str(), WAIT_MS, &wishes).await.ok()
    };
    let before = (rolling(&Value::Null).await, accepted(&Value::Null).await, former(&Value::Null).await);
    bob.put(&config, &json!({ "default_action": "block" })).await.ok();
    alice.membership(&room, "invite", &bob.user_id).await.refused(403, "M_INVITE_BLOCKED");
    let invite = json!({ "membership": "invite" });
    alice.set_state(&room, "m.room.member", &bob.user_id, &invite).await.refused(403, "M_INVITE_BLOCKED");
    let new = json!({ "invite": [bob.user_id] });
    alice.post("/_matrix/client/v3/createRoom", &new).await.refused(403, "M_INVITE_BLOCKED");
    assert_eq!(bob.get("/_matrix/client/versions").await.ok()["unstable_features"]["org.matrix.msc4380.stable"], true);
    let hidden = rolling(&before.0["next_batch"]).await;
    assert!(hidden["rooms"]["leave"][&earlier].is_object() && hidden["rooms"]["invite"].is_null(), "{hidden}");
    assert!(rolling(&Value::Null).await["rooms"]["invite"].is_null());
    let (taken_back, gone) = (accepted(&before.1["pos"]).await, former(&before.2["pos"]).await);
    assert_eq!(taken_back["rooms"][&earlier]["membership"], "leave", "{taken_back}");
    // The former dialect would call it joined: it says no more than how many rooms there are.
    assert!(gone["rooms"][&earlier].is_null(), "{gone}");
    for answer in [&taken_back, &gone] {
        assert_eq!(answer["lists"]["all"]["count"], 0);
    }
    bob.put(&config, &json!({})).await.ok();
    let shown = rolling(&hidden["next_batch"]).await;
    assert!(shown["rooms"]["invite"][&earlier].is_object(), "{shown}");
    let (shown, former) = (accepted(&taken_back["pos"]).await, former(&gone["pos"]).await);
    assert_eq!(shown["rooms"][&earlier]["membership"], "invite", "{shown}");
    assert!(former["rooms"][&earlier]["invite_state"].is_array(), "{former}");
    alice.membership(&room, "invite", &bob.user_id).await.ok();
    bob.join(&earlier).await.ok();
}

#[tokio::test]
async fn people_of_other_servers_are_not_invited_as_if_they_could_hear_of_it() {
    let server = Server::start().await;
    let alice = server.user("alice").await;
    let room = alice.room_with(&[]).await;
    let stranger = "@zoe:other.example";
    alice.membership(&room, "invite", stranger).await.refused(403, "M_FORBIDDEN");
    let invite = json!({ "membership": "invite" });
    alice.set_state(&room, "m.room.member", stranger, &invite).await.refused(403, "M_FORBIDDEN");
    let body = json!({ "invite": [stranger] });
    alice.post("/_matrix/client/v3/createRoom", &body).await.refused(403, "M_FORBIDDEN");
    let rooms = alice.get("/_matrix/client/v3/joined_rooms").await.ok();
    assert_eq!(rooms["joined_rooms"], json!([room]), "a room that is refused is not made");
}

#[tokio::test]
async fn who_left_reads_what_was_shared_until_he_forgets_it() {
    let server = Server::start().await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let room = alice.create_room(&json!({ "preset": "public_chat" })).await;
    alice.say(&room, "before").await;
    bob.join(&room).await.ok();
    alice.say(&room, "with").await;
    bob.post(&in_room(&room, "forget"), &json!({})).await.refused(400, "M_UNKNOWN");
    bob.leave(&room).await.ok();
    alice.say(&room, "after").await;
    assert_eq!(texts(&bob.messages(&room, None, "f", 100).await.ok()), ["before", "with"]);
    bob.post(&in_room(&room, "forget"), &json!({})).await.ok();
    bob.messages(&room, None, "f", 100).await.refused(403, "M_FORBIDDEN");
}

#[tokio::test]
async fn who_ignores_somebody_does_not_read_him() {
    let server = Server::start().await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let room = alice.room_with(&[&bob]).await;
    bob.say(&room, "unwanted").await;
    let middle = alice.say(&room, "middle").await;
    bob.say(&room, "unwanted").await;
    let path = format!("/_matrix/client/v3/user/{}/account_data/m.ignored_user_list", encode(&alice.user_id));
    alice.put(&path, &json!({ "ignored_users": { &bob.user_id: {} } })).await.ok();
    assert_eq!(texts(&alice.messages(&room, None, "b", 100).await.ok()), ["middle"]);
    let around = alice.get(&in_room(&room, &format!("context/{}", encode(&middle)))).await.ok();
    let around = around.to_string();
    assert!(around.contains("middle") && !around.contains("unwanted"), "{around}");
    assert_eq!(texts(&bob.messages(&room, None, "b", 100).await.ok()), ["unwanted", "middle", "unwanted"]);
}

#[tokio::test]
async fn a_suspended_account_takes_back_only_its_own_words() {
    let server = Server::start().await;
    let (root, alice, bob) = (server.admin("root").await, server.user("alice").await, server.user("bob").await);
    let room = bob.room_with(&[&alice]).await;
    let (hers, his) = (alice.say(&room, "hers").await, bob.say(&room, "his").await);
    mark(&root, "suspend", "suspended", &bob).await;
    bob.redact(&room, &hers).await.refused(403, "M_USER_SUSPENDED");
    bob.redact(&room, "$unknown").await.refused(403, "M_USER_SUSPENDED");
    bob.redact("!unknown:localhost", &his).await.refused(403, "M_USER_SUSPENDED");
    bob.redact(&room, &his).await.ok();
    let [hers, his] = [alice.event(&room, &hers).await.ok(), alice.event(&room, &his).await.ok()];
    assert_eq!((&hers["content"]["body"], &his["content"]), (&json!("hers"), &json!({})));
}

#[tokio::test]
async fn a_locked_account_leaves_its_call() {
    let server = Server::start().await;
    let (root, alice, bob) = (server.admin("root").await, server.user("alice").await, server.user("bob").await);
    let room = alice.room_with(&[&bob]).await;
    let (kind, key) = ("org.matrix.msc3401.call.member", format!("_{}_{}_m.call", bob.user_id, bob.device_id));
    bob.set_state(&room, kind, &key, &json!({ "application": "m.call", "call_id": "" })).await.ok();
    let path = in_room(&room, &format!("state/{kind}/{}?org.matrix.msc4140.delay=1500", encode(&key)));
    bob.answer(bob.request(Method::PUT, &path).json(&json!({}))).await.ok();
    mark(&root, "lock", "locked", &bob).await;
    let mut since = alice.sync(None, 0, "").await.ok()["next_batch"].as_str().expect("a token").to_owned();
    // Either it has happened before the first sync, or one of the next ones tells it.
    while alice.state(&room, kind, &key).await.ok() != json!({}) {
        let answer = alice.sync(Some(&since), WAIT_MS, "").await.ok();
        assert_ne!(answer["next_batch"], since.as_str(), "nothing happened: he is in the call for ever");
        since = answer["next_batch"].as_str().expect("a token").to_owned();
    }
}

#[tokio::test]
async fn what_cannot_be_set_is_refused_in_the_words_of_the_specification() {
    let server = Server::start().await;
    let alice = server.user("alice").await;
    let room = alice.room_with(&[]).await;
    let set = |kind: &'static str, content: Value| {
        let (alice, room) = (&alice, &room);
        async move { alice.set_state(room, kind, "", &content).await }
    };
    set("m.room.create", json!({ "room_version": "12" })).await.refused(400, "M_INVALID_PARAM");
    set("m.room.canonical_alias", json!({ "alias": "lunch" })).await.refused(400, "M_INVALID_PARAM");
    set("m.room.canonical_alias", json!({ "alias": "#no:localhost" })).await.refused(400, "M_BAD_ALIAS");
    let rule = "/_matrix/client/v3/pushrules/global/content/lunch";
    let body = json!({ "pattern": "lunch", "actions": [] });
    alice.put(&format!("{rule}?before=unknown"), &body).await.refused(400, "M_UNKNOWN");
    alice.get(rule).await.refused(404, "M_NOT_FOUND");
}
