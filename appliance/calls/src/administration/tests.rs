use std::time::Duration;

use ruma::RoomId;
use ruma::events::StateEventType;
use serde_json::{Value, json};
use veche_base::Secret;
use veche_homeserver::membership::MemberAction;
use veche_homeserver::timeline::state_event;

use super::*;
use crate::VideoGrant;
use crate::testing::{House, user, wish};

/// Alice has made the room, bob moderates it, carol is there.
async fn court() -> (House, ruma::OwnedRoomId) {
    let house = House::new().await;
    let room = house.room().await;
    house.sign_in("carol", "HOME").await;
    house.server.members.join(&room, &user("carol"), None, serde_json::Map::new()).await.unwrap();
    give_power(&house, &room, 50).await;
    (house, room)
}

async fn give_power(house: &House, room: &RoomId, bobs: i64) {
    let head = house.server.parts.rooms.find(room).unwrap().head();
    let now = head.state_event(&StateEventType::RoomPowerLevels, "").unwrap();
    let mut levels: Value = serde_json::from_str(now.content.get()).unwrap();
    levels["users"] = json!({ "@bob:x.example": bobs });
    let event = state_event("m.room.power_levels".into(), "", &levels);
    house.server.creation.send_state(room, &user("alice"), event).await.unwrap();
}

fn token(house: &House, room: &RoomId, name: &str) -> Secret<String> {
    house.calls.ticket(&wish(name, room)).unwrap().jwt
}

fn identity(name: &str) -> String {
    format!("@{name}:x.example:HOME")
}

#[tokio::test]
async fn moderators_get_the_right_with_their_token_and_others_do_not() {
    let (house, room) = court().await;
    let ticket = house.calls.ticket(&wish("bob", &room)).unwrap();
    let who = house.calls.administrator(ticket.jwt.expose()).unwrap();
    assert_eq!((&who.call, &who.holder.user_id), (&ticket.room, &user("bob")));
    who.may_administer(&ticket.room).unwrap();
    who.may_list().unwrap();
    assert!(matches!(who.may_administer("another"), Err(AdministerError::NotGranted)));
    let refused = house.calls.administrator(token(&house, &room, "carol").expose()).unwrap_err();
    assert!(matches!(refused, AdministerError::NotGranted));
}

#[tokio::test]
async fn nobody_does_to_others_what_he_could_not_do_to_them_in_the_room() {
    let (house, room) = court().await;
    for name in ["alice", "bob", "carol"] {
        house.calls.admit(token(&house, &room, name).expose()).unwrap();
    }
    let bob = house.calls.administrator(token(&house, &room, "bob").expose()).unwrap();
    assert!(house.calls.may_act_on(&bob, &identity("carol")).unwrap());
    assert!(house.calls.may_act_on(&bob, &identity("bob")).unwrap());
    assert!(matches!(house.calls.may_act_on(&bob, &identity("alice")), Err(AdministerError::NotAllowed)));
    assert!(!house.calls.may_act_on(&bob, "nobody").unwrap());
    assert!(matches!(house.calls.may_end(&bob), Err(AdministerError::NotAllowed)), "alice is there");
    let alice = house.calls.administrator(token(&house, &room, "alice").expose()).unwrap();
    house.calls.may_end(&alice).unwrap();
}

#[tokio::test]
async fn the_room_is_asked_again_each_time() {
    let (house, room) = court().await;
    let jwt = token(&house, &room, "bob");
    house.calls.administrator(jwt.expose()).unwrap();
    give_power(&house, &room, 0).await;
    assert!(matches!(house.calls.administrator(jwt.expose()), Err(AdministerError::NotAllowed)));
    give_power(&house, &room, 50).await;
    house.calls.administrator(jwt.expose()).unwrap();
    let members = &house.server.members;
    members.change(&room, &user("alice"), &user("bob"), MemberAction::Kick, None).await.unwrap();
    assert!(matches!(house.calls.administrator(jwt.expose()), Err(AdministerError::NotAllowed)));
}

#[tokio::test]
async fn a_token_that_is_no_good_or_for_something_else_administers_nothing() {
    let (house, room) = court().await;
    let jwt = token(&house, &room, "bob");
    let now_ms = house.server.core.clock.wall_ms();
    let good = house.calls.keys().verify(jwt.expose(), now_ms).unwrap();
    let refused =
        |grants: &crate::Grants| house.calls.administrator(house.calls.keys().issue(grants, now_ms).expose()).map(drop);
    // Signed by somebody who knows the secret, for nobody.
    let holder = None;
    assert!(matches!(refused(&crate::Grants { holder, ..good.clone() }), Err(AdministerError::NotGranted)));
    for video in [
        VideoGrant { room: String::new(), ..good.video.clone() },
        VideoGrant { room_admin: false, room_list: false, room_create: true, ..good.video.clone() },
    ] {
        assert!(matches!(refused(&crate::Grants { video, ..good.clone() }), Err(AdministerError::NotGranted)));
    }
    let video = VideoGrant { room_admin: false, ..good.video.clone() };
    let lists = house.calls.keys().issue(&crate::Grants { video, ..good }, now_ms);
    let lists = house.calls.administrator(lists.expose()).unwrap();
    lists.may_list().unwrap();
    assert!(matches!(lists.may_administer(&lists.call), Err(AdministerError::NotGranted)));
    assert!(matches!(house.calls.administrator("x"), Err(AdministerError::Token(TokenError::Malformed))));
    house.clock.advance(Duration::from_secs(3_661));
    assert!(matches!(house.calls.administrator(jwt.expose()), Err(AdministerError::Token(TokenError::Expired))));
}
