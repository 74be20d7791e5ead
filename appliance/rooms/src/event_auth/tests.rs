use std::sync::Arc;

use ruma::RoomVersionId;
use serde_json::json;

use super::*;
use crate::testing::{Room, keys_of, member, message, new_event, public_keys, topic, user};

fn levels(content: &serde_json::Value) -> crate::NewEvent {
    new_event("m.room.power_levels", Some(""), content)
}

/// A public room of `alice` with members `bob` and `rita` (of another server), `mallory` banned
/// and `ivan` invited.
fn populated(version: RoomVersionId) -> Room {
    let mut room = Room::create(version);
    room.must_join("bob");
    room.must_join("rita");
    room.must_join("mallory");
    room.must_send("alice", member("mallory", "ban"));
    room.must_send("alice", member("ivan", "invite"));
    room
}

#[test]
fn members_may_talk_and_others_may_not() {
    for version in room_versions::SUPPORTED {
        let room = populated(version);
        assert!(room.try_send("bob", message("hi")).is_ok());
        assert!(room.try_send("rita", message("hi")).is_ok());
        for outsider in ["carol", "ivan", "mallory"] {
            assert!(room.refusal(outsider, message("hi")).contains("membership is not `join`"), "{outsider}");
        }
    }
}

#[test]
fn memberships_change_only_as_the_rules_allow() {
    for version in room_versions::SUPPORTED {
        let room = populated(version);
        let allowed = [
            ("carol", "carol", "join"),
            ("ivan", "ivan", "join"),
            ("ivan", "ivan", "leave"),
            ("bob", "carol", "invite"),
            ("alice", "bob", "leave"),
            ("alice", "bob", "ban"),
            ("alice", "mallory", "leave"),
            ("bob", "bob", "leave"),
        ];
        for (sender, target, membership) in allowed {
            room.try_send(sender, member(target, membership)).unwrap();
        }
        let refused = [
            ("mallory", "mallory", "join"),
            ("mallory", "mallory", "leave"),
            ("carol", "dave", "invite"),
            ("bob", "mallory", "invite"),
            ("bob", "rita", "invite"),
            ("bob", "carol", "join"),
            ("bob", "rita", "leave"),
            ("bob", "rita", "ban"),
            ("bob", "alice", "ban"),
            ("bob", "mallory", "leave"),
            ("carol", "carol", "leave"),
            ("carol", "carol", "knock"),
        ];
        for (sender, target, membership) in refused {
            assert!(room.try_send(sender, member(target, membership)).is_err(), "{sender} {target} {membership}");
        }
    }
}

#[test]
fn state_and_power_need_power() {
    for version in room_versions::SUPPORTED {
        let mut room = populated(version);
        assert!(room.refusal("bob", topic("mine")).contains("enough power"));
        let (alice, bob) = (user("alice"), user("bob"));
        let mut users = json!({ bob.as_str(): 50 });
        if room.version != RoomVersionId::V12 {
            users[alice.as_str()] = json!(100);
        }
        room.must_send("alice", levels(&json!({ "users": users.clone(), "events": { "m.room.topic": 50 } })));
        room.try_send("bob", topic("mine")).unwrap();
        // Nobody lifts themselves, or others, above their own level.
        users[bob.as_str()] = json!(51);
        assert!(room.try_send("bob", levels(&json!({ "users": users }))).is_err());
        users[bob.as_str()] = json!(50);
        users[user("rita").as_str()] = json!(60);
        assert!(room.try_send("bob", levels(&json!({ "users": users }))).is_err());
        // Nobody sets state named after another user.
        let foreign = new_event("org.example.status", Some(alice.as_str()), &json!({}));
        assert!(room.refusal("bob", foreign).contains("another user"));
        let own = new_event("org.example.status", Some(bob.as_str()), &json!({}));
        room.try_send("bob", own).unwrap();
    }
}

