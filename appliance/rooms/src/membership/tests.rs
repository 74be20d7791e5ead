use ruma::{RoomVersionId, owned_server_name};
use serde_json::json;

use super::*;
use crate::testing::{Room, member, new_event, user};

fn event(sender: &str, target: &str, content: &serde_json::Value) -> Pdu {
    let room = Room::create(RoomVersionId::V12);
    room.build(&user(sender), new_event("m.room.member", Some(user(target).as_str()), content)).unwrap()
}

#[test]
fn profiles_are_read_leniently() {
    let good = json!({ "membership": "join", "displayname": "Боб", "avatar_url": "mxc://a/b", "is_direct": true });
    let read_good = read(&event("bob", "bob", &good)).unwrap();
    assert_eq!(read_good.display_name.as_deref(), Some("Боб"));
    assert_eq!(read_good.avatar_url.as_deref(), Some("mxc://a/b"));
    assert!(read_good.is_direct);
    let odd = json!({ "membership": "join", "displayname": 7, "avatar_url": null, "is_direct": "yes", "reason": [] });
    let read_odd = read(&event("bob", "bob", &odd)).unwrap();
    assert_eq!((read_odd.display_name, read_odd.avatar_url, read_odd.is_direct), (None, None, false));
    let by = json!({ "membership": "join", "join_authorised_via_users_server": "@alice:a.example" });
    assert_eq!(read(&event("bob", "bob", &by)).unwrap().join_authorized_by, Some(user("alice")));
    assert!(!is_third_party_invite(&event("bob", "bob", &by)));
}

#[test]
fn transitions_have_names() {
    let cases = [
        (None, ("bob", "join"), Transition::Joined),
        (Some("invite"), ("bob", "join"), Transition::Joined),
        (Some("join"), ("bob", "join"), Transition::Unchanged),
        (Some("join"), ("bob", "leave"), Transition::Left),
        (Some("join"), ("alice", "leave"), Transition::Kicked),
        (Some("invite"), ("bob", "leave"), Transition::InvitationDeclined),
        (Some("invite"), ("alice", "leave"), Transition::InvitationRevoked),
        (None, ("alice", "invite"), Transition::Invited),
        (Some("knock"), ("alice", "invite"), Transition::Invited),
        (None, ("bob", "knock"), Transition::Knocked),
        (Some("knock"), ("bob", "leave"), Transition::KnockRetracted),
        (Some("knock"), ("alice", "leave"), Transition::KnockDenied),
        (Some("join"), ("alice", "ban"), Transition::Banned),
        (Some("ban"), ("alice", "leave"), Transition::Unbanned),
        (None, ("bob", "leave"), Transition::Unchanged),
        (Some("ban"), ("alice", "ban"), Transition::Unchanged),
    ];
    for (before, (sender, after), expected) in cases {
        let before = before.map(|membership| event("alice", "bob", &json!({ "membership": membership })));
        let after = event(sender, "bob", &json!({ "membership": after }));
        assert_eq!(transition(before.as_ref(), &after), expected);
    }
    let named = event("bob", "bob", &json!({ "membership": "join", "displayname": "B" }));
    let plain = event("bob", "bob", &json!({ "membership": "join" }));
    assert_eq!(transition(Some(&plain), &named), Transition::ProfileChanged);
}

#[test]
fn a_state_knows_who_is_in_it() {
    let mut room = Room::create(RoomVersionId::V12);
    room.must_join("bob");
    room.must_join("rita");
    room.must_send("alice", member("rita", "ban"));
    room.must_send("alice", member("ivan", "invite"));
    let names = |memberships: &[MembershipState]| {
        users_with(&room.state, memberships).map(|(user_id, _)| user_id).collect::<Vec<_>>()
    };
    assert_eq!(names(&[MembershipState::Join]), [user("alice"), user("bob")]);
    assert_eq!(names(&[MembershipState::Ban, MembershipState::Invite]), [user("ivan"), user("rita")]);
    assert_eq!(of_user(&room.state, &user("rita")), MembershipState::Ban);
    assert_eq!(of_user(&room.state, &user("nobody")), MembershipState::Leave);
}

