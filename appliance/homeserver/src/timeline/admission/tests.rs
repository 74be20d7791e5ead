use ruma::{OwnedRoomId, RoomId, UserId, events::StateEventType, owned_user_id};
use serde_json::{Map, Value, json};

use super::*;
use crate::{
    creation::{CreateRoomError, Preset, SetStateError},
    delayed::{Action, NewDelayed},
    membership::{MemberAction, MembershipError},
    testing::{House, device, new_room, user},
    timeline::{SendError, Sent, state_event},
};

/// A space of Alice's that Bob is in, and a room of hers for those in the space.
async fn restricted(house: &House) -> (OwnedRoomId, OwnedRoomId) {
    let (alice, bob) = (user("alice"), user("bob"));
    let space = house.room(&alice, Preset::Public).await;
    house.join(&space, &bob).await;
    let room = house.room(&alice, Preset::Private).await;
    let allow = json!([{ "type": "m.room_membership", "room_id": space }]);
    house.set_state(&room, &alice, "m.room.join_rules", json!({ "join_rule": "restricted", "allow": allow })).await;
    (space, room)
}

async fn join_by_state(house: &House, room: &RoomId, who: &UserId, more: Value) -> Result<Sent, SetStateError> {
    let mut content = json!({ "membership": "join" });
    content.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let event = state_event(TimelineEventType::RoomMember, who.as_str(), &content);
    house.server.creation.send_state(room, who, event).await
}

fn claim() -> Value {
    json!({ AUTHORIZER: user("alice") })
}

fn own_event(house: &House, room: &RoomId, who: &UserId) -> Value {
    let head = house.server.parts.rooms.find(room).unwrap().head();
    let event = head.state_event(&StateEventType::RoomMember, who.as_str()).unwrap();
    serde_json::from_str(event.content.get()).unwrap()
}

fn membership(house: &House, room: &RoomId, who: &UserId) -> MembershipState {
    house.server.parts.rooms.find(room).unwrap().head().membership(who)
}

#[tokio::test]
async fn nobody_names_who_lets_him_into_a_restricted_room() {
    let house = House::new().await;
    let (_, room) = restricted(&house).await;
    let carol = user("carol");
    let refused = join_by_state(&house, &room, &carol, claim()).await;
    assert!(matches!(refused, Err(SetStateError::Send(SendError::Forbidden(_)))), "{refused:?}");
    let extra = Map::from_iter([(AUTHORIZER.to_owned(), json!(user("alice")))]);
    let refused = house.server.members.join(&room, &carol, None, extra).await;
    assert!(matches!(refused, Err(MembershipError::Forbidden(_))), "{refused:?}");
    assert_eq!(membership(&house, &room, &carol), MembershipState::Leave);
}

#[tokio::test]
async fn a_delayed_event_lets_nobody_back_into_a_restricted_room() {
    let house = House::new().await;
    let (space, room) = restricted(&house).await;
    let bob = user("bob");
    house.join(&room, &bob).await;
    let new = NewDelayed {
        room_id: room.clone(),
        kind: TimelineEventType::RoomMember,
        state_key: Some(bob.to_string()),
        content: to_raw_value(&json!({ "membership": "join", AUTHORIZER: user("alice") })).unwrap(),
        delay_ms: 60_000,
        sticky_ms: None,
    };
    let delay_id = house.server.delayed.schedule(&bob, &device("HOME"), new, None).await.unwrap();
    house.leave(&room, &bob).await;
    house.leave(&space, &bob).await;
    let refused = house.server.delayed.manage(&delay_id, Action::Send).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(membership(&house, &room, &bob), MembershipState::Leave);
}

#[tokio::test]
async fn whoever_is_in_an_allowed_room_comes_in_on_every_way() {
    for by_state in [true, false] {
        let house = House::new().await;
        let (_, room) = restricted(&house).await;
        let bob = user("bob");
        if by_state {
            join_by_state(&house, &room, &bob, json!({})).await.unwrap();
        } else {
            house.join(&room, &bob).await;
        }
        assert_eq!(own_event(&house, &room, &bob)[AUTHORIZER], "@alice:x.example");
    }
}

#[tokio::test]
async fn one_who_needs_no_authorizer_has_none() {
    let house = House::new().await;
    let (_, room) = restricted(&house).await;
    let bob = user("bob");
    house.join(&room, &bob).await;
    let renamed = json!({ "displayname": "Bob", AUTHORIZER: user("alice") });
    join_by_state(&house, &room, &bob, renamed).await.unwrap();
    assert_eq!(own_event(&house, &room, &bob), json!({ "membership": "join", "displayname": "Bob" }));
    let open = house.room(&user("alice"), Preset::Public).await;
    join_by_state(&house, &open, &bob, claim()).await.unwrap();
    assert_eq!(own_event(&house, &open, &bob), json!({ "membership": "join" }));
}

#[tokio::test]
async fn nobody_of_another_server_is_invited_on_any_way() {
    let house = House::new().await;
    let (alice, stranger) = (user("alice"), owned_user_id!("@zoe:other.example"));
    let room = house.room(&alice, Preset::Private).await;
    let server = &house.server;
    let invite = server.members.change(&room, &alice, &stranger, MemberAction::Invite, None).await;
    assert!(matches!(invite, Err(MembershipError::Forbidden(_))), "{invite:?}");
    let event = state_event(TimelineEventType::RoomMember, stranger.as_str(), &json!({ "membership": "invite" }));
    let set = server.creation.send_state(&room, &alice, event).await;
    assert!(matches!(set, Err(SetStateError::Send(SendError::Forbidden(_)))), "{set:?}");
    let mut new = new_room(&alice, Preset::Private);
    new.invites.push(stranger.clone());
    let made = server.creation.create(new).await;
    assert!(matches!(made, Err(CreateRoomError::Forbidden(_))), "{made:?}");
    assert_eq!(membership(&house, &room, &stranger), MembershipState::Leave);
    // To keep somebody out, nobody has to be told.
    server.members.change(&room, &alice, &stranger, MemberAction::Ban, None).await.unwrap();
}
