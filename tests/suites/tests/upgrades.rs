//! Rooms that take the place of others: who may, and what moves along.

use serde_json::{Value, json};
use veche_test_harness::{Client, Server, encode};

async fn upgrade(by: &Client, room: &str, version: &str) -> String {
    let path = format!("/_matrix/client/v3/rooms/{}/upgrade", encode(room));
    let answer = by.post(&path, &json!({ "new_version": version })).await.ok();
    answer["replacement_room"].as_str().expect("a room id").to_owned()
}

async fn public_room(by: &Client, version: &str, levels: &Value) -> String {
    let body = json!({
        "preset": "public_chat",
        "room_version": version,
        "name": "Lunch",
        "power_level_content_override": levels,
    });
    by.create_room(&body).await
}

#[tokio::test]
async fn a_moderator_replaces_a_room_that_he_may_end() {
    let server = Server::start().await;
    let (alice, bob, carol) = (server.user("alice").await, server.user("bob").await, server.user("carol").await);
    let levels = json!({
        "users": { &alice.user_id: 100, &bob.user_id: 50 },
        "events": { "m.room.tombstone": 50, "m.room.power_levels": 100 },
    });
    let old = public_room(&alice, "11", &levels).await;
    for member in [&bob, &carol] {
        member.join(&old).await.ok();
    }
    let path = format!("/_matrix/client/v3/rooms/{}/upgrade", encode(&old));
    carol.post(&path, &json!({ "new_version": "11" })).await.refused(403, "M_FORBIDDEN");
    let before = alice.state(&old, "m.room.power_levels", "").await.ok();
    let new = upgrade(&bob, &old, "11").await;
    alice.join(&new).await.ok();
    assert_eq!(alice.state(&new, "m.room.power_levels", "").await.ok(), before);
    assert_eq!(alice.state(&new, "m.room.name", "").await.ok(), json!({ "name": "Lunch" }));
    assert_eq!(alice.state(&old, "m.room.tombstone", "").await.ok()["replacement_room"], new.as_str());
    bob.membership(&new, "ban", &alice.user_id).await.refused(403, "M_FORBIDDEN");
    alice.membership(&new, "kick", &bob.user_id).await.ok();
}

#[tokio::test]
async fn a_room_goes_back_to_a_version_without_creators_above_levels() {
    let server = Server::start().await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let old = public_room(&alice, "12", &json!({ "users": { &bob.user_id: 50 } })).await;
    bob.join(&old).await.ok();
    let new = upgrade(&alice, &old, "11").await;
    bob.join(&new).await.ok();
    let levels = bob.state(&new, "m.room.power_levels", "").await.ok();
    assert_eq!(levels["users"], json!({ &alice.user_id: 100, &bob.user_id: 50 }));
    assert_eq!(levels["events"]["m.room.tombstone"], 100);
    // It is a room like any other: it can be replaced again.
    upgrade(&alice, &new, "12").await;
}

#[tokio::test]
async fn tags_and_rules_follow_everybody_into_the_new_room() {
    let server = Server::start().await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let old = public_room(&alice, "12", &json!({})).await;
    bob.join(&old).await.ok();
    let tag = |room: &str, rest: &str| {
        format!("/_matrix/client/v3/user/{}/rooms/{}/tags{rest}", encode(&bob.user_id), encode(room))
    };
    bob.put(&tag(&old, "/m.favourite"), &json!({ "order": 0.5 })).await.ok();
    let rule = |room: &str| format!("/_matrix/client/v3/pushrules/global/room/{}", encode(room));
    bob.put(&rule(&old), &json!({ "actions": [] })).await.ok();
    let new = upgrade(&alice, &old, "12").await;
    let since = bob.sync(None, 0, "").await.ok()["next_batch"].as_str().expect("a token").to_owned();
    bob.join(&new).await.ok();
    let told = bob.sync(Some(&since), 0, "").await.ok();
    let tagged = json!([{ "type": "m.tag", "content": { "tags": { "m.favourite": { "order": 0.5 } } } }]);
    assert_eq!(told["rooms"]["join"][&new]["account_data"]["events"], tagged, "{told}");
    let kinds: Vec<_> = told["account_data"]["events"].as_array().into_iter().flatten().map(|e| &e["type"]).collect();
    assert_eq!(kinds, ["m.push_rules"]);
    assert_eq!(bob.get(&rule(&new)).await.ok()["actions"], json!([]));
    alice.say(&new, "hello").await;
    let counted = bob.sync(Some(&since), 0, "").await.ok();
    assert_eq!(counted["rooms"]["join"][&new]["unread_notifications"]["notification_count"], 0, "{counted}");
}