#[test]
fn join_rules_say_who_may_come_in() {
    let mut room = Room::create(RoomVersionId::V12);
    room.must_join("bob");
    room.must_send("alice", member("ivan", "invite"));
    room.must_send("alice", member("mallory", "ban"));
    let lobby = json!([{ "type": "m.room_membership", "room_id": "!lobby:a.example" }, { "type": "other" }, 7]);
    let through = JoinPermission::Through(user("alice"));
    let cases = [
        (json!({ "join_rule": "public" }), false, JoinPermission::Open),
        (json!({ "join_rule": "invite" }), true, JoinPermission::InvitationNeeded),
        (json!({ "join_rule": "org.example.odd" }), true, JoinPermission::InvitationNeeded),
        (json!({}), true, JoinPermission::InvitationNeeded),
        (json!({ "join_rule": "knock" }), true, JoinPermission::MayKnock),
        (json!({ "join_rule": "restricted", "allow": lobby }), true, through.clone()),
        (json!({ "join_rule": "restricted", "allow": lobby }), false, JoinPermission::NotInAllowedRoom),
        (json!({ "join_rule": "restricted" }), true, JoinPermission::NotInAllowedRoom),
        (json!({ "join_rule": "knock_restricted", "allow": lobby }), true, through),
        (json!({ "join_rule": "knock_restricted", "allow": lobby }), false, JoinPermission::MayKnock),
    ];
    for (rules, in_lobby, expected) in cases {
        room.must_send("alice", new_event("m.room.join_rules", Some(""), &rules));
        let permission = |name: &str, server: &str| {
            let server = ruma::OwnedServerName::try_from(server).unwrap();
            let joined = |room_id: &RoomId| in_lobby && room_id == "!lobby:a.example";
            join_permission(&room.state, &room.version, &user(name), &server, &joined).unwrap()
        };
        assert_eq!(permission("carol", "a.example"), expected, "{rules}");
        assert_eq!(permission("ivan", "a.example"), JoinPermission::Open);
        assert_eq!(permission("bob", "a.example"), JoinPermission::Open);
        assert_eq!(permission("mallory", "a.example"), JoinPermission::Banned);
        if matches!(expected, JoinPermission::Through(_)) {
            assert_eq!(permission("carol", "b.example"), JoinPermission::NeedsOtherServer);
            assert_eq!(restricted_rooms(&room.state), [ruma::owned_room_id!("!lobby:a.example")]);
        }
    }
}

#[test]
fn the_authorizing_user_must_be_allowed_to_invite() {
    let mut room = Room::create(RoomVersionId::V12);
    room.must_join("bob");
    room.must_join("anna");
    let allow = json!([{ "type": "m.room_membership", "room_id": "!lobby:a.example" }]);
    room.must_send(
        "alice",
        new_event("m.room.join_rules", Some(""), &json!({ "join_rule": "restricted", "allow": allow })),
    );
    let chosen = |room: &Room| {
        join_permission(&room.state, &room.version, &user("carol"), &owned_server_name!("a.example"), &|_| true)
            .unwrap()
    };
    let levels = json!({ "invite": 50, "users": { user("bob"): 50, user("anna"): 50 } });
    room.must_send("alice", new_event("m.room.power_levels", Some(""), &levels));
    room.must_send("alice", member("alice", "leave"));
    assert_eq!(chosen(&room), JoinPermission::Through(user("anna")));
    room.must_send("anna", member("anna", "leave"));
    assert_eq!(chosen(&room), JoinPermission::Through(user("bob")));
    room.must_send("bob", member("bob", "leave"));
    assert_eq!(chosen(&room), JoinPermission::NeedsOtherServer);
}
