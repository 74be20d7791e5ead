use std::collections::BTreeMap;

use futures_util::FutureExt;
use ruma::{OwnedEventId, RoomId, events::TimelineEventType};
use serde_json::json;

use super::*;
use crate::{
    Homeserver,
    creation::Preset,
    testing::{House, user},
    timeline::state_event,
};

/// The state of a room with what its events say, its extremities and its joined members.
fn picture(server: &Homeserver, room: &RoomId) -> (BTreeMap<(String, String), String>, Vec<OwnedEventId>, usize) {
    let head = server.parts.rooms.find(room).unwrap().head();
    let entries = head.state.iter();
    let state =
        entries.map(|((kind, key), pdu)| ((kind.to_string(), key.clone()), pdu.json.get().to_owned())).collect();
    (state, head.extremities.clone(), head.joined.len())
}

#[tokio::test]
async fn an_event_whose_sender_has_stopped_waiting_is_built_upon() {
    let house = House::new().await;
    let (alice, bob, carol) = (user("alice"), user("bob"), user("carol"));
    let room = house.room(&alice, Preset::Public).await;
    house.join(&room, &bob).await;
    let held = house.hold_commits();
    let topic = state_event(TimelineEventType::RoomTopic, "", &json!({ "topic": "kept" }));
    let sending = house.server.parts.timeline.send_state(&room, &alice, topic);
    assert!(sending.now_or_never().is_none(), "it waits for its commit");
    drop(held);
    house.join(&room, &carol).await;
    let last = house.say(&room, &bob, "what was the topic?").await;
    let (state, extremities, joined) = picture(&house.server, &room);
    assert!(state[&("m.room.topic".to_owned(), String::new())].contains("kept"));
    assert_eq!((&*extremities, joined), (&[last][..], 3));
    assert_eq!(picture(&house.restarted(), &room), (state, extremities, joined), "the disk says what memory says");
}

#[tokio::test]
async fn a_draft_that_is_refused_lets_the_next_one_in() {
    let house = House::new().await;
    let alice = user("alice");
    let room = house.room(&alice, Preset::Public).await;
    let said = house.say(&room, &alice, "first").await;
    let parts = &house.server.parts;
    let live = parts.rooms.find(&room).unwrap();
    let newest = live.head().newest;
    let mut draft = parts.timeline.draft(live.lock().await);
    let reaction = json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": said, "key": "+" } });
    let content = serde_json::value::to_raw_value(&reaction).unwrap();
    let kind = TimelineEventType::Reaction;
    draft.push(&alice, crate::timeline::NewEvent { kind, state_key: None, content, redacts: None }).unwrap();
    draft.also(|_, _| Err(DraftError::Taken));
    assert!(matches!(draft.commit().await, Err(DraftError::Taken)));
    assert_eq!(live.head().newest, newest);
    assert!(!live.may_be_related_to(order_of(newest)), "no relation is on its way any more");
    house.say(&room, &alice, "second").await;
}

#[tokio::test]
async fn a_redacted_state_event_is_empty_in_memory_as_on_disk() {
    let house = House::new().await;
    let alice = user("alice");
    let room = house.room(&alice, Preset::Public).await;
    let former = house.set_state(&room, &alice, "m.room.topic", json!({ "topic": "former" })).await;
    let current = house.set_state(&room, &alice, "m.room.topic", json!({ "topic": "current" })).await;
    for (event, topic_left) in [(former, true), (current, false)] {
        house.redact(&room, &alice, &event).await;
        let seen = picture(&house.server, &room);
        assert_eq!(seen.0[&("m.room.topic".to_owned(), String::new())].contains("\"topic\":\"current\""), topic_left);
        assert_eq!(picture(&house.restarted(), &room), seen);
    }
}
