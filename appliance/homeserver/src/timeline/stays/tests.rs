use ruma::{RoomId, owned_event_id};
use serde_json::{Value, json};
use veche_store::records::memberships::MembershipRecord;

use super::*;
use crate::{
    creation::Preset,
    filter::RoomEventFilter,
    membership::MemberAction,
    testing::{House, user},
    timeline::{Audience, HistoryRequest},
};

/// What a reader finds in the room, oldest first: the texts, and the visibilities that were set.
fn found(house: &House, room_id: &RoomId, reader: &UserId) -> Result<String, ReadError> {
    let filter = RoomEventFilter::default();
    let audience = Audience { user: reader, device: None };
    let request =
        HistoryRequest { room_id, audience, from: None, to: None, backwards: false, limit: 100, filter: &filter };
    let page = house.server.parts.timeline.history(&request)?;
    let events = page.chunk.iter().map(|event| serde_json::from_str::<Value>(event.get()).unwrap());
    let words = events.filter_map(|event| {
        let content = &event["content"];
        content["body"].as_str().or(content["history_visibility"].as_str()).map(ToOwned::to_owned)
    });
    Ok(words.collect::<Vec<_>>().join(" "))
}

async fn visibility(house: &House, room: &RoomId, visibility: &str) {
    let content = json!({ "history_visibility": visibility });
    house.set_state(room, &user("alice"), "m.room.history_visibility", content).await;
}

#[tokio::test]
async fn who_left_still_reads_what_was_shared_with_him() {
    let house = House::new().await;
    let (alice, bob, carol) = (user("alice"), user("bob"), user("carol"));
    let room = house.room(&alice, Preset::Public).await;
    house.say(&room, &alice, "before").await;
    house.join(&room, &bob).await;
    house.say(&room, &alice, "with").await;
    house.leave(&room, &bob).await;
    house.say(&room, &alice, "after").await;
    assert_eq!(found(&house, &room, &bob).unwrap(), "shared before with");
    // What happens to him outside changes nothing of that.
    let members = &house.server.members;
    for action in [MemberAction::Invite, MemberAction::Kick, MemberAction::Ban] {
        members.change(&room, &alice, &bob, action, None).await.unwrap();
        assert_eq!(found(&house, &room, &bob).unwrap(), "shared before with", "{action:?}");
    }
    members.forget(&room, &bob).await.unwrap();
    assert!(matches!(found(&house, &room, &bob), Err(ReadError::Forbidden)));
    members.change(&room, &alice, &carol, MemberAction::Invite, None).await.unwrap();
    house.leave(&room, &carol).await;
    assert!(matches!(found(&house, &room, &carol), Err(ReadError::Forbidden)), "carol was never in");
}

#[tokio::test]
async fn who_comes_later_sees_history_up_to_the_event_that_hides_it() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let room = house.room(&alice, Preset::Public).await;
    house.say(&room, &alice, "open").await;
    visibility(&house, &room, "joined").await;
    house.say(&room, &alice, "hidden").await;
    visibility(&house, &room, "shared").await;
    house.say(&room, &alice, "again").await;
    house.join(&room, &bob).await;
    assert_eq!(found(&house, &room, &bob).unwrap(), "shared open joined shared again");
    house.leave(&room, &bob).await;
    assert_eq!(found(&house, &room, &bob).unwrap(), "shared open joined shared again");
}

#[tokio::test]
async fn a_join_counts_from_its_commit_on() {
    let house = House::new().await;
    let (alice, carol) = (user("alice"), user("carol"));
    let room_id = house.room(&alice, Preset::Public).await;
    let timeline = &house.server.parts.timeline;
    assert!(matches!(timeline.find_for(&room_id, &carol), Err(ReadError::Forbidden)));
    let (room, user) = (timeline.rooms.find(&room_id).unwrap().short, carol.clone());
    let id = room_id.clone();
    let written = house.server.core.store.commit(move |txn| {
        let record = MembershipRecord {
            membership: Membership::Join,
            room_id: id,
            position: txn.next_position(),
            event_id: owned_event_id!("$e"),
            sender: user.clone(),
            stripped_state: None,
            forgotten: false,
        };
        txn.put(&UserRoomKey { user, room }, &record);
        Ok::<_, Error>(())
    });
    written.await.unwrap();
    assert_eq!(found(&house, &room_id, &carol).unwrap(), "shared");
    timeline.visible_state(&room_id, &carol).unwrap();
}
