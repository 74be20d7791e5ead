use futures_util::future::join_all;
use serde_json::json;
use veche_base::limits::ACCOUNT_DATA_TYPES_PER_USER_MAX;

use super::*;
use crate::{
    creation::Preset,
    testing::{House, user},
};

fn content() -> Box<RawValue> {
    to_raw_value(&json!({ "a": 1 })).unwrap()
}

/// Gives alice so many kinds of data, spread over these rooms.
async fn keep(house: &House, rooms: &[Option<ShortRoomId>], count: usize) {
    let rooms = rooms.to_vec();
    let write = move |txn: &mut Txn| {
        for number in 0..count {
            let room = rooms[number % rooms.len()];
            let key = AccountDataKey { user: user("alice"), room, kind: format!("org.example.{number}") };
            put(txn, &key, Json::from_raw(&content()))?;
        }
        Ok::<_, Error>(())
    };
    house.server.core.store.commit(write).await.unwrap();
}

async fn short(house: &House) -> ShortRoomId {
    let room = house.room(&user("alice"), Preset::Private).await;
    house.server.parts.rooms.find(&room).unwrap().short
}

#[tokio::test]
async fn kinds_of_data_are_counted_over_all_rooms_together() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let (one, other) = (short(&house).await, short(&house).await);
    keep(&house, &[None, Some(one), Some(other)], ACCOUNT_DATA_TYPES_PER_USER_MAX - 1).await;
    let data = &house.server.parts.account_data;
    data.set(&alice, Some(one), "org.example.last", &content()).await.unwrap();
    for room in [None, Some(one), Some(other)] {
        let refused = data.set(&alice, room, "org.example.more", &content()).await;
        assert!(matches!(refused, Err(SetAccountDataError::TooMany)), "{refused:?}");
    }
    let refused = data.set_tag(&alice, one, "m.favourite", json!({})).await;
    assert!(matches!(refused, Err(SetTagError::TooMuchData)), "{refused:?}");
    // What is there can be changed, read markers are written, and others have their own room.
    data.set(&alice, Some(one), "org.example.last", &content()).await.unwrap();
    data.write(&alice, Some(other), FULLY_READ, &content()).await.unwrap();
    data.set(&bob, None, "org.example.more", &content()).await.unwrap();
}

#[tokio::test]
async fn requests_at_the_same_time_do_not_get_past_the_bound() {
    let house = House::new().await;
    let (alice, room) = (user("alice"), short(&house).await);
    let data = &house.server.parts.account_data;
    data.write(&alice, Some(room), FULLY_READ, &content()).await.unwrap();
    keep(&house, &[None, Some(room)], ACCOUNT_DATA_TYPES_PER_USER_MAX - 4).await;
    let held = house.hold_commits();
    let kinds: Vec<_> = (0..20).map(|number| format!("org.example.new{number}")).collect();
    let content = content();
    let setting = join_all(kinds.iter().map(|kind| data.set(&alice, None, kind, &content)));
    let (outcomes, ()) = tokio::join!(setting, async { drop(held) });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 4);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(SetAccountDataError::TooMany))));
}
