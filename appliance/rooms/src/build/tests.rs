use ruma::{signatures::Verified, signatures::verify_event};
use serde_json::json;

use super::*;
use crate::testing::{Room, keys_of, member, message, new_event, public_keys, topic, user};

#[test]
fn built_events_verify_and_pass_the_receive_checks() {
    for version in room_versions::SUPPORTED {
        let mut room = Room::create(version);
        room.must_join("rita");
        room.must_send("rita", message("from the other server"));
        let rules = room_versions::rules(&room.version).unwrap();
        for event in room.events.values() {
            let verified = verify_event(&public_keys(), &event.to_object().unwrap(), &rules).unwrap();
            assert_eq!(verified, Verified::All);
            let received = crate::check_received(event.json.get(), &room.version, &public_keys()).unwrap();
            assert_eq!(received.pdu.event_id, event.event_id);
            assert!(!received.was_redacted);
        }
    }
}

#[test]
fn the_size_limit_is_exact() {
    let room = Room::create(RoomVersionId::V12);
    let alice = user("alice");
    let empty = room.build(&alice, message("")).unwrap().json.get().len();
    let fits = "x".repeat(PDU_BYTES_MAX - empty);
    assert_eq!(room.build(&alice, message(&fits)).unwrap().json.get().len(), PDU_BYTES_MAX);
    assert!(matches!(room.build(&alice, message(&format!("{fits}x"))), Err(BuildError::TooLarge)));
    assert!(matches!(room.build(&alice, message(&"x".repeat(200_000))), Err(BuildError::TooLarge)));
}

#[test]
fn ids_end_at_255_bytes_not_characters() {
    let room = Room::create(RoomVersionId::V12);
    let alice = user("alice");
    let long = "ж".repeat(127);
    assert!(room.build(&alice, new_event("t", Some(&long), &json!({}))).is_ok());
    for (kind, state_key, field) in [("t", "ж".repeat(128), "state_key"), (&*"t".repeat(256), "k".to_owned(), "type")]
    {
        let error = room.build(&alice, new_event(kind, Some(&state_key), &json!({}))).unwrap_err();
        assert!(matches!(error, BuildError::FieldTooLong(name) if name == field), "{error}");
    }
}

fn context<'a>(room: &'a Room, sender: &'a UserId, prev_events: Vec<OwnedEventId>) -> BuildContext<'a> {
    BuildContext {
        room_id: room.id.as_deref(),
        version: &room.version,
        sender,
        now_ms: u64::MAX,
        prev_events,
        depth: u64::MAX,
        state: &room.state,
        sticky_ms: None,
    }
}

#[test]
fn twenty_previous_events_fit_and_one_more_does_not() {
    let room = Room::create(RoomVersionId::V12);
    let alice = user("alice");
    let ids = |count: usize| (0..count).map(|n| format!("${n:043}").try_into().unwrap()).collect::<Vec<OwnedEventId>>();
    let built = build(message("x"), context(&room, &alice, ids(20)), &keys_of("a.example")).unwrap();
    assert_eq!(built.prev_events.len(), 20);
    assert_eq!((built.depth, built.origin_server_ts), (limits::DEPTH_MAX, limits::DEPTH_MAX));
    let error = build(message("x"), context(&room, &alice, ids(21)), &keys_of("a.example")).unwrap_err();
    assert!(matches!(error, BuildError::TooManyPrevEvents));
}

#[test]
fn what_does_not_tell_who_must_sign_it_is_not_built() {
    for version in room_versions::SUPPORTED {
        let room = Room::create(version);
        let alice = user("alice");
        for content in [
            json!({ "membership": "join", "join_authorised_via_users_server": "@alice:a$example" }),
            json!({ "membership": "join", "join_authorised_via_users_server": 5 }),
            json!({ "membership": "unheard-of", "join_authorised_via_users_server": "" }),
            json!({ "membership": "invite", "third_party_invite": "text" }),
            json!({ "displayname": "Alice" }),
        ] {
            let built = room.build(&alice, new_event("m.room.member", Some(alice.as_str()), &content));
            assert!(matches!(built, Err(BuildError::Format(_))), "{content} in version {}", room.version);
        }
        let named = json!({ "membership": "join", "join_authorised_via_users_server": "@rita:r.example" });
        room.build(&alice, new_event("m.room.member", Some(alice.as_str()), &named)).unwrap();
    }
}

#[test]
fn nobody_signs_for_a_user_of_another_server() {
    let room = Room::create(RoomVersionId::V12);
    let rita = user("rita");
    let error = build(message("x"), context(&room, &rita, vec![]), &keys_of("a.example")).unwrap_err();
    assert!(matches!(error, BuildError::ForeignSender));
}