#[test]
fn creators_of_version_12_are_above_all_levels_and_not_listed() {
    let mut room = Room::empty(RoomVersionId::V12);
    let content = json!({ "additional_creators": [user("bob")] });
    room.must_send("alice", new_event("m.room.create", Some(""), &content));
    room.must_join("alice");
    room.must_send("alice", new_event("m.room.join_rules", Some(""), &json!({ "join_rule": "public" })));
    room.must_join("bob");
    room.must_join("carol");
    for creator in ["alice", "bob"] {
        let refusal = room.refusal("alice", levels(&json!({ "users": { user(creator).as_str(): 100 } })));
        assert!(refusal.contains("creator"), "{refusal}");
    }
    let high = json!({ "users": { user("carol").as_str(): 9_007_199_254_740_991_i64 }, "state_default": 1000 });
    room.must_send("bob", levels(&high));
    room.try_send("bob", topic("creators need no level")).unwrap();
    room.try_send("bob", member("carol", "ban")).unwrap();
    assert!(room.try_send("carol", member("bob", "ban")).is_err());
    assert!(room.try_send("carol", member("alice", "leave")).is_err());
    // One creator has no more power than another.
    assert!(room.try_send("alice", member("bob", "leave")).is_err());
}

#[test]
fn older_versions_list_their_creator() {
    for version in [RoomVersionId::V10, RoomVersionId::V11] {
        let room = populated(version);
        room.try_send("alice", levels(&json!({ "users": { user("alice").as_str(): 90 } }))).unwrap();
    }
}

#[test]
fn power_levels_must_be_integers() {
    for version in room_versions::SUPPORTED {
        let room = populated(version);
        for content in [json!({ "ban": "50" }), json!({ "users": { "alice": 1 } }), json!({ "events": [] })] {
            assert!(room.try_send("alice", levels(&content)).is_err(), "{content}");
        }
    }
}

#[test]
fn a_room_can_be_closed_to_other_servers() {
    let mut room = Room::empty(RoomVersionId::V12);
    room.must_send("alice", new_event("m.room.create", Some(""), &json!({ "m.federate": false })));
    room.must_join("alice");
    room.must_send("alice", new_event("m.room.join_rules", Some(""), &json!({ "join_rule": "public" })));
    room.try_send("bob", member("bob", "join")).unwrap();
    assert!(room.refusal("rita", member("rita", "join")).contains("not federated"));
}

#[test]
fn events_must_fit_their_own_auth_events() {
    for version in room_versions::SUPPORTED {
        let mut room = populated(version);
        let said = room.must_send("bob", message("hi"));
        let verdict = |room: &Room, pdu: &Pdu| {
            authorize_received(pdu, &room.events, &room.state, &room.state, &room.version).unwrap()
        };
        assert_eq!(verdict(&room, &said), Verdict::Accepted);
        let with_auth_events = |ids: Vec<OwnedEventId>| {
            let mut pdu = (*said).clone();
            pdu.auth_events = ids;
            pdu
        };
        let is_rejected = |pdu: &Pdu| matches!(verdict(&room, pdu), Verdict::Rejected(_));
        let own = said.auth_events.clone();
        // None at all, one twice, one that does not belong, one unknown, the create event in v12.
        assert!(is_rejected(&with_auth_events(vec![])));
        assert!(is_rejected(&with_auth_events([own.clone(), vec![own[0].clone()]].concat())));
        let rules = room.state_id(StateEventType::RoomJoinRules, "").clone();
        assert!(is_rejected(&with_auth_events([own.clone(), vec![rules]].concat())));
        assert!(is_rejected(&with_auth_events([own.clone(), vec!["$unknown".try_into().unwrap()]].concat())));
        let create = room.state_id(StateEventType::RoomCreate, "").clone();
        assert!(is_rejected(&with_auth_events([own.clone(), vec![create]].concat())));
    }
}

#[test]
fn auth_events_must_be_accepted_and_of_the_same_room() {
    for version in room_versions::SUPPORTED {
        let mut room = populated(version);
        let said = room.must_send("bob", message("hi"));
        let auth_id = said.auth_events[0].clone();
        let original = room.events[&auth_id].clone();
        for spoil in
            [|pdu: &mut Pdu| pdu.rejected = true, |pdu: &mut Pdu| pdu.room_id = "!other:a.example".try_into().unwrap()]
        {
            let mut spoiled = (*original).clone();
            spoil(&mut spoiled);
            room.events.insert(auth_id.clone(), Arc::new(spoiled));
            let verdict = authorize_received(&said, &room.events, &room.state, &room.state, &room.version).unwrap();
            assert!(matches!(verdict, Verdict::Rejected(_)), "{verdict:?}");
        }
    }
}

