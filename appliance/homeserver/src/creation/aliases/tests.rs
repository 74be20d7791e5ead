use ruma::room_alias_id;

use super::*;
use crate::{
    creation::Preset,
    testing::{House, user},
};

#[tokio::test]
async fn nobody_takes_an_address_away_that_has_become_another_ones() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let (first, second) = (house.room(&alice, Preset::Public).await, house.room(&bob, Preset::Public).await);
    let (creation, alias) = (&house.server.creation, room_alias_id!("#lunch:x.example"));
    creation.add_alias(alias, &first, &alice).await.unwrap();
    let hold = house.hold_commits();
    let (deleted, added, refused, ()) = tokio::join!(
        creation.delete_alias(alias, &alice, false),
        creation.add_alias(alias, &second, &bob),
        creation.delete_alias(alias, &alice, false),
        async { drop(hold) },
    );
    deleted.unwrap();
    added.unwrap();
    assert!(matches!(refused, Err(AliasError::Forbidden)), "{refused:?}");
    assert_eq!(creation.alias_target(alias).unwrap(), Some(second.clone()));
    let aliases_of = |room| creation.aliases_of(creation.rooms.find(room).unwrap().short).unwrap();
    assert_eq!((aliases_of(&first), aliases_of(&second)), (Vec::new(), vec![alias.to_owned()]));
}

#[tokio::test]
async fn no_room_gets_more_addresses_than_one_may_have() {
    let house = House::new().await;
    let alice = user("alice");
    let room = house.room(&alice, Preset::Public).await;
    let short = house.server.creation.rooms.find(&room).unwrap().short;
    let alias = |number: usize| RoomAliasId::parse(format!("#a{number}:x.example")).unwrap();
    let fill = house.server.core.store.commit(move |txn| {
        for number in 1..ALIASES_PER_ROOM_MAX {
            txn.put(&RoomAliasKey { room: short, alias: alias(number) }, &());
        }
        Ok::<_, Error>(())
    });
    fill.await.unwrap();
    let creation = &house.server.creation;
    let (one, two) = (alias(ALIASES_PER_ROOM_MAX), alias(ALIASES_PER_ROOM_MAX + 1));
    let outcomes = tokio::join!(creation.add_alias(&one, &room, &alice), creation.add_alias(&two, &room, &alice));
    assert!(matches!(outcomes, (Ok(()), Err(AliasError::TooMany))), "{outcomes:?}");
}
