use std::{collections::BTreeMap, time::Duration};

use ruma::{RoomId, UserId, api::client::sync::sync_events::v5::request::Extensions};
use serde_json::{Value, json, value::to_raw_value};

use veche_base::limits::STICKY_EVENTS_PER_SENDER_MAX;

use super::*;
use crate::{
    creation::Preset,
    delayed::NewDelayed,
    sliding::{ListWish, RoomWish, SlidingAnswer, SlidingRequest, StickyWish},
    sync::{SyncRequest, SyncToken, SyncUpdate},
    testing::{House, device, user},
    timeline::NewEvent,
};

const KIND: &str = "org.matrix.msc4143.rtc.member";
const MINUTE: Duration = Duration::from_secs(60);

async fn stick(house: &House, room: &RoomId, who: &UserId, secs: u64) -> Result<OwnedEventId, SendError> {
    let content = to_raw_value(&json!({ "msc4354_sticky_key": "m1" })).unwrap();
    let event = NewEvent { kind: KIND.into(), state_key: None, content, redacts: None };
    let timeline = &house.server.parts.timeline;
    Ok(timeline.send_sticky(room, who, event, None, Some(secs * 1_000)).await?.event_id)
}

/// What a user is told by a sync that shows one event of each timeline.
async fn told(house: &House, who: &UserId, since: Option<SyncToken>) -> (SyncUpdate, SyncToken) {
    let mut request = SyncRequest {
        user: who.to_owned(),
        device: device("HOME"),
        since,
        filter: Default::default(),
        full_state: false,
        state_after: false,
        timeout: Duration::ZERO,
    };
    request.filter.room.timeline.limit = Some(1_u32.into());
    house.server.sync.poll(&request).await.unwrap()
}

/// The ids of the events that stick in the only room of an answer, and those of its timeline.
fn ids(update: &SyncUpdate) -> (Vec<OwnedEventId>, Vec<OwnedEventId>) {
    let ids = |events: &[Box<RawValue>]| events.iter().map(|event| event_id(event)).collect();
    let Some(room) = update.joined.first() else { return (Vec::new(), Vec::new()) };
    (ids(&room.sticky), ids(&room.timeline.events))
}

fn event_id(event: &RawValue) -> OwnedEventId {
    let event: Value = serde_json::from_str(event.get()).unwrap();
    event["event_id"].as_str().unwrap().try_into().unwrap()
}

#[tokio::test]
async fn what_sticks_is_told_though_the_timeline_does_not_show_it() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let room = house.room(&alice, Preset::Public).await;
    house.join(&room, &bob).await;
    let (_, since) = told(&house, &bob, None).await;
    let sticky = stick(&house, &room, &alice, 60).await.unwrap();
    let (update, next) = told(&house, &bob, Some(since)).await;
    assert_eq!(ids(&update), (vec![], vec![sticky.clone()]), "told twice in one answer");
    let event: Value = serde_json::from_str(update.joined[0].timeline.events[0].get()).unwrap();
    assert_eq!(event["msc4354_sticky"], json!({ "duration_ms": 60_000 }));
    assert_eq!(event["unsigned"]["msc4354_sticky_duration_ttl_ms"], 60_000);
    let second = stick(&house, &room, &alice, 60).await.unwrap();
    house.say(&room, &alice, "hello").await;
    let (update, next) = told(&house, &bob, Some(next)).await;
    assert_eq!(ids(&update).0, std::slice::from_ref(&second));
    let (update, _) = told(&house, &bob, Some(next)).await;
    assert_eq!(ids(&update), (vec![], vec![]), "told twice");
    let (update, _) = told(&house, &bob, None).await;
    assert_eq!(ids(&update).0, [sticky, second]);
    house.clock.advance(MINUTE);
    let (update, _) = told(&house, &bob, None).await;
    assert_eq!(ids(&update).0, Vec::<OwnedEventId>::new());
}

#[tokio::test]
async fn one_who_comes_in_is_told_what_sticks_and_may_see_it() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let room = house.room(&alice, Preset::Public).await;
    house.set_state(&room, &alice, "m.room.history_visibility", json!({ "history_visibility": "joined" })).await;
    let (_, since) = told(&house, &bob, None).await;
    let sticky = stick(&house, &room, &alice, 60).await.unwrap();
    let (update, since) = told(&house, &bob, Some(since)).await;
    assert!(update.joined.is_empty(), "told to a stranger");
    house.join(&room, &bob).await;
    let (update, _) = told(&house, &bob, Some(since)).await;
    assert_eq!(ids(&update).0, [sticky]);
}