#[test]
fn what_is_forbidden_only_now_is_soft_failed() {
    for version in room_versions::SUPPORTED {
        let mut room = populated(version);
        let before = room.state.clone();
        let said = room.try_send("bob", message("sent before I heard of the ban")).unwrap();
        room.must_send("alice", member("bob", "ban"));
        let judge = |before: &StateMap| authorize_received(&said, &room.events, before, &room.state, &room.version);
        assert!(matches!(judge(&before).unwrap(), Verdict::SoftFailed(_)));
        assert!(matches!(judge(&room.state).unwrap(), Verdict::Rejected(_)));
    }
}

#[test]
fn received_events_with_changed_content_are_redacted_and_forged_ones_dropped() {
    for version in room_versions::SUPPORTED {
        let mut room = populated(version);
        let said = room.must_send("rita", message("original"));
        let changed = said.json.get().replace("original", "tampered");
        let received = check_received(&changed, &room.version, &public_keys()).unwrap();
        assert!(received.was_redacted);
        assert_eq!(received.pdu.event_id, said.event_id);
        assert_eq!(received.pdu.content.get(), "{}");
        let forged = said.json.get().replace("\"depth\":", "\"depth\":1");
        assert!(matches!(check_received(&forged, &room.version, &public_keys()), Err(ReceiveError::Signature(_))));
        let keys = keys_of("a.example").public_key_map();
        assert!(matches!(check_received(said.json.get(), &room.version, &keys), Err(ReceiveError::Signature(_))));
    }
}

#[test]
fn received_json_is_checked_before_anything_else() {
    let mut room = populated(RoomVersionId::V12);
    let said = room.must_send("rita", message("hello"));
    let check = |json: &str| check_received(json, &room.version, &public_keys());
    let deep = said.json.get().replace("\"hello\"", &format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)));
    assert!(matches!(check(&deep), Err(ReceiveError::Json(CanonicalError::TooDeep(_)))));
    let float = said.json.get().replace("\"hello\"", "1.5");
    assert!(matches!(check(&float), Err(ReceiveError::Json(CanonicalError::Float))));
    let large = said.json.get().replace("hello", &"x".repeat(70_000));
    assert!(matches!(check(&large), Err(ReceiveError::TooLarge)));
    assert!(matches!(check(&" ".repeat(1_000_000)), Err(ReceiveError::TooLarge)));
    let without_signature = said.json.get().replace("b.example", "c.example");
    assert!(check(&without_signature).is_err());
    let with_unsigned = said.json.get().replacen('{', r#"{"unsigned":{"redacted_because":{"forged":1}},"#, 1);
    assert!(check(&with_unsigned).unwrap().pdu.redacted_because.is_none());
}

#[test]
fn the_create_event_among_auth_events_of_version_12_is_a_format_error() {
    let mut room = populated(RoomVersionId::V12);
    let said = room.must_send("rita", message("hello"));
    let create = room.state_id(StateEventType::RoomCreate, "").clone();
    let mut object = said.to_object().unwrap();
    let auth_events = object.get_mut("auth_events").unwrap().as_array_mut().unwrap();
    auth_events.push(create.as_str().to_owned().into());
    object.remove("hashes");
    object.remove("signatures");
    let rules = room_versions::rules(&room.version).unwrap();
    keys_of("b.example").hash_and_sign(&mut object, &rules.redaction).unwrap();
    let error = check_received(&canonical::to_string(&object), &room.version, &public_keys()).unwrap_err();
    assert!(matches!(&error, ReceiveError::Format(text) if text.contains("m.room.create")), "{error}");
}

#[test]
fn a_restricted_join_needs_the_signature_of_the_server_that_let_them_in() {
    let mut room = Room::create(RoomVersionId::V11);
    let allow = json!([{ "type": "m.room_membership", "room_id": "!lobby:a.example" }]);
    room.must_send(
        "alice",
        new_event("m.room.join_rules", Some(""), &json!({ "join_rule": "restricted", "allow": allow })),
    );
    let through = |authorizer: &str| {
        let content = json!({ "membership": "join", "join_authorised_via_users_server": user(authorizer) });
        new_event("m.room.member", Some(user("carol").as_str()), &content)
    };
    assert!(room.try_send("carol", member("carol", "join")).is_err());
    let joined = room.try_send("carol", through("alice")).unwrap();
    assert!(joined.auth_events.contains(room.state_id(StateEventType::RoomMember, user("alice").as_str())));
    assert!(room.try_send("carol", through("nobody")).is_err());
    let signers = required_signers(joined.json.get(), &room.version).unwrap();
    assert_eq!(signers, [ruma::owned_server_name!("a.example")]);
}
