use ruma::RoomVersionId;
use serde_json::{Value, json};

use super::*;
use crate::testing::{Room, message, new_event, topic, user};

fn value(raw: &RawValue) -> Value {
    serde_json::from_str(raw.get()).unwrap()
}

#[test]
fn clients_see_their_fields_and_no_others() {
    let mut room = Room::create(RoomVersionId::V12);
    let said = room.must_send("alice", message("hello"));
    let full = value(&client_event(&said, Unsigned::default()));
    let expected = json!({
        "content": { "msgtype": "m.text", "body": "hello" },
        "event_id": said.event_id,
        "origin_server_ts": said.origin_server_ts,
        "room_id": said.room_id,
        "sender": "@alice:a.example",
        "type": "m.room.message",
    });
    assert_eq!(full, expected);
    let mut without_room = expected;
    without_room.as_object_mut().unwrap().remove("room_id");
    assert_eq!(value(&sync_event(&said, Unsigned::default())), without_room);
    assert!(stripped_state(&said).is_none());
}

#[test]
fn the_federation_form_is_what_was_signed_with_two_fields_beside() {
    let mut room = Room::create(RoomVersionId::V12);
    let said = room.must_send("alice", message("hello"));
    let mut shown = value(&federation_event(&said, Unsigned::default().with_age(&said, said.origin_server_ts + 5)));
    let fields = shown.as_object_mut().unwrap();
    assert_eq!(fields.remove("event_id"), Some(json!(said.event_id)));
    assert_eq!(fields.remove("unsigned"), Some(json!({ "age": 5 })));
    assert_eq!(shown, value(&said.json));
    assert!(shown["signatures"].is_object() && shown["hashes"].is_object() && shown["auth_events"].is_array());
    let mut emptied = (*said).clone();
    emptied.content = RawValue::from_string("{}".to_owned()).unwrap();
    assert_eq!(value(&federation_event(&emptied, Unsigned::default()))["content"], json!({}));
}

#[test]
fn the_create_event_of_version_12_shows_its_room() {
    let room = Room::create(RoomVersionId::V12);
    let create = &room.state[&("m.room.create".into(), String::new())];
    let full = value(&client_event(create, Unsigned::default()));
    assert_eq!(full["room_id"], create.room_id.as_str());
    assert_eq!(full["state_key"], "");
}

#[test]
fn stripped_state_has_four_fields() {
    let mut room = Room::create(RoomVersionId::V12);
    let event = room.must_send("alice", topic("plans"));
    assert_eq!(
        value(&stripped_state(&event).unwrap()),
        json!({ "type": "m.room.topic", "state_key": "", "sender": "@alice:a.example", "content": { "topic": "plans" } })
    );
}

#[test]
fn unsigned_carries_what_was_put_in() {
    let mut room = Room::create(RoomVersionId::V12);
    let old = room.must_send("alice", topic("old"));
    let new = room.must_send("alice", topic("new"));
    let unsigned = Unsigned::default()
        .with_age(&new, new.origin_server_ts + 5)
        .with_transaction_id("t1".into())
        .with_membership(MembershipState::Join)
        .with_previous(&old)
        .with_relations(to_raw_value(&json!({ "m.thread": { "count": 1 } })).unwrap());
    assert_eq!(
        value(&sync_event(&new, unsigned))["unsigned"],
        json!({
            "age": 5,
            "transaction_id": "t1",
            "membership": "join",
            "prev_content": { "topic": "old" },
            "replaces_state": old.event_id,
            "prev_sender": "@alice:a.example",
            "m.relations": { "m.thread": { "count": 1 } },
        })
    );
    let from_the_future = Unsigned::default().with_age(&new, 0);
    assert_eq!(from_the_future.age, Some(0));
}

#[test]
fn redactions_show_their_target_in_both_places() {
    for version in crate::room_versions::SUPPORTED {
        let mut room = Room::create(version);
        let said = room.must_send("alice", message("oops"));
        let mut new = new_event("m.room.redaction", None, &json!({ "reason": "typo" }));
        new.redacts = Some(said.event_id.clone());
        let redaction = room.must_send("alice", new);
        let shown = value(&sync_event(&redaction, Unsigned::default()));
        assert_eq!(shown["redacts"], said.event_id.as_str());
        assert_eq!(shown["content"], json!({ "reason": "typo", "redacts": said.event_id }));
    }
}

#[test]
fn a_redacted_event_brings_its_redaction_along() {
    let mut room = Room::create(RoomVersionId::V12);
    let said = room.must_send("alice", message("oops"));
    let mut new = new_event("m.room.redaction", None, &json!({}));
    new.redacts = Some(said.event_id.clone());
    let redaction = room.must_send("alice", new);
    let redacted = crate::redaction::redact(&said, &redaction, &room.version).unwrap();
    let shown = value(&sync_event(&redacted, Unsigned::default()));
    assert_eq!(shown["content"], json!({}));
    assert_eq!(shown["unsigned"]["redacted_because"]["event_id"], redaction.event_id.as_str());
    assert_eq!(shown["unsigned"]["redacted_because"]["sender"], user("alice").as_str());
}

#[test]
fn fields_of_other_servers_do_not_leak() {
    let mut room = Room::create(RoomVersionId::V12);
    let said = room.must_send("alice", message("hi"));
    let json =
        said.json.get().replacen('{', r#"{"org.example.tracking":1,"redacts":"$forged","unsigned":{"age":7},"#, 1);
    let odd = Pdu::parse(said.event_id.clone(), said.room_id.clone(), RawValue::from_string(json).unwrap()).unwrap();
    let shown = value(&client_event(&odd, Unsigned::default()));
    assert!(shown.get("org.example.tracking").is_none());
    assert!(shown.get("redacts").is_none());
    assert!(shown.get("unsigned").is_none());
}
