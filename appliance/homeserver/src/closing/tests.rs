use ruma::{RoomAliasId, room_alias_id};
use veche_directory::Authority;

use super::*;
use crate::{
    creation::Preset,
    membership::{MemberAction, MembershipError},
    testing::{House, user},
    timeline::SendError,
};

async fn address(house: &House, room: &RoomId, by: &OwnedUserId) -> &'static RoomAliasId {
    let alias = room_alias_id!("#board:x.example");
    house.server.creation.add_alias(alias, room, by).await.unwrap();
    alias
}

#[tokio::test]
async fn everybody_is_put_out_and_nobody_comes_back_or_reads() {
    let house = House::new().await;
    let (alice, bob, carol) = (user("alice"), user("bob"), user("carol"));
    let room = house.room(&alice, Preset::Public).await;
    house.join(&room, &bob).await;
    house.server.members.change(&room, &alice, &carol, MemberAction::Invite, None).await.unwrap();
    let alias = address(&house, &room, &alice).await;
    house.say(&room, &alice, "secret").await;

    house.server.closing.close(&Authority::console(), &room).await.unwrap();
    for server in [&house.server, &house.restarted()] {
        let parts = &server.parts;
        assert!(matches!(parts.rooms.find(&room), Err(FindRoomError::Unknown)));
        let head = parts.rooms.find_closed(&room).unwrap().head();
        assert!(head.joined.is_empty());
        for member in [&alice, &bob, &carol] {
            assert_eq!(head.membership(member), MembershipState::Leave, "{member}");
            assert!(parts.user_rooms.of(member).unwrap().is_empty(), "{member}");
        }
        assert_eq!(server.creation.alias_target(alias).unwrap(), None);
        assert!(!server.creation.is_listed(&room).unwrap());
        let back = server.members.join(&room, &bob, None, Map::new()).await;
        assert!(matches!(back, Err(MembershipError::UnknownRoom)));
    }
    let said = house.send(&room, &alice, "m.room.message", json!({ "body": "still here" })).await;
    assert!(matches!(said, Err(SendError::UnknownRoom)));
    let again = house.server.closing.close(&Authority::console(), &room).await;
    assert!(matches!(again, Err(CloseRoomError::Unknown)));
    // The address is free for another room.
    let other = house.room(&bob, Preset::Public).await;
    address(&house, &other, &bob).await;
}

#[tokio::test]
async fn one_who_was_let_through_before_the_room_was_closed_does_not_get_in() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let room_id = house.room(&alice, Preset::Public).await;
    let room = house.server.parts.rooms.find(&room_id).unwrap();
    house.server.closing.close(&Authority::console(), &room_id).await.unwrap();
    let mut draft = house.server.parts.timeline.draft(room.lock().await);
    let refused = draft.push(&bob, member_event(&bob, &MembershipState::Join, Map::new(), None));
    assert!(matches!(refused, Err(DraftError::Forbidden(_))));
}

#[tokio::test]
async fn what_a_crash_has_left_is_emptied_at_the_next_start() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let room = house.room(&alice, Preset::Public).await;
    house.join(&room, &bob).await;
    let directory = &house.server.core.directory;
    directory.close_room(&Authority::console(), &room, json!({})).await.unwrap();
    let next = house.restarted();
    assert!(!next.parts.rooms.find_closed(&room).unwrap().head().joined.is_empty());
    next.closing.settle_all().await.unwrap();
    assert!(next.parts.rooms.find_closed(&room).unwrap().head().joined.is_empty());
    assert!(directory.rooms_to_empty().await.unwrap().is_empty());
    next.closing.settle_all().await.unwrap();
}
