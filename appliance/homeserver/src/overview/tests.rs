use serde_json::json;

use super::*;
use crate::{
    creation::Preset,
    membership::MemberAction,
    testing::{House, user},
    timeline::state_event,
};

async fn named(house: &House, name: &str) -> OwnedRoomId {
    let room = house.room(&user("alice"), Preset::Private).await;
    let event = state_event(ruma::events::TimelineEventType::RoomName, "", &json!({ "name": name }));
    house.server.parts.timeline.send_state(&room, &user("alice"), event).await.unwrap();
    room
}

fn ids(rooms: &[RoomOverview]) -> Vec<&RoomId> {
    rooms.iter().map(|room| &*room.summary.room_id).collect()
}

#[tokio::test]
async fn rooms_are_listed_in_pages_and_found_by_what_they_are_called() {
    let house = House::new().await;
    let mut made = [named(&house, "Совет").await, named(&house, "Lunch").await, named(&house, "Launch").await];
    let council = made[0].clone();
    made.sort();
    let overview = &house.server.overview;
    let wanted = |after: Option<&OwnedRoomId>, search: Option<&str>, limit| RoomsWanted {
        after: after.cloned(),
        search: search.map(str::to_owned),
        limit,
    };
    let (first, more) = overview.rooms(&wanted(None, None, 2)).unwrap();
    assert_eq!((ids(&first), more), (made[..2].iter().map(|id| &**id).collect(), true));
    let (rest, more) = overview.rooms(&wanted(Some(&made[1]), None, 2)).unwrap();
    assert_eq!((ids(&rest), more), (vec![&*made[2]], false));
    let (found, _) = overview.rooms(&wanted(None, Some("СОВЕТ"), 10)).unwrap();
    assert_eq!(ids(&found), [&*council]);
    assert_eq!(overview.rooms(&wanted(None, Some("unch"), 10)).unwrap().0.len(), 2);
    assert_eq!(overview.count().unwrap(), 3);
}

#[tokio::test]
async fn a_room_is_told_with_who_is_in_it() {
    let house = House::new().await;
    let (alice, bob, carol) = (user("alice"), user("bob"), user("carol"));
    let room = house.room(&alice, Preset::Private).await;
    house.server.members.change(&room, &alice, &bob, MemberAction::Invite, None).await.unwrap();
    house.server.members.change(&room, &alice, &carol, MemberAction::Invite, None).await.unwrap();
    house.join(&room, &carol).await;
    let overview = &house.server.overview;
    let told = overview.room(&room).unwrap();
    assert_eq!((told.creator.as_str(), told.invited, told.external), (alice.as_str(), 1, 0));
    assert_eq!((told.history_visibility.as_str(), told.listed, told.federated), ("shared", false, true));
    assert!(told.created_ms > 0 && told.active_ms >= told.created_ms && !told.is_space());
    let (members, more) = overview.members(&room, None, 2).unwrap();
    let shown: Vec<_> =
        members.iter().map(|it| (it.user_id.as_str(), it.membership.as_str(), it.power_level)).collect();
    assert_eq!(shown, [(alice.as_str(), "join", None), (bob.as_str(), "invite", Some(0))]);
    assert!(more);
    let (rest, more) = overview.members(&room, Some(&bob), 2).unwrap();
    assert_eq!((rest.len(), more), (1, false));
    overview.set_listed(&room, true).await.unwrap();
    assert!(overview.room(&room).unwrap().listed);
}
