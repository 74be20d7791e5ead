use ruma::{owned_event_id, owned_room_id};
use serde_json::Map;
use veche_base::limits::ROOMS_PER_USER_MAX;
use veche_store::{
    Error, ShortRoomId,
    records::memberships::{Membership, MembershipRecord, UserRoomKey},
};

use super::*;
use crate::{
    creation::{CreateRoomError, Preset},
    testing::{House, user},
};

/// Puts a user into so many rooms that are nowhere else, all of one kind of membership.
async fn crowd(house: &House, rooms: usize, membership: Membership) {
    let fill = house.server.core.store.commit(move |txn| {
        for number in 0..rooms {
            let position = txn.next_position();
            let record = MembershipRecord {
                membership,
                room_id: owned_room_id!("!elsewhere:x.example"),
                position,
                event_id: owned_event_id!("$e"),
                sender: user("alice"),
                stripped_state: None,
                forgotten: false,
            };
            let room = ShortRoomId(u64::MAX / 2 + number as u64);
            txn.put(&UserRoomKey { user: user("bob"), room }, &record);
        }
        Ok::<_, Error>(())
    });
    fill.await.unwrap();
}

#[tokio::test]
async fn nobody_gets_more_places_in_rooms_than_one_may_have() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let (first, second) = (house.room(&alice, Preset::Public).await, house.room(&alice, Preset::Public).await);
    crowd(&house, ROOMS_PER_USER_MAX - 1, Membership::Invite).await;
    house.join(&first, &bob).await;
    let members = &house.server.members;
    let join = members.join(&second, &bob, None, Map::new()).await;
    assert!(matches!(join, Err(MembershipError::TooManyRooms)), "{join:?}");
    let invite = members.change(&second, &alice, &bob, MemberAction::Invite, None).await;
    assert!(matches!(invite, Err(MembershipError::TooManyRooms)), "{invite:?}");
    let mut new = crate::testing::new_room(&alice, Preset::Private);
    new.invites.push(bob.clone());
    let made = house.server.creation.create(new).await;
    assert!(matches!(made, Err(CreateRoomError::TooManyRooms)), "{made:?}");
    // A place that he has already may change, and a ban is no place.
    let name = house.server.profiles.set(&bob, "displayname", Some("Bob".into())).await;
    name.unwrap();
    members.change(&second, &alice, &bob, MemberAction::Ban, None).await.unwrap();
    house.leave(&first, &bob).await;
    house.join(&first, &bob).await;
}

#[tokio::test]
async fn rooms_that_were_left_do_not_count() {
    let house = House::new().await;
    let room = house.room(&user("alice"), Preset::Public).await;
    crowd(&house, ROOMS_PER_USER_MAX, Membership::Leave).await;
    house.join(&room, &user("bob")).await;
}
