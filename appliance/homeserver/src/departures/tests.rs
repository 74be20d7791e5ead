use std::sync::atomic::{AtomicU64, Ordering};

use ruma::{
    OwnedRoomId,
    api::client::push::{Pusher, PusherIds, PusherInit, PusherKind},
    events::TimelineEventType,
    push::HttpPusherData,
};
use serde_json::{json, value::to_raw_value};
use tokio::sync::Notify as Signal;
use veche_base::metrics::Registry;
use veche_directory::Authority;
use veche_runtime::tasks::Drained;
use veche_store::{
    ChangeListener, Published,
    records::{
        delayed::{DelayedKey, DelayedRequestKey, DueKey, UserScheduledKey},
        memberships::{Membership, UserRoomKey},
        rooms::{EventTransactionKey, TransactionKey},
        users::{AccountDataKey, AccountDataPositionKey, FilterKey, ProfileKey},
    },
};

use super::*;
use crate::{
    Homeserver,
    creation::Preset,
    delayed::NewDelayed,
    membership::{MemberAction, MembershipError},
    testing::{House, device, user},
    timeline::TransactionId,
};

/// Says when so many commits have been published.
struct Countdown {
    left: AtomicU64,
    done: Signal,
}

impl ChangeListener for Countdown {
    fn index(&self, _: &Published<'_>) {}

    fn wake(&self, _: &Published<'_>) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.done.notify_one();
        }
    }
}

fn pusher(key: &str) -> Pusher {
    let url = "https://push.example/_matrix/push/v1/notify".to_owned();
    let init = PusherInit {
        ids: PusherIds::new(key.to_owned(), "org.example.app".to_owned()),
        kind: PusherKind::Http(HttpPusherData::new(url)),
        app_display_name: "App".to_owned(),
        device_display_name: "Phone".to_owned(),
        profile_tag: None,
        lang: "en".to_owned(),
    };
    init.into()
}

/// Gives bob a part in everything, and answers the rooms he is in, invited to and knocking at.
async fn settle_in(house: &House) -> Vec<OwnedRoomId> {
    let (alice, bob) = (user("alice"), user("bob"));
    let mut rooms = Vec::new();
    for _ in 0..20 {
        let room = house.room(&alice, Preset::Public).await;
        house.join(&room, &bob).await;
        rooms.push(room);
    }
    let server = &house.server;
    let invited = house.room(&alice, Preset::Private).await;
    server.members.change(&invited, &alice, &bob, MemberAction::Invite, None).await.unwrap();
    let knocked = house.room(&alice, Preset::Private).await;
    house.set_state(&knocked, &alice, "m.room.join_rules", json!({ "join_rule": "knock" })).await;
    server.members.knock(&knocked, &bob, None).await.unwrap();
    house.say(&rooms[0], &bob, "hello").await;
    let parts = &server.parts;
    let content = to_raw_value(&json!({ "a": 1 })).unwrap();
    parts.account_data.set(&bob, None, "org.example.note", &content).await.unwrap();
    parts.account_data.save_filter(&bob, &Default::default()).await.unwrap();
    server.profiles.set(&bob, "org.example.job", Some(json!("baker"))).await.unwrap();
    parts.notify.set_pusher(&bob, &device("HOME"), &pusher("k"), false).await.unwrap();
    let new = NewDelayed {
        room_id: rooms[0].clone(),
        kind: TimelineEventType::RoomMessage,
        state_key: None,
        content: to_raw_value(&json!({ "body": "later" })).unwrap(),
        delay_ms: 60_000,
        sticky_ms: None,
    };
    let transaction = TransactionId { device_id: device("HOME"), txn_id: "r".into() };
    server.delayed.schedule(&bob, &device("HOME"), new, Some(transaction)).await.unwrap();
    rooms.extend([invited, knocked]);
    rooms
}

async fn deactivate(house: &House, erase: bool) {
    let directory = &house.server.core.directory;
    directory.deactivate_user(&Authority::console(), &user("bob"), erase).await.unwrap();
}

