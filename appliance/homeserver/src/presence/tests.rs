use serde_json::Value;

use super::*;
use crate::{
    creation::Preset,
    filter::FilterDefinition,
    sync::{SyncRequest, SyncToken},
    testing::{House, device, user},
};

/// What one is told by `/sync`: who is how, and where to go on.
async fn told(house: &House, user: &UserId, since: Option<SyncToken>) -> (Vec<(OwnedUserId, String)>, SyncToken) {
    let request = SyncRequest {
        user: user.to_owned(),
        device: device("D"),
        since,
        filter: FilterDefinition::default(),
        full_state: false,
        state_after: false,
        timeout: Duration::ZERO,
    };
    let (update, next) = house.server.sync.poll(&request).await.unwrap();
    let read = |event: &RawValue| {
        let event: Value = serde_json::from_str(event.get()).unwrap();
        let state = event["content"]["presence"].as_str().unwrap().to_owned();
        (OwnedUserId::try_from(event["sender"].as_str().unwrap()).unwrap(), state)
    };
    (update.presence.iter().map(|event| read(event)).collect(), next)
}

fn of(user: &UserId, state: &str) -> Vec<(OwnedUserId, String)> {
    vec![(user.to_owned(), state.to_owned())]
}

#[tokio::test]
async fn those_who_come_to_share_a_room_learn_how_the_other_is() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let presence = &house.server.parts.presence;
    let _polls = [&alice, &bob].map(|user| presence.poll(user, &PresenceState::Online));
    presence.tell().await.unwrap();
    let room = house.room(&alice, Preset::Public).await;
    let (alone, of_alice) = told(&house, &alice, None).await;
    let (_, of_bob) = told(&house, &bob, None).await;
    assert_eq!(alone, of(&alice, "online"), "bob is nobody to her");
    house.join(&room, &bob).await;
    let mut next = Vec::new();
    for (reader, since, other) in [(&alice, of_alice, &bob), (&bob, of_bob, &alice)] {
        let (news, since) = told(&house, reader, Some(since)).await;
        assert_eq!(news, of(other, "online"));
        next.push((reader, since));
    }
    // A second room with the same people is nothing new.
    let other = house.room(&alice, Preset::Public).await;
    house.join(&other, &bob).await;
    for (reader, since) in next {
        assert_eq!(told(&house, reader, Some(since)).await.0, []);
    }
}

#[tokio::test]
async fn who_comes_back_is_told_as_he_is_and_not_as_he_was() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let presence = &house.server.parts.presence;
    let poll = presence.poll(&bob, &PresenceState::Online);
    presence.tell().await.unwrap();
    let room = house.room(&alice, Preset::Public).await;
    house.join(&room, &bob).await;
    let (together, since) = told(&house, &alice, None).await;
    assert_eq!(together, of(&bob, "online"));
    house.leave(&room, &bob).await;
    drop(poll);
    house.clock.advance(Duration::from_secs(60));
    presence.tell().await.unwrap();
    let (apart, since) = told(&house, &alice, Some(since)).await;
    assert_eq!(apart, [], "what he does now is none of hers");
    house.join(&room, &bob).await;
    assert_eq!(told(&house, &alice, Some(since)).await.0, of(&bob, "offline"));
}
