use super::*;
use crate::{
    creation::Preset,
    testing::{House, user},
};

fn change(came: &[&UserId], went: &[&UserId]) -> CompanyChange {
    let set = |users: &[&UserId]| users.iter().map(|user| (*user).to_owned()).collect();
    CompanyChange { came: set(came), went: set(went) }
}

#[tokio::test]
async fn what_happened_in_a_room_is_not_lost_because_its_reader_moved_in_it() {
    let house = House::new().await;
    let (alice, bob, carol) = (user("alice"), user("bob"), user("carol"));
    let parts = &house.server.parts;
    let now = || house.server.core.store.position();
    let room = house.room(&alice, Preset::Public).await;
    house.join(&room, &bob).await;
    let since = now();
    house.join(&room, &carol).await;
    house.leave(&room, &bob).await;
    let upto = now();
    let settled = parts.user_rooms.lists(&alice).unwrap();
    // Her own member event moves while an answer up to there is being made.
    house.server.profiles.set(&alice, "displayname", Some("Alice".into())).await.unwrap();
    let newer = parts.user_rooms.lists(&alice).unwrap();
    assert!(newer.kept.values().all(|record| record.position > upto));
    for mine in [&settled, &newer] {
        assert_eq!(parts.company.changes(&alice, mine, since, upto).unwrap(), change(&[&carol], &[&bob]));
    }
    assert_eq!(parts.company.changes(&alice, &newer, upto, now()).unwrap(), change(&[], &[]));
}

#[tokio::test]
async fn company_is_whom_one_shares_any_room_with() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let parts = &house.server.parts;
    let now = || house.server.core.store.position();
    let changes = |user: &UserId, since| {
        parts.company.changes(user, &parts.user_rooms.lists(user).unwrap(), since, now()).unwrap()
    };
    let (one, other) = (house.room(&alice, Preset::Public).await, house.room(&alice, Preset::Public).await);
    let alone = now();
    house.join(&one, &bob).await;
    for (reader, met) in [(&alice, &bob), (&bob, &alice)] {
        assert_eq!(changes(reader, alone), change(&[met], &[]), "{reader}");
    }
    let together = now();
    house.join(&other, &bob).await;
    house.leave(&one, &bob).await;
    // Perhaps they were not together all the time: who may have been missed is told again.
    assert!(changes(&alice, together).went.is_empty());
    let before = now();
    house.leave(&other, &bob).await;
    for (reader, lost) in [(&alice, &bob), (&bob, &alice)] {
        assert_eq!(changes(reader, before), change(&[], &[lost]), "{reader}");
    }
}
