use ruma::UserId;
use serde_json::{Value, json, value::to_raw_value};

use super::*;
use crate::{
    creation::Preset,
    testing::{House, user},
};

fn read(events: &[Box<RawValue>]) -> Vec<Value> {
    events.iter().map(|event| serde_json::from_str(event.get()).unwrap()).collect()
}

/// The texts that a glance shows, newest first.
fn texts(glance: &Glance) -> Vec<Value> {
    read(&glance.messages.chunk).iter().map(|event| event["content"]["body"].clone()).collect()
}

#[tokio::test]
async fn members_strangers_and_those_who_left_see_what_is_theirs() {
    let house = House::new().await;
    let (alice, bob, carol) = (user("alice"), user("bob"), user("carol"));
    let room = house.room(&alice, Preset::Public).await;
    house.join(&room, &bob).await;
    house.say(&room, &alice, "one").await;
    house.leave(&room, &bob).await;
    house.say(&room, &alice, "two").await;
    let timeline = &house.server.parts.timeline;
    let peek = |user: &UserId, limit| timeline.peek(&room, Audience { user, device: None }, limit);
    let has = |glance: &Glance, kind: &str| read(&glance.state).iter().any(|event| event["type"] == kind);

    let glance = peek(&alice, 1).unwrap();
    assert_eq!(texts(&glance), [json!("two")]);
    assert!(glance.messages.end.is_some() && has(&glance, "m.room.create"));
    assert_eq!(glance.membership, Some(MembershipState::Join));
    let glance = peek(&bob, 100).unwrap();
    assert!(texts(&glance).contains(&json!("one")) && !texts(&glance).contains(&json!("two")));
    assert_eq!(glance.membership, Some(MembershipState::Leave));
    assert!(matches!(peek(&carol, 1), Err(ReadError::Forbidden)));

    house
        .set_state(&room, &alice, "m.room.history_visibility", json!({ "history_visibility": "world_readable" }))
        .await;
    house.say(&room, &alice, "three").await;
    let glance = peek(&carol, 100).unwrap();
    assert!(texts(&glance).contains(&json!("three")) && has(&glance, "m.room.create"));
    assert_eq!((glance.membership, glance.account_data.len()), (None, 0));
}

#[tokio::test]
async fn ones_own_data_of_the_room_is_told() {
    let house = House::new().await;
    let alice = user("alice");
    let room = house.room(&alice, Preset::Private).await;
    let timeline = &house.server.parts.timeline;
    let short = timeline.rooms.find(&room).unwrap().short;
    let content = to_raw_value(&json!({ "mine": true })).unwrap();
    house.server.parts.account_data.set(&alice, Some(short), "org.example.x", &content).await.unwrap();
    let glance = timeline.peek(&room, Audience { user: &alice, device: None }, 1).unwrap();
    let told = read(&glance.account_data);
    assert!(told.contains(&json!({ "type": "org.example.x", "content": { "mine": true } })), "{told:?}");
}
