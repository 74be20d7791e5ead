use ruma::{
    push::{
        Action, AnyPushRuleRef, EventMatchConditionData, NewConditionalPushRule, NewPushRule, NewSimplePushRule,
        PushCondition, RuleKind,
    },
    room_alias_id,
};
use serde_json::value::to_raw_value;

use super::*;
use crate::{
    creation::{NewRoom, Preset},
    testing::{House, new_room, user},
};

fn content(house: &House, room: &RoomId, kind: &StateEventType, key: &str) -> Option<Value> {
    let head = house.server.parts.rooms.find(room).unwrap().head();
    head.state_event(kind, key).map(|event| serde_json::from_str(event.content.get()).unwrap())
}

fn levels(house: &House, room: &RoomId) -> Value {
    content(house, room, &StateEventType::RoomPowerLevels, "").unwrap()
}

async fn room_with_levels(house: &House, version: RoomVersionId, levels: Value) -> OwnedRoomId {
    let alice = user("alice");
    let power_levels = levels.as_object().cloned();
    let version = Some(version);
    let new = NewRoom { version, power_levels, name: Some("Lunch".to_owned()), ..new_room(&alice, Preset::Public) };
    let room = house.server.creation.create(new).await.unwrap();
    house.join(&room, &user("bob")).await;
    room
}

#[tokio::test]
async fn who_may_end_a_room_may_replace_it_without_gaining_power() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let given = json!({
        "users": { alice.as_str(): 9_001, bob.as_str(): 50 },
        "events": { "m.room.tombstone": 50, "m.room.name": 75 },
    });
    for (from, to) in [(RoomVersionId::V11, RoomVersionId::V11), (RoomVersionId::V10, RoomVersionId::V11)] {
        let old = room_with_levels(&house, from, given.clone()).await;
        let before = levels(&house, &old);
        let new = house.server.creation.upgrade(&old, &bob, to, Vec::new()).await.unwrap();
        assert_eq!(levels(&house, &new), before);
        assert_eq!(content(&house, &new, &StateEventType::RoomName, ""), Some(json!({ "name": "Lunch" })));
        let head = house.server.parts.rooms.find(&new).unwrap().head();
        let create = head.state_event(&StateEventType::RoomCreate, "").unwrap();
        let create: Value = serde_json::from_str(create.content.get()).unwrap();
        assert_eq!(create["predecessor"]["room_id"], old.as_str());
        assert!(create["predecessor"]["event_id"].is_string());
    }
}

#[tokio::test]
async fn creators_above_all_levels_get_the_highest_where_there_are_none() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let given = json!({ "users": { bob.as_str(): 150 }, "invite": 120 });
    let old = room_with_levels(&house, RoomVersionId::V12, given).await;
    assert_eq!(levels(&house, &old)["events"]["m.room.tombstone"], 150);
    let creation = &house.server.creation;
    let back = creation.upgrade(&old, &bob, RoomVersionId::V11, Vec::new()).await.unwrap();
    let now = levels(&house, &back);
    assert_eq!(now["users"], json!({ alice.as_str(): 100, bob.as_str(): 100 }));
    assert_eq!((&now["events"]["m.room.tombstone"], &now["invite"]), (&json!(100), &json!(100)));
    // And up again: whoever replaces the room is above all levels, and the others keep theirs.
    house.join(&back, &alice).await;
    let again = creation.upgrade(&back, &alice, RoomVersionId::V12, Vec::new()).await.unwrap();
    let now = levels(&house, &again);
    assert_eq!(now["users"], json!({ bob.as_str(): 100 }));
    assert_eq!(now["events"]["m.room.tombstone"], 150);
}

#[tokio::test]
async fn creators_who_are_none_of_the_new_room_keep_the_highest_level() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let old = room_with_levels(&house, RoomVersionId::V12, json!({ "users": { bob.as_str(): 150 } })).await;
    let creation = &house.server.creation;
    let new = creation.upgrade(&old, &bob, RoomVersionId::V12, Vec::new()).await.unwrap();
    assert_eq!(levels(&house, &new)["users"], json!({ alice.as_str(): 150 }));
    let old = room_with_levels(&house, RoomVersionId::V12, json!({ "users": { bob.as_str(): 150 } })).await;
    let new = creation.upgrade(&old, &bob, RoomVersionId::V12, vec![alice.clone()]).await.unwrap();
    assert_eq!(levels(&house, &new)["users"], json!({}));
}

#[tokio::test]
async fn one_who_may_not_end_a_room_does_not_replace_it() {
    let house = House::new().await;
    let old = room_with_levels(&house, RoomVersionId::V11, json!({})).await;
    let creation = &house.server.creation;
    let refused = creation.upgrade(&old, &user("bob"), RoomVersionId::V11, Vec::new()).await;
    assert!(matches!(refused, Err(UpgradeError::Forbidden(_))), "{refused:?}");
    let refused = creation.upgrade(&old, &user("carol"), RoomVersionId::V11, Vec::new()).await;
    assert!(matches!(refused, Err(UpgradeError::UnknownRoom)), "{refused:?}");
    assert_eq!(content(&house, &old, &StateEventType::RoomTombstone, ""), None);
}

