use ruma::{RoomVersionId, int};
use serde_json::json;

use super::*;
use crate::testing::{Room, new_event, user};

fn with_levels(version: RoomVersionId, content: &serde_json::Value) -> PowerLevels {
    let mut room = Room::create(version);
    let event = room.build(&user("alice"), new_event("m.room.power_levels", Some(""), content)).unwrap();
    room.apply(&std::sync::Arc::new(event));
    PowerLevels::of(&room.state, &room.version).unwrap()
}

#[test]
fn creators_without_a_power_levels_event() {
    for (version, expected) in [
        (RoomVersionId::V10, UserPowerLevel::Int(int!(100))),
        (RoomVersionId::V11, UserPowerLevel::Int(int!(100))),
        (RoomVersionId::V12, UserPowerLevel::Infinite),
    ] {
        let mut room = Room::empty(version);
        room.must_send("alice", new_event("m.room.create", Some(""), &json!({})));
        let levels = PowerLevels::of(&room.state, &room.version).unwrap();
        assert_eq!(levels.user(&user("alice")), expected);
        assert_eq!(levels.user(&user("bob")), UserPowerLevel::Int(int!(0)));
        assert!(levels.can_ban(&user("alice"), &user("bob")));
        assert!(!levels.can_send_state(&user("bob"), &StateEventType::RoomTopic));
        assert!(levels.can_send_message(&user("bob"), &MessageLikeEventType::RoomMessage));
    }
}

#[test]
fn an_empty_levels_event_takes_the_old_creators_power_but_not_the_new_ones() {
    let old = with_levels(RoomVersionId::V11, &json!({}));
    assert_eq!(old.user(&user("alice")), UserPowerLevel::Int(int!(0)));
    let new = with_levels(RoomVersionId::V12, &json!({}));
    assert_eq!(new.user(&user("alice")), UserPowerLevel::Infinite);
    assert!(new.creators().contains(&user("alice")));
}

#[test]
fn each_action_asks_its_own_level() {
    let content = json!({
        "users": { user("mod"): 50, user("helper"): 30, user("peer"): 50 },
        "users_default": 5, "events_default": 10, "state_default": 40,
        "events": { "m.room.topic": 20, "m.room.redaction": 0, "m.reaction": 0 },
        "ban": 45, "kick": 25, "invite": 20, "redact": 35, "notifications": { "room": 30 },
    });
    let levels = with_levels(RoomVersionId::V12, &content);
    let (moderator, helper, peer, bob, alice) = (user("mod"), user("helper"), user("peer"), user("bob"), user("alice"));
    assert!(levels.can_ban(&moderator, &bob) && !levels.can_ban(&helper, &bob));
    assert!(levels.can_kick(&helper, &bob) && !levels.can_kick(&bob, &helper));
    assert!(!levels.can_kick(&moderator, &peer) && !levels.can_ban(&moderator, &alice));
    assert!(levels.can_unban(&moderator, &bob) && !levels.can_unban(&helper, &bob));
    assert!(levels.can_invite(&helper) && !levels.can_invite(&bob));
    assert!(levels.can_redact_own(&bob) && !levels.can_redact_others(&helper) && levels.can_redact_others(&moderator));
    assert!(levels.can_send_state(&helper, &StateEventType::RoomTopic));
    assert!(!levels.can_send_state(&helper, &StateEventType::RoomName));
    assert!(!levels.can_send_message(&bob, &MessageLikeEventType::RoomMessage));
    assert!(levels.can_send_message(&bob, &MessageLikeEventType::Reaction));
    assert!(levels.can_notify(&helper, "room") && !levels.can_notify(&bob, "room"));
    assert!(!levels.can_notify(&alice, "unknown"));
    assert_eq!(levels.users().count(), 3);
}

#[test]
fn unreadable_fields_count_as_absent() {
    let levels = with_levels(RoomVersionId::V12, &json!({ "ban": "50", "users": { "bob": 1 }, "notifications": 3 }));
    assert!(!levels.can_ban(&user("bob"), &user("carol")));
    assert!(levels.can_ban(&user("alice"), &user("carol")));
    assert!(levels.can_notify(&user("alice"), "room"));
}

#[test]
fn room_notifications_need_fifty_by_default() {
    let levels = with_levels(RoomVersionId::V12, &json!({ "users": { user("mod"): 50, user("bob"): 49 } }));
    assert!(levels.can_notify(&user("mod"), "room"));
    assert!(!levels.can_notify(&user("bob"), "room"));
}