#[tokio::test]
async fn what_was_redacted_or_comes_from_the_ignored_does_not_stick() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let room = house.room(&alice, Preset::Public).await;
    house.join(&room, &bob).await;
    let redacted = stick(&house, &room, &alice, 60).await.unwrap();
    let kept = stick(&house, &room, &alice, 60).await.unwrap();
    house.redact(&room, &alice, &redacted).await;
    house.say(&room, &alice, "hello").await;
    assert_eq!(ids(&told(&house, &bob, None).await.0).0, [kept]);
    let ignored = to_raw_value(&json!({ "ignored_users": { alice: {} } })).unwrap();
    house.server.parts.account_data.set(&bob, None, "m.ignored_user_list", &ignored).await.unwrap();
    assert_eq!(ids(&told(&house, &bob, None).await.0).0, Vec::<OwnedEventId>::new());
}

#[tokio::test]
async fn a_member_has_so_many_events_that_stick() {
    let house = House::new().await;
    let alice = user("alice");
    let room = house.room(&alice, Preset::Public).await;
    for _ in 0..STICKY_EVENTS_PER_SENDER_MAX {
        stick(&house, &room, &alice, 60).await.unwrap();
    }
    house.clock.advance(MINUTE / 2);
    let refused = stick(&house, &room, &alice, 60).await;
    assert!(matches!(refused, Err(SendError::TooManySticky { wait_ms: 30_000 })), "{refused:?}");
    house.clock.advance(MINUTE / 2);
    stick(&house, &room, &alice, 60).await.unwrap();
    let short = house.server.parts.rooms.find(&room).unwrap().short;
    assert_eq!(house.server.core.store.scan::<StickyKey>((short,)).count(), 1, "old rows are kept");
}

#[tokio::test]
async fn an_event_that_was_delayed_sticks_from_when_it_is_sent() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let room = house.room(&alice, Preset::Public).await;
    house.join(&room, &bob).await;
    let new = NewDelayed {
        room_id: room.clone(),
        kind: KIND.into(),
        state_key: None,
        content: to_raw_value(&json!({ "msc4354_sticky_key": "m1" })).unwrap(),
        delay_ms: 60_000,
        sticky_ms: Some(30_000),
    };
    let delay_id = house.server.delayed.schedule(&bob, &device("HOME"), new, None).await.unwrap();
    house.clock.advance(MINUTE);
    house.server.delayed.manage(&delay_id, crate::delayed::Action::Send).await.unwrap();
    house.say(&room, &bob, "hello").await;
    assert_eq!(ids(&told(&house, &alice, None).await.0).0.len(), 1);
    house.clock.advance(MINUTE / 2);
    assert_eq!(ids(&told(&house, &alice, None).await.0).0.len(), 0);
}

/// What bob is told who looks at no room at all, but has all of them in a list.
async fn slid(house: &House, pos: Option<String>, since: Option<String>, shown: bool) -> SlidingAnswer {
    let ranges = if shown { Some(vec![(0, 10)]) } else { Some(Vec::new()) };
    let list = ListWish { ranges, room: RoomWish { timeline_limit: 1, ..Default::default() }, ..Default::default() };
    let request = SlidingRequest {
        user: user("bob"),
        device: device("B"),
        conn_id: String::new(),
        pos,
        timeout: Duration::ZERO,
        lists: BTreeMap::from([("all".to_owned(), list)]),
        subscriptions: BTreeMap::new(),
        extensions: Extensions::default(),
        sticky: StickyWish { enabled: true, limit: Some(2), since },
    };
    house.server.sliding.poll(&request).await.unwrap()
}

fn slid_ids(answer: &SlidingAnswer) -> Vec<OwnedEventId> {
    let rooms = answer.extensions.sticky.iter().flat_map(|sticky| sticky.rooms.values());
    rooms.flatten().map(|event| event_id(event)).collect()
}

fn next(answer: &SlidingAnswer) -> Option<String> {
    answer.extensions.sticky.as_ref().map(|sticky| sticky.next_batch.to_string())
}

#[tokio::test]
async fn sliding_sync_tells_what_sticks_in_rooms_that_it_does_not_show() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let room = house.room(&alice, Preset::Public).await;
    house.join(&room, &bob).await;
    let mut sent = vec![stick(&house, &room, &alice, 600).await.unwrap()];
    let first = slid(&house, None, None, false).await;
    assert_eq!(slid_ids(&first), sent);
    for _ in 0..3 {
        sent.push(stick(&house, &room, &alice, 600).await.unwrap());
    }
    let second = slid(&house, Some(first.pos.clone()), next(&first), false).await;
    assert_eq!(slid_ids(&second), sent[1..3], "the limit is two");
    let third = slid(&house, Some(second.pos.clone()), next(&second), false).await;
    assert_eq!(slid_ids(&third), sent[3..]);
    let fourth = slid(&house, Some(third.pos.clone()), next(&third), false).await;
    assert!(fourth.extensions.sticky.is_none(), "told without need");
    // Now the room is shown for the first time: all is told again but what its timeline shows.
    let fifth = slid(&house, Some(fourth.pos.clone()), next(&third), true).await;
    assert_eq!(slid_ids(&fifth), sent[..3]);
    let sixth = slid(&house, Some(fifth.pos.clone()), next(&fifth), true).await;
    assert_eq!(slid_ids(&sixth), Vec::<OwnedEventId>::new());
}
