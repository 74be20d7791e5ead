use ruma::{RoomId, UserId, events::StateEventType};
use serde_json::{Value, json, value::to_raw_value};
use veche_directory::Authority;

use super::*;
use crate::{
    creation::Preset,
    delayed::NewDelayed,
    testing::{House, device, user},
    timeline::state_event,
};

const CALL_MEMBER: &str = "org.matrix.msc3401.call.member";
const CALL_KEY: &str = "_@bob:x.example_HOME_m.call";
const DELAY_MS: u64 = 8_000;

async fn schedule(house: &House, room: &RoomId, kind: &str, state_key: Option<&str>, content: Value) -> String {
    let new = NewDelayed {
        room_id: room.to_owned(),
        kind: kind.into(),
        state_key: state_key.map(ToOwned::to_owned),
        content: to_raw_value(&content).unwrap(),
        delay_ms: DELAY_MS,
        sticky_ms: None,
    };
    house.server.delayed.schedule(&user("bob"), &device("HOME"), new, None).await.unwrap()
}

async fn pass(house: &House) {
    house.clock.advance(Duration::from_millis(DELAY_MS));
    house.server.delayed.fire_due(&|| false).await;
}

fn end(house: &House, delay_id: &str) -> End {
    house.server.delayed.record(delay_id).unwrap().unwrap().outcome.unwrap().end
}

fn in_call(house: &House, room: &RoomId) -> Value {
    let head = house.server.parts.rooms.find(room).unwrap().head();
    let event = head.state_event(&StateEventType::from(CALL_MEMBER), CALL_KEY).unwrap();
    serde_json::from_str(event.content.get()).unwrap()
}

async fn enter_call(house: &House, room: &RoomId, who: &UserId) {
    let content = json!({ "application": "m.call", "call_id": "", "device_id": "HOME" });
    let event = state_event(CALL_MEMBER.into(), CALL_KEY, &content);
    house.server.creation.send_state(room, who, event).await.unwrap();
}

#[tokio::test]
async fn one_who_is_locked_or_suspended_still_leaves_his_call() {
    for locked in [true, false] {
        let house = House::new().await;
        let (alice, bob) = (user("alice"), user("bob"));
        let room = house.room(&alice, Preset::Public).await;
        house.join(&room, &bob).await;
        enter_call(&house, &room, &bob).await;
        let leave = schedule(&house, &room, CALL_MEMBER, Some(CALL_KEY), json!({})).await;
        let directory = &house.server.core.directory;
        if locked {
            directory.set_locked(&Authority::console(), &bob, true).await.unwrap();
        } else {
            directory.set_suspended(&Authority::console(), &bob, true).await.unwrap();
        }
        pass(&house).await;
        assert!(matches!(end(&house, &leave), End::Sent(_)), "locked: {locked}");
        assert_eq!(in_call(&house, &room), json!({}));
    }
}

#[tokio::test]
async fn nothing_else_of_a_suspended_account_is_sent_later() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let room = house.room(&alice, Preset::Public).await;
    house.join(&room, &bob).await;
    let message = json!({ "msgtype": "m.text", "body": "still here" });
    let ids = [
        schedule(&house, &room, "m.room.message", None, message).await,
        schedule(&house, &room, "m.room.name", Some(""), json!({ "name": "Bob's" })).await,
        schedule(&house, &room, CALL_MEMBER, Some("_@bob:x.example.org_HOME"), json!({})).await,
        schedule(&house, &room, "m.room.member", Some("@bob:x.example"), json!({ "membership": "join" })).await,
    ];
    house.server.core.directory.set_suspended(&Authority::console(), &bob, true).await.unwrap();
    pass(&house).await;
    for id in &ids {
        let end = end(&house, id);
        assert!(
            matches!(&end, End::Failed { errcode, error } if errcode == "M_FORBIDDEN" && error.contains("account")),
            "{end:?}"
        );
    }
}
