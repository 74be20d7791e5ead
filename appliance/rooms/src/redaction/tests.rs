use ruma::RoomVersionId;
use serde_json::{Value, json};

use super::*;
use crate::testing::{Room, member, message, new_event, user};

fn redaction_of(room: &mut Room, sender: &str, target: &Pdu) -> crate::PduRef {
    let mut new = new_event("m.room.redaction", None, &json!({}));
    new.redacts = Some(target.event_id.clone());
    room.must_send(sender, new)
}

/// What is left of this content in each version 10, 11 and 12.
fn check(kind: &str, state_key: Option<&str>, content: &Value, expected: [&Value; 3]) {
    for (version, expected) in crate::room_versions::SUPPORTED.into_iter().zip(expected) {
        let mut room = Room::create(version);
        let event = room.build(&user("alice"), new_event(kind, state_key, content)).unwrap();
        let because = redaction_of(&mut room, "alice", &event);
        let redacted = redact(&event, &because, &room.version).unwrap();
        let left: Value = serde_json::from_str(redacted.content.get()).unwrap();
        assert_eq!(&left, expected, "{kind} in version {}", room.version);
        // The id is the hash of what stays, so it must come out the same.
        let mut bare = redacted.to_object().unwrap();
        bare.remove("unsigned");
        let again = Pdu::from_object(&bare, &room.version).unwrap();
        assert_eq!(again.event_id, event.event_id);
        assert!(redacted.is_redacted());
        assert!(!event.is_redacted());
    }
}

#[test]
fn messages_lose_everything() {
    let empty = json!({});
    check("m.room.message", None, &json!({ "body": "x", "m.relates_to": {} }), [&empty; 3]);
    check("m.room.topic", Some(""), &json!({ "topic": "x" }), [&empty; 3]);
}

#[test]
fn what_authorization_needs_stays() {
    let allow = json!({ "join_rule": "restricted", "allow": [], "x": 1 });
    let kept = json!({ "join_rule": "restricted", "allow": [] });
    check("m.room.join_rules", Some(""), &allow, [&kept; 3]);
    let visibility = json!({ "history_visibility": "joined", "x": 1 });
    check("m.room.history_visibility", Some(""), &visibility, [&json!({ "history_visibility": "joined" }); 3]);
    let levels = json!({ "ban": 1, "invite": 2, "users": {}, "notifications": { "room": 1 } });
    let without_invite = json!({ "ban": 1, "users": {} });
    let with_invite = json!({ "ban": 1, "invite": 2, "users": {} });
    check("m.room.power_levels", Some(""), &levels, [&without_invite, &with_invite, &with_invite]);
}

#[test]
fn member_events_keep_their_membership() {
    let alice = user("alice");
    let content = json!({
        "membership": "join",
        "displayname": "Alice",
        "join_authorised_via_users_server": "@bob:a.example",
        "third_party_invite": { "display_name": "x", "signed": { "token": "t" } },
    });
    let v10 = json!({ "membership": "join", "join_authorised_via_users_server": "@bob:a.example" });
    let mut v11 = v10.clone();
    v11["third_party_invite"] = json!({ "signed": { "token": "t" } });
    check("m.room.member", Some(alice.as_str()), &content, [&v10, &v11, &v11]);
}

#[test]
fn redactions_keep_their_target_since_version_11() {
    let kept = json!({ "redacts": "$x" });
    check("m.room.redaction", None, &json!({ "redacts": "$x", "reason": "y" }), [&json!({}), &kept, &kept]);
}

#[test]
fn create_events_keep_all_since_version_11() {
    for version in crate::room_versions::SUPPORTED {
        let room = Room::empty(version);
        let wish = new_event("m.room.create", Some(""), &json!({ "m.federate": false }));
        let create = room.build(&user("alice"), wish).unwrap();
        let mut full = Room::create(room.version.clone());
        let because = redaction_of(&mut full, "alice", &create);
        let left: Value =
            serde_json::from_str(redact(&create, &because, &room.version).unwrap().content.get()).unwrap();
        let expected = if room.version == RoomVersionId::V10 {
            json!({ "creator": user("alice") })
        } else {
            json!({ "m.federate": false, "room_version": room.version })
        };
        assert_eq!(left, expected);
    }
}

#[test]
fn redacting_twice_changes_nothing_more() {
    let mut room = Room::create(RoomVersionId::V12);
    let said = room.must_send("alice", message("oops"));
    let because = redaction_of(&mut room, "alice", &said);
    let once = redact(&said, &because, &room.version).unwrap();
    let twice = redact(&once, &because, &room.version).unwrap();
    assert_eq!(once.json.get(), twice.json.get());
}

#[test]
fn people_redact_their_own_and_moderators_that_of_others() {
    let mut room = Room::create(RoomVersionId::V12);
    room.must_join("bob");
    room.must_join("carol");
    let said = room.must_send("bob", message("hi"));
    let levels = PowerLevels::of(&room.state, &room.version).unwrap();
    for (sender, expected) in [("bob", true), ("alice", true), ("carol", false)] {
        let redaction = redaction_of(&mut room, sender, &said);
        assert_eq!(takes_effect(&redaction, &said, &levels), expected, "{sender}");
    }
    let create = room.state[&("m.room.create".into(), String::new())].clone();
    assert!(!may_redact(&user("alice"), &create, &levels));
    let elsewhere = Room::create(RoomVersionId::V11).must_send("alice", member("bob", "invite"));
    let redaction = redaction_of(&mut room, "alice", &elsewhere);
    assert!(!takes_effect(&redaction, &elsewhere, &levels));
}

#[test]
fn the_target_is_read_from_the_place_of_the_version_only() {
    let mut room = Room::create(RoomVersionId::V12);
    let redaction = room.must_send("alice", new_event("m.room.redaction", None, &json!({ "redacts": "$right" })));
    let json = redaction.json.get().replacen('{', r#"{"redacts":"$wrong","#, 1);
    let json = RawValue::from_string(json).unwrap();
    let odd = Pdu::parse(redaction.event_id.clone(), redaction.room_id.clone(), json).unwrap();
    assert_eq!(redaction_target(&odd, &RoomVersionId::V12).unwrap(), "$right");
    assert_eq!(redaction_target(&odd, &RoomVersionId::V10).unwrap(), "$wrong");
    assert!(redaction_target(&room.must_send("alice", message("x")), &RoomVersionId::V12).is_none());
}
