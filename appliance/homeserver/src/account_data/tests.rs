use std::sync::{Mutex, Weak};

use futures_util::{FutureExt, future::join_all};
use serde_json::json;
use veche_base::limits::ACCOUNT_DATA_TYPES_PER_USER_MAX;
use veche_store::{Change, Published};

use super::{choices::IGNORED_USERS, *};
use crate::{
    creation::Preset,
    testing::{House, user},
};

fn content() -> Box<RawValue> {
    to_raw_value(&json!({ "a": 1 })).unwrap()
}

/// Gives alice so many kinds of data, spread over these rooms.
async fn keep(house: &House, rooms: &[Option<ShortRoomId>], count: usize) {
    let (rooms, kept) = (rooms.to_vec(), Arc::clone(&house.server.parts.account_data.kept));
    let write = move |txn: &mut Txn| {
        for number in 0..count {
            let room = rooms[number % rooms.len()];
            let key = AccountDataKey { user: user("alice"), room, kind: format!("org.example.{number}") };
            kept.put(txn, &key, Json::from_raw(&content()))?;
        }
        Ok::<_, Error>(())
    };
    house.server.core.store.commit(write).await.unwrap();
}

async fn short(house: &House) -> ShortRoomId {
    let room = house.room(&user("alice"), Preset::Private).await;
    house.server.parts.rooms.find(&room).unwrap().short
}

#[tokio::test]
async fn kinds_of_data_are_counted_over_all_rooms_together() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let (one, other) = (short(&house).await, short(&house).await);
    keep(&house, &[None, Some(one), Some(other)], ACCOUNT_DATA_TYPES_PER_USER_MAX - 1).await;
    let data = &house.server.parts.account_data;
    data.set(&alice, Some(one), "org.example.last", &content()).await.unwrap();
    for room in [None, Some(one), Some(other)] {
        let refused = data.set(&alice, room, "org.example.more", &content()).await;
        assert!(matches!(refused, Err(SetAccountDataError::TooMany)), "{refused:?}");
    }
    let refused = data.set_tag(&alice, one, "m.favourite", json!({})).await;
    assert!(matches!(refused, Err(SetTagError::TooMuchData)), "{refused:?}");
    // What is there can be changed, read markers are written, and others have their own room.
    data.set(&alice, Some(one), "org.example.last", &content()).await.unwrap();
    data.write(&alice, Some(other), FULLY_READ, &content()).await.unwrap();
    data.set(&bob, None, "org.example.more", &content()).await.unwrap();
}

#[tokio::test]
async fn requests_at_the_same_time_do_not_get_past_the_bound() {
    let house = House::new().await;
    let (alice, room) = (user("alice"), short(&house).await);
    let data = &house.server.parts.account_data;
    data.write(&alice, Some(room), FULLY_READ, &content()).await.unwrap();
    keep(&house, &[None, Some(room)], ACCOUNT_DATA_TYPES_PER_USER_MAX - 4).await;
    let held = house.hold_commits();
    let kinds: Vec<_> = (0..20).map(|number| format!("org.example.new{number}")).collect();
    let content = content();
    let setting = join_all(kinds.iter().map(|kind| data.set(&alice, None, kind, &content)));
    let (outcomes, ()) = tokio::join!(setting, async { drop(held) });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 4);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(SetAccountDataError::TooMany))));
}

fn ignoring(user: &UserId) -> Box<RawValue> {
    to_raw_value(&json!({ "ignored_users": { user.as_str(): {} } })).unwrap()
}

/// Notes whom alice ignores whenever something of hers is on disk and cannot be read yet.
struct Onlooker {
    data: Weak<AccountData>,
    seen: Mutex<Vec<usize>>,
}

impl ChangeListener for Onlooker {
    fn index(&self, published: &Published<'_>) {
        let alice = user("alice");
        if published.changes.contains(&Change::User(alice.clone())) {
            let ignored = self.data.upgrade().unwrap().ignored_users(&alice).unwrap();
            self.seen.lock().unwrap().push(ignored.len());
        }
    }

    fn wake(&self, _: &Published<'_>) {}
}

#[tokio::test]
async fn nobody_who_can_read_a_new_list_of_ignored_users_goes_by_the_old_one() {
    let house = House::new().await;
    let (alice, data) = (user("alice"), &house.server.parts.account_data);
    let onlooker = Arc::new(Onlooker { data: Arc::downgrade(data), seen: Mutex::default() });
    house.server.core.store.subscribe(Arc::clone(&onlooker) as Arc<dyn ChangeListener>);
    assert!(data.ignored_users(&alice).unwrap().is_empty());
    data.set(&alice, None, IGNORED_USERS, &ignoring(&user("bob"))).await.unwrap();
    assert_eq!(*onlooker.seen.lock().unwrap(), [1]);
    data.forget_user(&alice).await.unwrap();
    assert!(data.ignored_users(&alice).unwrap().is_empty());
}

#[tokio::test]
async fn a_list_whose_sender_has_stopped_waiting_counts() {
    let house = House::new().await;
    let (alice, data) = (user("alice"), &house.server.parts.account_data);
    assert!(data.ignored_users(&alice).unwrap().is_empty());
    let held = house.hold_commits();
    let list = ignoring(&user("bob"));
    assert!(data.set(&alice, None, IGNORED_USERS, &list).now_or_never().is_none(), "it waits for its commit");
    drop(held);
    data.set(&user("bob"), None, "org.example.later", &content()).await.unwrap();
    assert!(data.ignored_users(&alice).unwrap().contains(user("bob").as_str()));
}

#[tokio::test]
async fn invites_are_taken_unless_the_action_is_to_block_them() {
    let house = House::new().await;
    let (alice, data) = (user("alice"), &house.server.parts.account_data);
    assert_eq!(data.invite_choice(&alice).unwrap(), InviteChoice::default());
    for (content, blocked) in [
        (json!({ "default_action": "block" }), true),
        (json!({}), false),
        (json!({ "default_action": "block", "org.example": 1 }), true),
        (json!({ "default_action": "allow" }), false),
        (json!({ "default_action": ["block"] }), false),
        (json!({ "block_all": true }), false),
    ] {
        data.set(&alice, None, "m.invite_permission_config", &to_raw_value(&content).unwrap()).await.unwrap();
        let position = house.server.core.store.position();
        assert_eq!(data.invite_choice(&alice).unwrap(), InviteChoice { blocked, position }, "{content}");
    }
}
