//! Guests: they come into a room by a link, do what a call takes and nothing else, and are gone when they go.

use serde_json::{Value, json};
use veche_test_harness::{Client, Server, encode};

const API: &str = "/api/meetings/v1";

/// A link of this room; what it ends with.
async fn link(host: &Client, room: &str, more: &Value) -> String {
    let mut body = json!({ "title": "Budget", "lifetime_secs": 3_600, "lobby": false, "guests_max": 3 });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let made = host.post(&format!("{API}/rooms/{}/links", encode(room)), &body).await.ok();
    let (_, token) = made["link"].as_str().and_then(|link| link.split_once("/#/meet/")).expect("a link");
    token.to_owned()
}

async fn knock(server: &Server, token: &str, name: &str) -> String {
    let anybody = Client::anonymous(&server.base_url());
    let body = json!({ "token": token, "name": name });
    anybody.post(&format!("{API}/guest/knock"), &body).await.ok()["ticket"].as_str().expect("a ticket").to_owned()
}

async fn wait(server: &Server, ticket: &str) -> Value {
    let anybody = Client::anonymous(&server.base_url());
    anybody.post(&format!("{API}/guest/wait"), &json!({ "ticket": ticket })).await.ok()["session"].clone()
}

/// A guest who is in the room.
async fn guest(server: &Server, host: &Client, room: &str) -> Client {
    let token = link(host, room, &json!({})).await;
    let session = wait(server, &knock(server, &token, "Petr").await).await;
    assert_eq!(session["room_id"], room);
    Client::anonymous(&server.base_url()).with_session(&session)
}

async fn members(who: &Client, room: &str) -> Vec<String> {
    let joined = who.get(&format!("/_matrix/client/v3/rooms/{}/joined_members", encode(room))).await.ok();
    joined["joined"].as_object().expect("members").keys().cloned().collect()
}

/// Waits until the host hears that somebody is in his room no more.
async fn gone(host: &Client, room: &str, user: &str) {
    let mut since = host.sync(None, 0, "").await.ok()["next_batch"].as_str().expect("a token").to_owned();
    while members(host, room).await.iter().any(|member| member == user) {
        since = host.sync(Some(&since), 5_000, "").await.ok()["next_batch"].as_str().expect("a token").to_owned();
    }
}

#[tokio::test]
async fn a_member_lets_a_guest_in_who_takes_part_and_leaves_no_trace_of_an_account() {
    let server = Server::start().await;
    let anna = server.user("anna").await;
    let room = anna.create_room(&json!({ "preset": "private_chat", "name": "Plans" })).await;
    let before = anna.say(&room, "the salaries").await;
    let token = link(&anna, &room, &json!({ "lobby": true })).await;
    let anybody = Client::anonymous(&server.base_url());
    let about = anybody.post(&format!("{API}/guest/about"), &json!({ "token": token })).await.ok();
    assert_eq!((&about["title"], &about["lobby"], &about["pin"]), (&json!("Budget"), &json!(true), &json!(false)));
    assert!(!about.to_string().contains("anna") && !about.to_string().contains("Plans"), "{about}");

    let ticket = knock(&server, &token, "Petr").await;
    let lobby = format!("{API}/rooms/{}/lobby", encode(&room));
    let waiting = anna.get(&lobby).await.ok();
    assert_eq!(waiting["waiting"][0]["name"], "Petr (guest)");
    let admit = format!("{lobby}/{}/admit", waiting["waiting"][0]["id"]);
    anna.post(&admit, &json!({})).await.ok();
    anna.post(&admit, &json!({})).await.refused(404, "M_NOT_FOUND");
    let guest = anybody.with_session(&wait(&server, &ticket).await);
    let again = anybody.post(&format!("{API}/guest/wait"), &json!({ "ticket": ticket })).await;
    assert_eq!(again.refused(404, "M_NOT_FOUND")["reason"], "not_waiting");

    assert_eq!(guest.whoami().await.ok()["is_guest"], true);
    assert!(members(&anna, &room).await.contains(&guest.user_id));
    let after = anna.say(&room, "welcome").await;
    guest.event(&room, &after).await.ok();
    guest.event(&room, &before).await.refused(404, "M_NOT_FOUND");
    let read: Vec<_> = guest.history(&room).await.iter().map(|event| event["event_id"].clone()).collect();
    assert!(read.contains(&json!(after)) && !read.contains(&json!(before)));
    guest.say(&room, "hello").await;
    let state = json!({ "application": "m.call" });
    let own = format!("_{}_{}_m.call", guest.user_id, guest.device_id);
    guest.set_state(&room, "org.matrix.msc3401.call.member", &own, &state).await.ok();
    let ticket = json!({ "room_id": room, "slot_id": "m.call#ROOM", "member_id": "me" });
    guest.post("/_matrix/client/v1/rtc/livekit/get_token", &ticket).await.ok();

    guest.logout().await.ok();
    gone(&anna, &room, &guest.user_id).await;
    guest.whoami().await.refused(401, "M_UNKNOWN_TOKEN");
    let profile = format!("/_matrix/client/v3/profile/{}", encode(&guest.user_id));
    anna.get(&profile).await.refused(404, "M_NOT_FOUND");
}