#[tokio::test]
async fn addresses_and_places_in_spaces_move_along() {
    let house = House::new().await;
    let alice = user("alice");
    let creation = &house.server.creation;
    let old = room_with_levels(&house, RoomVersionId::V12, json!({})).await;
    let (main, other) = (room_alias_id!("#lunch:x.example"), room_alias_id!("#food:x.example"));
    for alias in [main, other] {
        creation.add_alias(alias, &old, &alice).await.unwrap();
    }
    let named = json!({ "alias": main, "alt_aliases": [other] });
    house.set_state(&old, &alice, "m.room.canonical_alias", named.clone()).await;
    let set = |kind: &str, key: &str, content: Value| {
        let event = state_event(kind.into(), key, &content);
        house.server.parts.timeline.send_state(&old, &alice, event)
    };
    let via = json!({ "via": ["x.example"] });
    set("m.space.parent", "!parent:x.example", via.clone()).await.unwrap();
    set("m.space.child", "!child:x.example", via.clone()).await.unwrap();
    set("m.space.child", "!gone:x.example", json!({})).await.unwrap();
    let new = creation.upgrade(&old, &alice, RoomVersionId::V12, Vec::new()).await.unwrap();
    assert_eq!(content(&house, &new, &StateEventType::SpaceParent, "!parent:x.example"), Some(via.clone()));
    assert_eq!(content(&house, &new, &StateEventType::SpaceChild, "!child:x.example"), Some(via));
    assert_eq!(content(&house, &new, &StateEventType::SpaceChild, "!gone:x.example"), None);
    assert_eq!(creation.alias_target(main).unwrap(), Some(new.clone()));
    assert_eq!(content(&house, &new, &StateEventType::RoomCanonicalAlias, ""), Some(named));
    assert_eq!(content(&house, &old, &StateEventType::RoomCanonicalAlias, ""), Some(json!({ "alt_aliases": [] })));
}

/// Gives somebody settings for a room: a tag, a direct chat, a rule of the room, and one that silences it.
async fn settle(house: &House, room: &RoomId, who: &UserId) {
    let parts = &house.server.parts;
    let short = parts.rooms.find(room).unwrap().short;
    let data = &parts.account_data;
    data.set_tag(who, short, "m.favourite", json!({ "order": 0.5 })).await.unwrap();
    let direct = to_raw_value(&json!({ "@dave:x.example": [room, "!another:x.example"] })).unwrap();
    data.set(who, None, "m.direct", &direct).await.unwrap();
    let loud = NewSimplePushRule::new(room.to_owned(), vec![Action::Notify]);
    data.put_push_rule(who, NewPushRule::Room(loud), None, None).await.unwrap();
    let here = EventMatchConditionData::new("room_id".to_owned(), room.to_string());
    let silent = NewConditionalPushRule::new(room.to_string(), vec![PushCondition::EventMatch(here)], Vec::new());
    data.put_push_rule(who, NewPushRule::Override(silent), None, None).await.unwrap();
    data.enable_push_rule(who, RuleKind::Override, room.to_string(), false).await.unwrap();
}

fn assert_settled(house: &House, room: &RoomId, who: &UserId) {
    let parts = &house.server.parts;
    let short = parts.rooms.find(room).unwrap().short;
    let data = &parts.account_data;
    assert_eq!(Value::Object(data.tags(who, short).unwrap()), json!({ "m.favourite": { "order": 0.5 } }));
    let direct: Value = serde_json::from_str(data.get(who, None, "m.direct").unwrap().unwrap().get()).unwrap();
    assert!(direct["@dave:x.example"].as_array().unwrap().contains(&json!(room)), "{direct}");
    let rules = data.push_rules(who).unwrap();
    let Some(AnyPushRuleRef::Room(loud)) = rules.rules.get(RuleKind::Room, room) else { panic!("no rule") };
    assert!(loud.enabled && loud.actions.len() == 1);
    let Some(AnyPushRuleRef::Override(silent)) = rules.rules.get(RuleKind::Override, room) else { panic!("no rule") };
    let PushCondition::EventMatch(here) = &silent.conditions[0] else { panic!("another condition") };
    assert_eq!((silent.enabled, here.pattern.as_str()), (false, room.as_str()));
}

#[tokio::test]
async fn everybody_keeps_his_settings_in_the_new_room() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let old = room_with_levels(&house, RoomVersionId::V12, json!({})).await;
    for who in [&alice, &bob] {
        settle(&house, &old, who).await;
        // What is in memory before must not be what is there afterwards.
        house.server.parts.account_data.push_rules(who).unwrap();
    }
    let new = house.server.creation.upgrade(&old, &alice, RoomVersionId::V12, Vec::new()).await.unwrap();
    assert_settled(&house, &new, &alice);
    house.join(&new, &bob).await;
    assert_settled(&house, &new, &bob);
    assert_settled(&house, &old, &bob);
    // What he changes there he does not get back by coming again.
    let data = &house.server.parts.account_data;
    let short = house.server.parts.rooms.find(&new).unwrap().short;
    data.delete_tag(&bob, short, "m.favourite").await.unwrap();
    house.leave(&new, &bob).await;
    house.join(&new, &bob).await;
    assert!(data.tags(&bob, short).unwrap().is_empty());
}

#[tokio::test]
async fn a_room_that_only_claims_a_predecessor_gets_no_settings() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let old = room_with_levels(&house, RoomVersionId::V12, json!({})).await;
    settle(&house, &old, &bob).await;
    let creation_content = Map::from_iter([("predecessor".to_owned(), json!({ "room_id": old }))]);
    let new = NewRoom { creation_content, ..new_room(&alice, Preset::Public) };
    let new = house.server.creation.create(new).await.unwrap();
    house.join(&new, &bob).await;
    let (data, rooms) = (&house.server.parts.account_data, &house.server.parts.rooms);
    assert!(data.tags(&bob, rooms.find(&new).unwrap().short).unwrap().is_empty());
    assert!(data.push_rules(&bob).unwrap().rules.get(RuleKind::Room, &new).is_none());
}
