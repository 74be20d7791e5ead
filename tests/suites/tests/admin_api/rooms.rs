//! Rooms as administrators see them: everything but what is said there.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{House, proved};

const ROOMS: &str = "/api/admin/v1/rooms";

#[tokio::test]
async fn rooms_are_found_and_shown_without_content() {
    let house = House::new().await;
    let carol = house.server.user("carol").await;
    let body = json!({ "name": "Harbor", "topic": "Boats", "preset": "public_chat", "room_alias_name": "harbor" });
    let room = house.bob.create_room(&body).await;
    house.bob.create_room(&json!({ "name": "Quay" })).await;
    carol.join(&room).await.ok();
    house.bob.say(&room, "the password is swordfish").await;

    let found = house.root.get(&format!("{ROOMS}?search=harb")).await.ok();
    let shown = &found["rooms"][0];
    assert_eq!((found["rooms"].as_array().map(Vec::len), &found["next"]), (Some(1), &Value::Null));
    for (field, value) in [
        ("room_id", json!(room)),
        ("name", json!("Harbor")),
        ("canonical_alias", json!("#harbor:localhost")),
        ("creator", json!("@bob:localhost")),
        ("joined", json!(2)),
        ("join_rule", json!("public")),
        ("encryption", Value::Null),
        ("listed", json!(false)),
        ("space", json!(false)),
    ] {
        assert_eq!(shown[field], value, "{field}: {shown}");
    }
    let one = format!("{ROOMS}/{room}");
    assert_eq!(&house.root.get(&one).await.ok(), shown);
    let members = house.root.get(&format!("{one}/members?limit=1")).await.ok();
    assert_eq!(
        (&members["members"][0]["user_id"], &members["next"]),
        (&json!("@bob:localhost"), &json!("@bob:localhost"))
    );
    let rest = house.root.get(&format!("{one}/members?after=@bob:localhost")).await.ok();
    assert_eq!((&rest["members"][0]["user_id"], &rest["next"]), (&json!("@carol:localhost"), &Value::Null));
    for path in [ROOMS, &one, &format!("{one}/members")] {
        let answer = house.root.get(path).await;
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("swordfish"), "{answer}");
    }
    let page = house.root.get(&format!("{ROOMS}?limit=1")).await.ok();
    let after = page["next"].as_str().expect("there is another page");
    let rest = house.root.get(&format!("{ROOMS}?limit=1&after={after}")).await.ok();
    assert_eq!((rest["rooms"].as_array().map(Vec::len), &rest["next"]), (Some(1), &Value::Null));
    house.root.get(&format!("{ROOMS}/!nothing:localhost")).await.refused(404, "M_NOT_FOUND");
    house.root.get(&format!("{ROOMS}?after=x")).await.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn a_room_is_listed_or_not() {
    let house = House::new().await;
    let room = house.bob.create_room(&json!({ "preset": "public_chat" })).await;
    let settings = format!("{ROOMS}/{room}/settings");
    assert_eq!(house.root.put(&settings, &json!({ "listed": true })).await.ok()["listed"], true);
    let public = house.bob.get("/_matrix/client/v3/publicRooms").await.ok();
    assert_eq!(public["chunk"][0]["room_id"], room);
    let rows = house.journal("room.settings").await;
    House::assert_last(&rows, &room);
    assert_eq!(house.root.put(&settings, &json!({ "listed": true })).await.ok()["listed"], true);
    assert_eq!(house.journal("room.settings").await.len(), 1, "what changes nothing is no act");
}

#[tokio::test]
async fn a_closed_room_is_empty_and_stays_shut() {
    let mut house = House::new().await;
    let carol = house.server.user("carol").await;
    let body = json!({ "preset": "public_chat", "room_alias_name": "harbor", "visibility": "public" });
    let room = house.bob.create_room(&body).await;
    let other = house.bob.create_room(&json!({})).await;
    carol.join(&room).await.ok();
    let since = carol.sync(None, 0, "").await.ok()["next_batch"].as_str().expect("a token").to_owned();
    let close = format!("{ROOMS}/{room}/close");
    proved(&house.root, Method::POST, &close, &json!({})).await.ok();

    let left = carol.sync(Some(&since), 0, "").await.ok();
    assert!(left["rooms"]["join"].get(&room).is_none(), "{left}");
    house.root.get(&format!("{ROOMS}/{room}")).await.refused(404, "M_NOT_FOUND");
    let message = json!({ "msgtype": "m.text", "body": "x" });
    let said = house.bob.send_as(&room, "m.room.message", "t", &message).await;
    assert!(said.status == 403 || said.status == 404, "{said}");
    let joined = carol.join(&room).await;
    assert!(joined.status == 403 || joined.status == 404, "{joined}");
    let read = carol.messages(&room, None, "b", 10).await;
    assert!(read.status == 403 || read.status == 404, "{read}");
    assert_eq!(house.bob.get("/_matrix/client/v3/joined_rooms").await.ok()["joined_rooms"], json!([other]));
    assert_eq!(house.bob.get("/_matrix/client/v3/publicRooms").await.ok()["chunk"], json!([]));
    let again = json!({ "room_alias_name": "harbor" });
    let heir = house.bob.create_room(&again).await;
    assert_ne!(heir, room, "its address is free again");
    let rows = house.journal("room.close").await;
    House::assert_last(&rows, &room);
    proved(&house.root, Method::POST, &close, &json!({})).await.refused(404, "M_NOT_FOUND");

    house.server.kill();
    house.server.restart().await;
    let root = house.root.moved_to(&house.server.base_url());
    root.get(&format!("{ROOMS}/{room}")).await.refused(404, "M_NOT_FOUND");
    let joined = carol.moved_to(&house.server.base_url()).join(&room).await;
    assert!(joined.status == 403 || joined.status == 404, "{joined}");
}
