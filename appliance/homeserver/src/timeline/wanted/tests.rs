use ruma::{EventId, OwnedEventId, OwnedRoomId};
use serde_json::{Value, json, value::to_raw_value};

use super::*;
use crate::{
    creation::Preset,
    testing::{House, user},
    timeline::{Audience, HistoryRequest},
};

/// A room of alice, bob and carol with three messages of alice's: bob has reacted to the first, carol has begun a thread
/// at it and refers to the second, and nothing relates to the third.
struct Talk {
    house: House,
    room: OwnedRoomId,
    said: Vec<OwnedEventId>,
    reaction: OwnedEventId,
}

fn relation(kind: &str, to: &EventId) -> Value {
    json!({ "body": kind, "m.relates_to": { "rel_type": kind, "event_id": to, "key": "+" } })
}

impl Talk {
    async fn new() -> Self {
        let house = House::new().await;
        let (alice, bob, carol) = (user("alice"), user("bob"), user("carol"));
        let room = house.room(&alice, Preset::Public).await;
        house.join(&room, &bob).await;
        house.join(&room, &carol).await;
        let mut said = Vec::new();
        for text in ["one", "two", "three"] {
            said.push(house.say(&room, &alice, text).await);
        }
        let reaction = house.send(&room, &bob, "m.reaction", relation("m.annotation", &said[0])).await.unwrap();
        house.send(&room, &carol, "m.room.message", relation("m.thread", &said[0])).await.unwrap();
        house.send(&room, &carol, "m.room.message", relation("m.reference", &said[1])).await.unwrap();
        Self { house, room, said, reaction }
    }

    /// Which of the three messages this reader finds with this filter, from one end or the other.
    fn found(&self, reader: &str, filter: &Value) -> Vec<usize> {
        let reader = user(reader);
        let filter: RoomEventFilter = serde_json::from_value(filter.clone()).unwrap();
        let timeline = &self.house.server.parts.timeline;
        let read = |backwards| -> Vec<usize> {
            let request = HistoryRequest {
                room_id: &self.room,
                audience: Audience { user: &reader, device: None },
                from: None,
                to: None,
                backwards,
                limit: 100,
                filter: &filter,
            };
            let chunk = timeline.history(&request).unwrap().chunk;
            let ids = chunk.iter().map(|event| serde_json::from_str::<Value>(event.get()).unwrap()["event_id"].clone());
            ids.filter_map(|id| self.said.iter().position(|said| id == said.as_str())).collect()
        };
        let (found, mut again) = (read(false), read(true));
        again.reverse();
        assert_eq!(found, again, "in both directions");
        found
    }
}

#[tokio::test]
async fn events_are_found_by_what_relates_to_them() {
    let talk = Talk::new().await;
    let (bob, carol) = (user("bob"), user("carol"));
    for (filter, expected) in [
        (json!({}), vec![0, 1, 2]),
        (json!({ "related_by_senders": [], "related_by_rel_types": [] }), vec![0, 1, 2]),
        (json!({ "related_by_senders": [bob] }), vec![0]),
        (json!({ "related_by_senders": [carol] }), vec![0, 1]),
        (json!({ "related_by_senders": [user("alice")] }), vec![]),
        (json!({ "related_by_rel_types": ["m.thread"] }), vec![0]),
        (json!({ "related_by_rel_types": ["m.reference", "m.thread"] }), vec![0, 1]),
        (json!({ "related_by_rel_types": ["m.replace"] }), vec![]),
        // Carol has reacted to nothing, although she relates to the first message and somebody has reacted to it.
        (json!({ "related_by_senders": [carol], "related_by_rel_types": ["m.annotation"] }), vec![]),
        (json!({ "related_by_senders": [bob, carol], "related_by_rel_types": ["m.annotation"] }), vec![0]),
        (json!({ "related_by_senders": [carol], "not_types": ["m.room.message"] }), vec![]),
    ] {
        assert_eq!(talk.found("bob", &filter), expected, "{filter}");
    }
    talk.house.redact(&talk.room, &bob, &talk.reaction).await;
    assert_eq!(
        talk.found("bob", &json!({ "related_by_senders": [bob] })),
        [0_usize; 0],
        "what is gone relates no more"
    );
}

#[tokio::test]
async fn what_a_reader_is_not_shown_finds_nothing_for_him() {
    let talk = Talk::new().await;
    let (alice, carol) = (user("alice"), user("carol"));
    talk.house.leave(&talk.room, &user("bob")).await;
    // Reacted to when bob was gone.
    talk.house.send(&talk.room, &carol, "m.reaction", relation("m.annotation", &talk.said[2])).await.unwrap();
    let annotated = json!({ "related_by_rel_types": ["m.annotation"] });
    assert_eq!(talk.found("alice", &annotated), [0, 2]);
    assert_eq!(talk.found("bob", &annotated), [0]);
    let ignored = to_raw_value(&json!({ "ignored_users": { carol.as_str(): {} } })).unwrap();
    talk.house.server.parts.account_data.set(&alice, None, "m.ignored_user_list", &ignored).await.unwrap();
    assert_eq!(talk.found("alice", &annotated), [0]);
}

#[tokio::test]
async fn whoever_asks_for_relations_looks_at_fewer_rows() {
    let talk = Talk::new().await;
    let alice = user("alice");
    let timeline = &talk.house.server.parts.timeline;
    let room = timeline.rooms.find(&talk.room).unwrap();
    let plain = RoomEventFilter::default();
    let related = RoomEventFilter { related_by_rel_types: vec!["m.thread".to_owned()], ..plain.clone() };
    let rows_max = |filter| timeline.wanted(&room, &alice, filter).unwrap().rows_max();
    assert!(rows_max(&related) < rows_max(&plain));
}
