use std::sync::Arc;

use ruma::RoomVersionId;
use serde_json::json;

use super::*;
use crate::testing::{Room, message, new_event, topic};

#[test]
fn a_version_12_room_is_named_by_the_hash_of_its_create_event() {
    let room = Room::create(RoomVersionId::V12);
    let create = &room.state[&(StateEventType::RoomCreate, String::new())];
    assert_eq!(create.room_id.strip_sigil(), &create.event_id.as_str()[1..]);
    assert_eq!(create.room_id.server_name(), None);
    assert!(!create.json.get().contains("room_id"));
    assert_eq!(Event::room_id(&**create), None);
    for event in room.events.values() {
        assert_eq!(event.room_id, create.room_id);
        assert!(!event.auth_events.contains(&create.event_id), "{}", event.kind);
    }
}

#[test]
fn older_rooms_keep_their_random_id_and_name_the_create_event() {
    for version in [RoomVersionId::V10, RoomVersionId::V11] {
        let room = Room::create(version);
        let create_id = room.state_id(StateEventType::RoomCreate, "").clone();
        for event in room.events.values().filter(|event| event.event_id != create_id) {
            assert_eq!(event.room_id.as_str(), "!room:a.example");
            assert!(event.auth_events.contains(&create_id), "{}", event.kind);
        }
    }
}

#[test]
fn parsing_the_stored_json_gives_the_same_event() {
    for version in crate::room_versions::SUPPORTED {
        let mut room = Room::create(version);
        room.must_send("alice", message("hello"));
        for event in room.events.values() {
            let parsed = Pdu::parse(event.event_id.clone(), event.room_id.clone(), event.json.clone()).unwrap();
            assert_eq!(format!("{parsed:?}"), format!("{:?}", **event));
            let hashed = Pdu::from_object(&event.to_object().unwrap(), &room.version).unwrap();
            assert_eq!(hashed.event_id, event.event_id);
            assert_eq!(hashed.room_id, event.room_id);
            assert_eq!(canonical::to_string(&event.to_object().unwrap()), event.json.get());
        }
    }
}

#[test]
fn an_event_of_another_room_is_refused() {
    let mut room = Room::create(RoomVersionId::V11);
    let event = room.must_send("alice", topic("one"));
    let other = OwnedRoomId::try_from("!other:a.example").unwrap();
    assert!(matches!(Pdu::parse(event.event_id.clone(), other, event.json.clone()), Err(PduError::OtherRoom)));
}

#[test]
fn only_a_create_event_of_version_12_may_name_no_room() {
    let room = Room::create(RoomVersionId::V11);
    for key in [StateEventType::RoomCreate, StateEventType::RoomTopic] {
        let event = room.state.get(&(key, String::new())).cloned();
        let Some(event) = event else { continue };
        let mut object = event.to_object().unwrap();
        object.remove("room_id");
        assert!(matches!(Pdu::from_object(&object, &RoomVersionId::V11), Err(PduError::NoRoom)));
    }
}

#[test]
fn malformed_events_are_refused() {
    let mut room = Room::create(RoomVersionId::V12);
    let event = room.must_send("alice", message("hello"));
    for (field, value) in [
        ("content", json!("text")),
        ("content", json!([])),
        ("sender", json!("alice")),
        ("sender", json!(1)),
        ("depth", json!(-1)),
        ("depth", json!("1")),
        ("origin_server_ts", json!(-5)),
        ("prev_events", json!([1])),
        ("prev_events", json!({})),
        ("auth_events", json!(["no sigil"])),
        ("state_key", json!(7)),
        ("type", json!(null)),
    ] {
        let mut object: serde_json::Value = serde_json::from_str(event.json.get()).unwrap();
        object[field] = value.clone();
        let json = serde_json::value::to_raw_value(&object).unwrap();
        let parsed = Pdu::parse(event.event_id.clone(), event.room_id.clone(), json);
        assert!(parsed.is_err(), "{field} = {value}");
    }
}

#[test]
fn state_is_found_by_borrowed_names() {
    let room = Room::create(RoomVersionId::V12);
    let alice = crate::testing::user("alice");
    assert_eq!(room.state.member(&alice).unwrap().state_key.as_deref(), Some(alice.as_str()));
    assert!(room.state.room_event(StateEventType::RoomCreate).is_some());
    assert!(room.state.room_event(StateEventType::RoomTopic).is_none());
    let pair = room.state.member(&alice).unwrap().state_key_pair().unwrap();
    assert_eq!(pair, (StateEventType::RoomMember, alice.to_string()));
    assert!(room.build(&alice, message("hi")).unwrap().state_key_pair().is_none());
    let custom = Arc::new(room.build(&alice, new_event("org.example.x", Some("k"), &json!({}))).unwrap());
    assert_eq!(custom.state_key_pair().unwrap(), (StateEventType::from("org.example.x"), "k".to_owned()));
}
