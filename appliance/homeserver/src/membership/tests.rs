use ruma::{RoomId, UserId, events::TimelineEventType, owned_event_id, owned_room_id};
use serde_json::{Map, json, value::to_raw_value};
use veche_base::limits::ROOMS_PER_USER_MAX;
use veche_rooms::StateMapExt;
use veche_store::{
    Error, ShortRoomId,
    records::memberships::{Membership, MembershipRecord, UserRoomKey},
};

use super::*;
use crate::{
    creation::{CreateRoomError, Preset, SetStateError},
    testing::{House, user},
    timeline::{NewEvent, SendError},
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

fn record(house: &House, room: &RoomId, user: &UserId) -> MembershipRecord {
    let room = house.server.parts.rooms.find(room).unwrap().short;
    house.server.core.store.get(&UserRoomKey { user: user.to_owned(), room }).unwrap().unwrap()
}

#[tokio::test]
async fn forgetting_undoes_no_invite_that_comes_at_the_same_moment() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let room = house.room(&alice, Preset::Public).await;
    house.join(&room, &bob).await;
    house.leave(&room, &bob).await;
    let members = &house.server.members;
    let hold = house.hold_commits();
    let (invited, forgotten, ()) = tokio::join!(
        members.change(&room, &alice, &bob, MemberAction::Invite, None),
        members.forget(&room, &bob),
        async { drop(hold) },
    );
    invited.unwrap();
    assert!(matches!(forgotten, Err(MembershipError::CannotForget(_))), "{forgotten:?}");
    let record = record(&house, &room, &bob);
    assert_eq!((record.membership, record.forgotten), (Membership::Invite, false));
}

#[tokio::test]
async fn only_rooms_that_one_has_left_are_forgotten() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let room = house.room(&alice, Preset::Public).await;
    let members = &house.server.members;
    for member in [&alice, &bob] {
        let refused = members.forget(&room, member).await;
        assert!(matches!(refused, Err(MembershipError::CannotForget(_))), "{refused:?}");
    }
    house.join(&room, &bob).await;
    house.leave(&room, &bob).await;
    members.forget(&room, &bob).await.unwrap();
    assert!(record(&house, &room, &bob).forgotten);
    house.join(&room, &bob).await;
    assert!(!record(&house, &room, &bob).forgotten);
}

#[tokio::test]
async fn one_who_is_invited_sees_of_the_state_what_the_specification_names() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let mut new = crate::testing::new_room(&alice, Preset::Private);
    (new.name, new.topic) = (Some("Lunch".to_owned()), Some("Soup".to_owned()));
    new.invites.push(bob.clone());
    let room = house.server.creation.create(new).await.unwrap();
    let stripped = record(&house, &room, &bob).stripped_state.unwrap();
    let events: Vec<serde_json::Value> = stripped.parse().unwrap();
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    let member = "m.room.member";
    assert_eq!(kinds, ["m.room.create", "m.room.name", "m.room.topic", "m.room.join_rules", member, member]);
}

#[tokio::test]
async fn who_takes_no_invites_is_not_invited_whichever_way_it_is_tried() {
    let house = House::new().await;
    let (alice, bob, carol) = (user("alice"), user("bob"), user("carol"));
    let (members, creation) = (&house.server.members, &house.server.creation);
    let (room, earlier) = (house.room(&alice, Preset::Private).await, house.room(&alice, Preset::Private).await);
    members.change(&earlier, &alice, &bob, MemberAction::Invite, None).await.unwrap();
    let again = record(&house, &earlier, &bob);
    let choose = async |config: serde_json::Value| {
        let config = to_raw_value(&config).unwrap();
        house.server.parts.account_data.set(&bob, None, "m.invite_permission_config", &config).await.unwrap();
    };
    choose(json!({ "default_action": "block" })).await;
    let same = house.server.parts.rooms.find(&earlier).unwrap().head().state.member(&bob).unwrap().content.clone();
    let plain = to_raw_value(&json!({ "membership": "invite" })).unwrap();
    for (room, content) in [(&room, plain), (&earlier, same)] {
        let invite = members.change(room, &alice, &bob, MemberAction::Invite, None).await;
        assert!(matches!(invite, Err(MembershipError::InviteBlocked(_))), "{invite:?}");
        let (kind, state_key) = (TimelineEventType::RoomMember, Some(bob.to_string()));
        let event = NewEvent { kind, state_key, content, redacts: None };
        let set = creation.send_state(room, &alice, event).await;
        assert!(matches!(set, Err(SetStateError::Send(SendError::InviteBlocked(_)))), "{set:?}");
    }
    let count = house.server.parts.user_rooms.joined(&alice).unwrap().len();
    let new = || {
        let mut new = crate::testing::new_room(&alice, Preset::Private);
        new.alias_localpart = Some("lunch".to_owned());
        new.invites.extend([bob.clone(), carol.clone()]);
        new
    };
    let made = creation.create(new()).await;
    assert!(matches!(&made, Err(CreateRoomError::InviteBlocked(user)) if *user == bob), "{made:?}");
    assert_eq!(house.server.parts.user_rooms.joined(&alice).unwrap().len(), count, "all of it or nothing");
    assert_eq!(record(&house, &earlier, &bob), again, "the one that is there stays");
    // What is no invite goes on, and so do invites of others.
    members.change(&earlier, &alice, &bob, MemberAction::Kick, None).await.unwrap();
    members.change(&room, &alice, &carol, MemberAction::Invite, None).await.unwrap();
    choose(json!({})).await;
    members.change(&room, &alice, &bob, MemberAction::Invite, None).await.unwrap();
    house.server.creation.create(new()).await.unwrap();
}
