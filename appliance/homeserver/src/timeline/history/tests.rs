use ruma::api::client::filter::RoomEventFilter;
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