#[tokio::test]
async fn a_guest_does_nothing_but_what_a_call_takes() {
    let server = Server::start().await;
    let (anna, boris) = (server.user("anna").await, server.user("boris").await);
    let room = anna.create_room(&json!({ "preset": "private_chat" })).await;
    let open = boris.create_room(&json!({ "preset": "public_chat", "room_alias_name": "open" })).await;
    let world = json!({ "history_visibility": "world_readable" });
    boris.set_state(&open, "m.room.history_visibility", "", &world).await.ok();
    let event = boris.say(&open, "for everybody").await;
    let guest = guest(&server, &anna, &room).await;
    let (here, there, me) = (encode(&room), encode(&open), encode(&guest.user_id));
    let (other, v3) = (encode(&boris.user_id), "/_matrix/client/v3");
    let body = json!({ "user_id": boris.user_id });
    for path in [
        "createRoom".to_owned(),
        "join/%23open%3Alocalhost".to_owned(),
        format!("join/{there}"),
        format!("knock/{there}"),
        format!("rooms/{there}/join"),
        format!("rooms/{here}/invite"),
        format!("rooms/{here}/kick"),
        format!("rooms/{here}/ban"),
        format!("rooms/{here}/unban"),
        format!("rooms/{here}/forget"),
        format!("rooms/{here}/upgrade"),
        format!("rooms/{there}/leave"),
        format!("rooms/{there}/receipt/m.read/{}", encode(&event)),
        "user_directory/search".to_owned(),
        "publicRooms".to_owned(),
        "account/password".to_owned(),
        "account/deactivate".to_owned(),
        "pushers/set".to_owned(),
        "delete_devices".to_owned(),
        "room_keys/version".to_owned(),
    ] {
        guest.post(&format!("{v3}/{path}"), &body).await.refused(403, "M_GUEST_ACCESS_FORBIDDEN");
    }
    for path in [
        format!("{v3}/rooms/{there}/messages?dir=b"),
        format!("{v3}/rooms/{there}/state"),
        format!("{v3}/rooms/{there}/event/{}", encode(&event)),
        format!("{v3}/rooms/{there}/joined_members"),
        format!("{v3}/rooms/{there}/initialSync"),
        format!("{v3}/rooms/{here}/initialSync"),
        format!("/_matrix/client/v1/rooms/{there}/hierarchy"),
        format!("/_matrix/client/v1/room_summary/{there}"),
        format!("{v3}/publicRooms"),
        format!("{v3}/profile/{other}"),
        format!("{v3}/profile/{other}/displayname"),
        format!("{v3}/presence/{other}/status"),
        format!("{v3}/user/{other}/account_data/m.direct"),
        format!("{v3}/devices"),
        format!("{v3}/pushers"),
        format!("{v3}/notifications"),
        "/api/account/v1/second_factor".to_owned(),
        format!("{API}/rooms/{here}/links"),
        format!("{API}/rooms/{here}/lobby"),
    ] {
        guest.get(&path).await.refused(403, "M_GUEST_ACCESS_FORBIDDEN");
    }
    for path in [
        format!("{v3}/profile/{me}/displayname"),
        format!("{v3}/user/{me}/account_data/m.direct"),
        format!("{v3}/presence/{me}/status"),
        format!("{v3}/rooms/{here}/state/m.room.name"),
        format!("{v3}/rooms/{here}/state/m.room.member/{me}"),
        format!("{v3}/rooms/{there}/send/m.room.message/1"),
        format!("{v3}/rooms/{there}/typing/{me}"),
        format!("{v3}/directory/room/%23mine%3Alocalhost"),
    ] {
        guest.put(&path, &json!({ "displayname": "Anna" })).await.refused(403, "M_GUEST_ACCESS_FORBIDDEN");
    }
}

