use std::time::Duration;

use serde_json::{json, value::to_raw_value};

use super::*;
use crate::{
    creation::Preset,
    filter::FilterDefinition,
    membership::MemberAction,
    sync::{SyncRequest, collect::Reading},
    testing::{House, device, user},
};

fn request(user: &UserId) -> SyncRequest {
    SyncRequest {
        user: user.to_owned(),
        device: device("D"),
        since: None,
        filter: FilterDefinition::default(),
        full_state: false,
        state_after: false,
        timeout: Duration::ZERO,
    }
}

#[tokio::test]
async fn an_answer_tells_what_was_settled_whatever_its_reader_does_meanwhile() {
    let house = House::new().await;
    let (alice, bob, carol) = (user("alice"), user("bob"), user("carol"));
    let (server, parts) = (&house.server, &house.server.parts);
    let (room, left) = (house.room(&alice, Preset::Public).await, house.room(&alice, Preset::Public).await);
    house.join(&left, &bob).await;
    let (request, since) = (request(&alice), server.core.store.position());
    house.join(&room, &carol).await;
    house.leave(&left, &bob).await;
    let settled = Settled::of(&server.core, parts, &alice).await.unwrap();
    // Her member event moves in one room, the other she leaves and forgets, and she takes no invites any more.
    server.profiles.set(&alice, "displayname", Some("Alice".into())).await.unwrap();
    house.leave(&left, &alice).await;
    server.members.forget(&left, &alice).await.unwrap();
    let config = to_raw_value(&json!({ "default_action": "block" })).unwrap();
    parts.account_data.set(&alice, None, "m.invite_permission_config", &config).await.unwrap();
    let answer = |since, settled: &Settled| {
        let (since, upto) = (Some(since), settled.upto);
        server.sync.collect(&Reading { request: &request, fields: None, since, upto, settled }).unwrap()
    };
    let update = answer(since, &settled);
    assert_eq!((&*update.device.changed, &*update.device.left), (&[carol][..], &[bob][..]));
    let joined: Vec<_> = update.joined.iter().map(|joined| &joined.room_id).collect();
    assert!(joined.len() == 2 && joined.contains(&&room) && joined.contains(&&left), "{joined:?}");
    assert!(update.left.is_empty());
    // The rest is the next answer's.
    let newer = Settled::of(&server.core, parts, &alice).await.unwrap();
    let update = answer(settled.upto, &newer);
    assert!(update.device.changed.is_empty() && update.device.left.is_empty());
    let left_rooms: Vec<_> = update.left.iter().map(|left| &left.room_id).collect();
    assert_eq!(left_rooms, [&left]);
}

#[tokio::test]
async fn what_is_settled_fits_the_position() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let room = house.room(&alice, Preset::Private).await;
    house.server.members.change(&room, &alice, &bob, MemberAction::Invite, None).await.unwrap();
    let settled = Settled::of(&house.server.core, &house.server.parts, &bob).await.unwrap();
    assert_eq!(settled.upto, house.server.core.store.position());
    assert!(settled.rooms.kept.values().all(|record| record.room_id == room && record.position <= settled.upto));
    assert_eq!((settled.rooms.kept.len(), settled.rooms.forgotten.len()), (1, 0));
    assert_eq!(settled.invites, InviteChoice::default());
}