fn rows<K: veche_store::Key>(server: &Homeserver) -> usize {
    server.core.store.scan::<K>((user("bob"),)).keys().count()
}

fn assert_gone(server: &Homeserver, rooms: &[OwnedRoomId], erased: bool) {
    let bob = user("bob");
    for room in rooms {
        let head = server.parts.rooms.find(room).unwrap().head();
        assert_eq!(head.membership(&bob).as_str(), "leave", "{room}");
    }
    for row in server.core.store.scan::<UserRoomKey>((&bob,)) {
        assert_eq!(row.unwrap().1.membership, Membership::Leave);
    }
    assert_eq!(rows::<AccountDataKey>(server), 0);
    assert_eq!(rows::<AccountDataPositionKey>(server), 0);
    assert_eq!(rows::<FilterKey>(server), 0);
    assert_eq!(rows::<UserScheduledKey>(server), 0);
    assert_eq!(rows::<DelayedRequestKey>(server), 0);
    assert_eq!(server.core.store.scan::<DelayedKey>(()).keys().count(), 0);
    assert_eq!(server.core.store.scan::<DueKey>(()).keys().count(), 0);
    assert_eq!(rows::<ProfileKey>(server) == 0, erased);
    assert!(server.parts.notify.pushers(&bob).unwrap().is_empty());
    assert!(server.profiles.search(&user("alice"), "bob", 10).unwrap().users.is_empty());
}