#[tokio::test]
async fn a_guest_has_to_do_with_the_people_of_his_room_only() {
    let server = Server::start().await;
    let (anna, boris) = (server.user("anna").await, server.user("boris").await);
    let room = anna.create_room(&json!({ "preset": "private_chat" })).await;
    let open = boris.create_room(&json!({ "preset": "public_chat" })).await;
    let guest = guest(&server, &anna, &room).await;
    let (here, v3) = (encode(&room), "/_matrix/client/v3");
    let upload = guest.request(reqwest::Method::POST, "/_matrix/media/v3/upload").body("x");
    guest.answer(upload).await.refused(403, "M_GUEST_ACCESS_FORBIDDEN");
    guest.sliding_sync(None, 0, &json!({})).await.refused(403, "M_GUEST_ACCESS_FORBIDDEN");
    guest.get("/api/admin/v1/me").await.refused(403, "M_GUEST_ACCESS_FORBIDDEN");
    guest.to_device("m.test", &boris.user_id, "*", &json!({})).await.refused(403, "M_GUEST_ACCESS_FORBIDDEN");
    guest.to_device("m.test", &anna.user_id, "*", &json!({})).await.ok();
    let asked = json!({ "device_keys": { &anna.user_id: [], &boris.user_id: [] } });
    let keys = guest.keys("query", &asked).await.ok();
    assert!(keys["device_keys"][&boris.user_id].is_null() && keys["device_keys"][&anna.user_id].is_object(), "{keys}");
    let claimed = json!({ "one_time_keys": { &boris.user_id: { &boris.device_id: "signed_curve25519" } } });
    let claimed = guest.keys("claim", &claimed).await.ok();
    assert_eq!(claimed["one_time_keys"], json!({}), "{claimed}");
    let elsewhere = json!({ "room_id": open, "slot_id": "m.call#ROOM", "member_id": "me" });
    guest.post("/_matrix/client/v1/rtc/livekit/get_token", &elsewhere).await.refused(403, "M_FORBIDDEN");
    let delayed = format!("/_matrix/client/v3/rooms/{here}/delayed_event/m.room.name/1");
    let rename = json!({ "delay": 1_000, "state_key": "", "content": {} });
    guest.put(&delayed, &rename).await.refused(403, "M_GUEST_ACCESS_FORBIDDEN");
    let found = boris.post(&format!("{v3}/user_directory/search"), &json!({ "search_term": "guest" })).await.ok();
    assert_eq!(found["results"], json!([]), "nobody finds a guest who does not share his room");
}

#[tokio::test]
async fn links_are_made_by_those_who_may_invite_and_say_why_they_open_nothing() {
    let server = Server::start().await;
    let (anna, boris) = (server.user("anna").await, server.user("boris").await);
    let room = anna.create_room(&json!({ "preset": "private_chat" })).await;
    let links = format!("{API}/rooms/{}/links", encode(&room));
    let wanted = json!({ "title": "x", "lifetime_secs": 3_600, "lobby": true, "guests_max": 1 });
    boris.post(&links, &wanted).await.refused(403, "M_FORBIDDEN");
    boris.get(&links).await.refused(403, "M_FORBIDDEN");
    let mut long = wanted.clone();
    long["lifetime_secs"] = json!(31 * 86_400);
    assert_eq!(anna.post(&links, &long).await.refused(400, "M_INVALID_PARAM")["reason"], "lifetime");
    let anybody = Client::anonymous(&server.base_url());
    let about = format!("{API}/guest/about");
    let forged = json!({ "token": "vmt_forged" });
    assert_eq!(anybody.post(&about, &forged).await.refused(404, "M_NOT_FOUND")["reason"], "unknown");

    let token = link(&anna, &room, &json!({ "pin": "314159", "guests_max": 1 })).await;
    let try_pin = async |pin: Value| {
        anybody.post(&format!("{API}/guest/knock"), &json!({ "token": token, "name": "Petr", "pin": pin })).await
    };
    for wrong in [json!(null), json!("000000"), json!("314159 ")] {
        assert_eq!(try_pin(wrong).await.refused(403, "M_FORBIDDEN")["reason"], "wrong_pin");
    }
    let ticket = try_pin(json!("314159")).await.ok()["ticket"].as_str().unwrap().to_owned();
    let guest = anybody.with_session(&wait(&server, &ticket).await);
    assert_eq!(try_pin(json!("314159")).await.refused(403, "M_FORBIDDEN")["reason"], "full");

    let meeting = anna.get(&links).await.ok()["meetings"][0].clone();
    assert_eq!((&meeting["guests"], &meeting["pin"]), (&json!(1), &json!(true)));
    assert!(!meeting.to_string().contains("314159"));
    anna.delete(&format!("{links}/{}", meeting["id"]), &json!({})).await.ok();
    guest.whoami().await.refused(401, "M_UNKNOWN_TOKEN");
    gone(&anna, &room, &guest.user_id).await;
    let ended = anybody.post(&about, &json!({ "token": token })).await.refused(403, "M_FORBIDDEN");
    assert_eq!(ended["reason"], "ended");
}

#[tokio::test]
async fn a_guest_is_still_there_after_a_restart_and_goes_with_the_kick() {
    let mut server = Server::start().await;
    let anna = server.user("anna").await;
    let room = anna.create_room(&json!({ "preset": "private_chat" })).await;
    let guest = guest(&server, &anna, &room).await;
    server.kill();
    server.restart().await;
    let (anna, guest) = (anna.moved_to(&server.base_url()), guest.moved_to(&server.base_url()));
    guest.say(&room, "still here").await;
    guest.post("/_matrix/client/v3/createRoom", &json!({})).await.refused(403, "M_GUEST_ACCESS_FORBIDDEN");
    anna.membership(&room, "kick", &guest.user_id).await.ok();
    let mut answer = guest.sync(None, 0, "").await;
    while answer.status == 200 {
        let since = answer.json()["next_batch"].as_str().unwrap().to_owned();
        answer = guest.sync(Some(&since), 5_000, "").await;
    }
    answer.refused(401, "M_UNKNOWN_TOKEN");
}
