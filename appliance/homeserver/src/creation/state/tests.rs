use ruma::{OwnedRoomId, room_alias_id};
use serde_json::json;

use super::*;
use crate::{
    creation::Preset,
    testing::{House, user},
    timeline::state_event,
};

async fn name(house: &House, room: &RoomId, content: Value) -> Result<Sent, SetStateError> {
    let event = state_event(TimelineEventType::RoomCanonicalAlias, "", &content);
    house.server.creation.send_state(room, &user("alice"), event).await
}

async fn room_with_address(house: &House) -> OwnedRoomId {
    let room = house.room(&user("alice"), Preset::Public).await;
    house.server.creation.add_alias(room_alias_id!("#lunch:x.example"), &room, &user("alice")).await.unwrap();
    room
}

#[tokio::test]
async fn only_addresses_of_the_room_are_added() {
    let house = House::new().await;
    let room = room_with_address(&house).await;
    name(&house, &room, json!({ "alias": "#lunch:x.example" })).await.unwrap();
    for unknown in [json!({ "alias": "#none:x.example" }), json!({ "alt_aliases": ["#none:x.example"] })] {
        let refused = name(&house, &room, unknown).await;
        assert!(matches!(refused, Err(SetStateError::BadAlias(_))), "{refused:?}");
    }
    let other = house.room(&user("alice"), Preset::Public).await;
    let refused = name(&house, &other, json!({ "alias": "#lunch:x.example" })).await;
    assert!(matches!(refused, Err(SetStateError::BadAlias(_))), "{refused:?}");
    let malformed = [
        json!({ "alias": "lunch" }),
        json!({ "alias": 7 }),
        json!({ "alt_aliases": ["#lunch:x.example", "#"] }),
        json!({ "alt_aliases": "#lunch" }),
        json!({ "alt_aliases": [null] }),
    ];
    for content in malformed {
        let refused = name(&house, &room, content).await;
        assert!(matches!(refused, Err(SetStateError::MalformedAlias(_))), "{refused:?}");
    }
    name(&house, &room, json!({ "alias": null, "alt_aliases": null })).await.unwrap();
    name(&house, &room, json!({ "alias": "" })).await.unwrap();
}

#[tokio::test]
async fn an_address_that_is_named_already_may_have_lost_its_room() {
    let house = House::new().await;
    let room = room_with_address(&house).await;
    let (creation, alice) = (&house.server.creation, user("alice"));
    let named = json!({ "alias": "#lunch:x.example", "alt_aliases": [] });
    name(&house, &room, named).await.unwrap();
    creation.delete_alias(room_alias_id!("#lunch:x.example"), &alice, false).await.unwrap();
    creation.add_alias(room_alias_id!("#food:x.example"), &room, &alice).await.unwrap();
    let more = json!({ "alias": "#food:x.example", "alt_aliases": ["#lunch:x.example"] });
    name(&house, &room, more.clone()).await.unwrap();
    name(&house, &room, json!({})).await.unwrap();
    let refused = name(&house, &room, more).await;
    assert!(matches!(refused, Err(SetStateError::BadAlias(_))), "{refused:?}");
}

#[tokio::test]
async fn a_room_is_created_once() {
    let house = House::new().await;
    let room = house.room(&user("alice"), Preset::Public).await;
    let event = state_event(TimelineEventType::RoomCreate, "", &json!({ "room_version": "12" }));
    let refused = house.server.creation.send_state(&room, &user("alice"), event).await;
    assert!(matches!(refused, Err(SetStateError::CreatedAlready)), "{refused:?}");
}