#[tokio::test]
async fn a_deactivated_account_leaves_everything() {
    for erase in [false, true] {
        let house = House::new().await;
        let rooms = settle_in(&house).await;
        deactivate(&house, erase).await;
        house.server.departures.settle_all().await.unwrap();
        assert_gone(&house.server, &rooms, erase);
        assert!(house.server.core.directory.pending_work(9).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn an_interrupted_departure_is_finished_by_the_next_process() {
    for commits in [1, 2, 4, 9, 14] {
        let house = House::new().await;
        let rooms = settle_in(&house).await;
        let countdown = Arc::new(Countdown { left: AtomicU64::new(commits), done: Signal::new() });
        house.server.core.store.subscribe(Arc::clone(&countdown) as Arc<dyn ChangeListener>);
        deactivate(&house, true).await;
        let departures = Arc::clone(&house.server.departures);
        tokio::select! {
            settled = departures.settle_all() => panic!("settled in fewer than {commits} commits: {settled:?}"),
            () = countdown.done.notified() => {}
        }
        let pending = house.server.core.directory.pending_work(9).await.unwrap();
        assert_eq!(pending.len(), 1, "after {commits} commits");
        let next = house.restarted();
        next.departures.settle_all().await.unwrap();
        assert_gone(&next, &rooms, true);
    }
}

#[tokio::test]
async fn nobody_brings_a_deactivated_account_back_into_a_room() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let room = house.room(&alice, Preset::Public).await;
    deactivate(&house, false).await;
    house.server.departures.settle_all().await.unwrap();
    let members = &house.server.members;
    let invited = members.change(&room, &alice, &bob, MemberAction::Invite, None).await;
    assert!(matches!(invited, Err(MembershipError::Forbidden(_))), "{invited:?}");
    let joined = members.join(&room, &bob, None, serde_json::Map::new()).await;
    assert!(matches!(joined, Err(MembershipError::Forbidden(_))), "{joined:?}");
    members.change(&room, &alice, &bob, MemberAction::Ban, None).await.unwrap();
}

#[tokio::test]
async fn those_who_come_later_see_an_erased_person_without_words() {
    let house = House::new().await;
    let (alice, bob, carol) = (user("alice"), user("bob"), user("carol"));
    let room = house.room(&alice, Preset::Public).await;
    house.join(&room, &bob).await;
    let said = house.say(&room, &bob, "a secret").await;
    house.join(&room, &carol).await;
    let later = house.say(&room, &bob, "known to carol").await;
    deactivate(&house, true).await;
    house.server.departures.settle_all().await.unwrap();
    let body = |reader, event| house.seen(&room, reader, event).unwrap()["content"]["body"].clone();
    assert_eq!(body(&alice, &said), "a secret");
    assert_eq!(body(&carol, &said), serde_json::Value::Null);
    assert_eq!(body(&carol, &later), "known to carol");
    assert_eq!(house.seen(&room, &carol, &said).unwrap()["sender"], "@bob:x.example");
}

#[tokio::test]
async fn a_device_takes_its_transaction_ids_and_pushers_along() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let home = house.sign_in("bob", "HOME").await;
    house.sign_in("bob", "OTHER").await;
    let room = house.room(&alice, Preset::Public).await;
    house.join(&room, &bob).await;
    for device_id in ["HOME", "OTHER"] {
        house.server.parts.notify.set_pusher(&bob, &device(device_id), &pusher(device_id), false).await.unwrap();
        let transaction = TransactionId { device_id: device(device_id), txn_id: "t".into() };
        let event = crate::timeline::NewEvent {
            kind: TimelineEventType::RoomMessage,
            state_key: None,
            content: to_raw_value(&json!({ "body": "x", "msgtype": "m.text" })).unwrap(),
            redacts: None,
        };
        house.server.parts.timeline.send(&room, &bob, event, Some(transaction)).await.unwrap();
    }
    let store = &house.server.core.store;
    let echoes = || store.scan::<EventTransactionKey>(()).keys().count();
    assert_eq!((rows::<TransactionKey>(&house.server), echoes()), (2, 2));
    house.server.core.directory.logout(&home).await.unwrap();
    house.server.departures.settle_all().await.unwrap();
    assert_eq!((rows::<TransactionKey>(&house.server), echoes()), (1, 1));
    let left = house.server.parts.notify.pushers(&bob).unwrap();
    assert_eq!(left.iter().map(|pusher| pusher.ids.pushkey.as_str()).collect::<Vec<_>>(), ["OTHER"]);
}

#[tokio::test]
async fn a_note_read_before_a_device_came_back_takes_nothing_from_it() {
    let house = House::new().await;
    let bob = user("bob");
    let (directory, notify) = (&house.server.core.directory, &house.server.parts.notify);
    let former = house.sign_in("bob", "HOME").await;
    notify.set_pusher(&bob, &device("HOME"), &pusher("former"), false).await.unwrap();
    directory.logout(&former).await.unwrap();
    let notes = directory.pending_work(9).await.unwrap();
    house.sign_in("bob", "HOME").await;
    assert!(notify.pushers(&bob).unwrap().is_empty(), "the former device is forgotten before");
    notify.set_pusher(&bob, &device("HOME"), &pusher("latter"), false).await.unwrap();
    for (number, work) in notes {
        house.server.departures.settle(number, &work).await.unwrap();
    }
    let left = notify.pushers(&bob).unwrap();
    assert_eq!(left.iter().map(|pusher| pusher.ids.pushkey.as_str()).collect::<Vec<_>>(), ["latter"]);
}

#[tokio::test]
async fn a_stopping_server_finishes_the_departure_at_hand_and_begins_no_other() {
    let house = House::new().await;
    let rooms = settle_in(&house).await;
    let countdown = Arc::new(Countdown { left: AtomicU64::new(4), done: Signal::new() });
    house.server.core.store.subscribe(Arc::clone(&countdown) as Arc<dyn ChangeListener>);
    deactivate(&house, true).await;
    let carol = house.sign_in("carol", "HOME").await;
    house.server.core.directory.logout(&carol).await.unwrap();
    let supervisor = Supervisor::new(&Registry::new());
    house.server.departures.start(&supervisor);
    countdown.done.notified().await;
    assert_eq!(supervisor.drain(Duration::from_secs(60)).await, Drained::Softly);
    assert_gone(&house.server, &rooms, true);
    let left = house.server.core.directory.pending_work(9).await.unwrap();
    let left: Vec<Work> = left.into_iter().map(|(_, work)| work).collect();
    assert_eq!(left, [Work::DeviceRemoved { user_id: user("carol"), device_id: device("HOME") }]);
}
