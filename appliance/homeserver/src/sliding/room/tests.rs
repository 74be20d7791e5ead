use std::time::Duration;

use ruma::api::client::sync::sync_events::v5::request::Extensions;
use serde_json::{Value, json, value::to_raw_value};

use super::*;
use crate::{
    creation::Preset,
    membership::MemberAction,
    sliding::{ListWish, SlidingRequest},
    testing::{House, device, user},
};

/// What bob is told when he looks at all his rooms.
async fn told(house: &House, pos: Option<String>) -> SlidingAnswer {
    let request = SlidingRequest {
        user: user("bob"),
        device: device("B"),
        conn_id: String::new(),
        pos,
        timeout: Duration::ZERO,
        lists: BTreeMap::from([("all".to_owned(), ListWish::default())]),
        subscriptions: BTreeMap::new(),
        extensions: Extensions::default(),
        sticky: Default::default(),
    };
    house.server.sliding.poll(&request).await.unwrap()
}

async fn choose(house: &House, config: Value) {
    let (kind, config) = ("m.invite_permission_config", to_raw_value(&config).unwrap());
    house.server.parts.account_data.set(&user("bob"), None, kind, &config).await.unwrap();
}

#[tokio::test]
async fn a_hidden_invite_is_taken_back_and_told_anew_when_it_is_hidden_no_more() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let room = house.room(&alice, Preset::Private).await;
    let (members, pos) = (&house.server.members, |answer: &SlidingAnswer| Some(answer.pos.clone()));
    members.change(&room, &alice, &bob, MemberAction::Invite, None).await.unwrap();
    let first = told(&house, None).await;
    assert_eq!((first.lists["all"], &first.rooms[&room].membership), (1, &Some(MembershipState::Invite)));
    choose(&house, json!({ "default_action": "block" })).await;
    let hidden = told(&house, pos(&first)).await;
    let taken_back = &hidden.rooms[&room];
    assert_eq!((hidden.lists["all"], &taken_back.membership), (0, &Some(MembershipState::Leave)));
    assert!(taken_back.withdrawn && taken_back.invite_state.is_none() && !taken_back.initial);
    assert!(taken_back.required_state.is_empty() && taken_back.timeline.is_empty(), "nothing has happened in the room");
    let anew = told(&house, None).await;
    assert_eq!((anew.lists["all"], anew.rooms.len()), (0, 0));
    choose(&house, json!({})).await;
    let again = told(&house, pos(&anew)).await;
    let shown = &again.rooms[&room];
    assert_eq!((again.lists["all"], &shown.membership), (1, &Some(MembershipState::Invite)));
    assert!(shown.initial && !shown.withdrawn && shown.invite_state.is_some());
    assert!(told(&house, pos(&again)).await.rooms.is_empty(), "once");
}
