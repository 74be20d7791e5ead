use serde_json::{Value, json, value::to_raw_value};

use super::*;
use crate::{
    creation::Preset,
    testing::{House, user},
};

fn texts(events: &[Box<RawValue>]) -> Vec<String> {
    let events = events.iter().map(|event| serde_json::from_str::<Value>(event.get()).unwrap());
    let text =
        |event: Value| event["content"]["body"].as_str().or(event["content"]["name"].as_str()).map(str::to_owned);
    events.filter_map(text).collect()
}

#[tokio::test]
async fn who_ignores_somebody_reads_nothing_of_him_but_state() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let room = house.room(&alice, Preset::TrustedPrivate).await;
    house.server.members.change(&room, &alice, &bob, crate::membership::MemberAction::Invite, None).await.unwrap();
    house.join(&room, &bob).await;
    let levels = json!({ "users": {}, "events": { "m.room.name": 0 } });
    house.set_state(&room, &alice, "m.room.power_levels", levels).await;
    house.say(&room, &alice, "one").await;
    house.say(&room, &bob, "unwanted").await;
    let middle = house.say(&room, &alice, "two").await;
    house.set_state(&room, &bob, "m.room.name", json!({ "name": "named" })).await;
    house.say(&room, &bob, "unwanted").await;
    house.say(&room, &alice, "three").await;
    let ignored = to_raw_value(&json!({ "ignored_users": { bob.as_str(): {} } })).unwrap();
    house.server.parts.account_data.set(&alice, None, "m.ignored_user_list", &ignored).await.unwrap();
    let timeline = &house.server.parts.timeline;
    let read = |reader| {
        let (filter, audience) = (RoomEventFilter::default(), Audience { user: reader, device: None });
        let request = HistoryRequest {
            room_id: &room,
            audience,
            from: None,
            to: None,
            backwards: false,
            limit: 100,
            filter: &filter,
        };
        let history = texts(&timeline.history(&request).unwrap().chunk);
        let around = timeline.context(&room, &middle, audience, 10, &filter).unwrap().unwrap();
        (history, texts(&around.after), texts(&around.before))
    };
    let (history, after, before) = read(&alice);
    assert_eq!(history, ["one", "two", "named", "three"]);
    assert_eq!((after, before), (vec!["named".to_owned(), "three".to_owned()], vec!["one".to_owned()]));
    assert_eq!(read(&bob).0, ["one", "unwanted", "two", "named", "unwanted", "three"]);
}

#[tokio::test]
async fn the_state_of_a_time_is_for_those_to_whom_that_time_is_open() {
    let house = House::new().await;
    let (alice, bob, carol) = (user("alice"), user("bob"), user("carol"));
    let room = house.room(&alice, Preset::Public).await;
    house.set_state(&room, &alice, "m.room.history_visibility", json!({ "history_visibility": "joined" })).await;
    house.join(&room, &carol).await;
    let now = || order_of(house.server.core.store.position());
    let with_carol = now();
    house.leave(&room, &carol).await;
    house.join(&room, &bob).await;
    let timeline = &house.server.parts.timeline;
    let member = |reader: &UserId, order, of: &UserId| {
        let (_, state) = timeline.visible_state_at(&room, reader, order)?;
        Ok::<_, ReadError>(veche_rooms::membership::of_user(&state, of).as_str().to_owned())
    };
    assert_eq!(member(&alice, with_carol, &carol).unwrap(), "join");
    assert_eq!(member(&alice, now(), &carol).unwrap(), "leave");
    assert_eq!(member(&bob, now(), &bob).unwrap(), "join");
    assert!(matches!(member(&bob, with_carol, &carol), Err(ReadError::Forbidden)), "bob was not there");
    assert_eq!(member(&carol, with_carol, &carol).unwrap(), "join");
    // Who has left is told of the room as it was then, whatever moment he names.
    house.leave(&room, &bob).await;
    house.set_state(&room, &alice, "m.room.topic", json!({ "topic": "later" })).await;
    assert_eq!(member(&bob, i64::MAX - 1, &bob).unwrap(), "leave");
    assert!(matches!(member(&bob, with_carol, &carol), Err(ReadError::Forbidden)));
    // What the world may read now it may not have read then.
    house
        .set_state(&room, &alice, "m.room.history_visibility", json!({ "history_visibility": "world_readable" }))
        .await;
    assert_eq!(member(&bob, now(), &bob).unwrap(), "leave");
    assert!(matches!(member(&bob, with_carol, &carol), Err(ReadError::Forbidden)));
}