#[test]
fn a_room_id_is_given_exactly_when_there_is_one() {
    let alice = user("alice");
    for version in room_versions::SUPPORTED {
        let room = Room::create(version);
        let mut wrong = context(&room, &alice, vec![]);
        wrong.room_id = None;
        assert!(matches!(build(message("x"), wrong, &keys_of("a.example")), Err(BuildError::RoomId)));
        let create = new_event("m.room.create", Some(""), &json!({}));
        let made = build(create, context(&room, &alice, vec![]), &keys_of("a.example"));
        assert_eq!(made.is_ok(), room.version != RoomVersionId::V12);
    }
}

#[test]
fn create_events_say_their_true_version_and_creator() {
    let alice = user("alice");
    for (version, creator) in
        [(RoomVersionId::V10, json!(alice)), (RoomVersionId::V11, json!(null)), (RoomVersionId::V12, json!(null))]
    {
        let room = Room::empty(version.clone());
        let wish = new_event("m.room.create", Some(""), &json!({ "room_version": "6", "m.federate": false }));
        let create = room.build(&alice, wish).unwrap();
        let content: serde_json::Value = serde_json::from_str(create.content.get()).unwrap();
        assert_eq!(content["room_version"], version.as_str());
        assert_eq!(content["m.federate"], false);
        assert_eq!(content.get("creator").cloned().unwrap_or_default(), creator);
        assert!(create.auth_events.is_empty());
    }
}

#[test]
fn redacts_stands_where_the_version_wants_it() {
    let target: OwnedEventId = "$target".try_into().unwrap();
    for version in room_versions::SUPPORTED {
        let room = Room::create(version);
        let inside = room_versions::redacts_in_content(&room.version);
        let mut by_argument = new_event("m.room.redaction", None, &json!({ "reason": "spam" }));
        by_argument.redacts = Some(target.clone());
        let by_content = new_event("m.room.redaction", None, &json!({ "redacts": target }));
        for new in [by_argument, by_content] {
            let pdu = room.build(&user("alice"), new).unwrap();
            assert_eq!(pdu.redacts.is_some(), !inside);
            assert_eq!(pdu.content.get().contains("redacts"), inside);
            assert_eq!(crate::redaction::redaction_target(&pdu, &room.version), Some(target.clone()));
        }
    }
}

#[test]
fn bad_content_is_refused_with_its_reason() {
    let room = Room::create(RoomVersionId::V12);
    for (content, reason) in [
        (r#"{"a":1.5}"#, CanonicalError::Float),
        (r#"{"a":1,"a":2}"#, CanonicalError::DuplicateKey("a".into())),
        ("[]", CanonicalError::NotAnObject),
        (r#"{"a":9007199254740992}"#, CanonicalError::IntegerOutOfRange),
    ] {
        let mut new = message("");
        new.content = RawValue::from_string(content.to_owned()).unwrap();
        let error = room.build(&user("alice"), new).unwrap_err();
        assert!(matches!(error, BuildError::Content(found) if found == reason), "{content}");
    }
    let deep = format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
    let mut new = message("");
    new.content = RawValue::from_string(deep).unwrap();
    assert!(matches!(room.build(&user("alice"), new), Err(BuildError::Content(CanonicalError::TooDeep(_)))));
}

#[test]
fn auth_events_are_chosen_from_the_state() {
    let mut room = Room::create(RoomVersionId::V12);
    let bob_joined = room.must_join("bob");
    let levels = room.state_id("m.room.power_levels".into(), "").clone();
    let rules = room.state_id("m.room.join_rules".into(), "").clone();
    let alice_joined = room.state_id("m.room.member".into(), user("alice").as_str()).clone();
    let sorted = |mut ids: Vec<OwnedEventId>| {
        ids.sort();
        ids
    };
    let said = room.build(&user("bob"), topic("x")).unwrap();
    assert_eq!(sorted(said.auth_events), sorted(vec![levels.clone(), bob_joined.event_id.clone()]));
    let invited = room.build(&user("alice"), member("carol", "invite")).unwrap();
    assert_eq!(sorted(invited.auth_events), sorted(vec![levels.clone(), alice_joined.clone(), rules]));
    let banned = room.build(&user("alice"), member("bob", "ban")).unwrap();
    assert_eq!(sorted(banned.auth_events), sorted(vec![levels, alice_joined, bob_joined.event_id.clone()]));
}

#[test]
fn member_events_must_say_a_membership() {
    let room = Room::create(RoomVersionId::V12);
    for content in [json!({}), json!({ "membership": 7 })] {
        let new = new_event("m.room.member", Some(user("bob").as_str()), &content);
        assert!(matches!(room.build(&user("bob"), new), Err(BuildError::Format(_))));
    }
}
