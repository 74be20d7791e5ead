use ruma::{
    EventId, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, UserId,
    api::client::push::Pusher,
    events::receipt::ReceiptThread,
    push::{Action, NewConditionalPushRule, NewPushRule, PushCondition},
};
use serde_json::{json, value::to_raw_value};
use veche_base::limits::READ_NOTIFICATIONS_PER_USER_MAX;
use veche_store::{
    StreamPosition,
    records::receipts::{PushAction, PushActionKey, ReadActionKey, ReceiptKind},
};

use super::*;
use crate::{
    creation::Preset,
    membership::MemberAction,
    testing::{House, user},
    timeline::{Audience, SendError},
};

/// A room of alice and bob.
async fn house() -> (House, OwnedRoomId, OwnedUserId, OwnedUserId) {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let room = house.room(&alice, Preset::Public).await;
    house.join(&room, &bob).await;
    (house, room, alice, bob)
}

type Pair = (u64, u64);

/// Notifications and highlights of the room and of each thread.
fn counts(house: &House, room: &RoomId, user: &UserId) -> (Pair, Vec<(OwnedEventId, Pair)>) {
    let short = house.server.parts.rooms.find(room).unwrap().short;
    let counts = house.server.parts.notify.counts(user, short, true).unwrap();
    let pair = |counts: &crate::sync::UnreadCounts| (counts.notifications, counts.highlights);
    (pair(&counts.room), counts.threads.iter().map(|(root, counts)| (root.clone(), pair(counts))).collect())
}

async fn read(house: &House, room: &RoomId, user: &UserId, event: &EventId, thread: ReceiptThread) {
    let ephemeral = &house.server.parts.ephemeral;
    ephemeral.set_receipt(user, room, ReceiptKind::Private, &thread, event).await.unwrap();
}

/// The listed events, newest first, and which of them are read.
fn listed(house: &House, user: &UserId, before: Option<u64>, limit: usize, highlights: bool) -> Listed {
    let audience = Audience { user, device: None };
    let page = house.server.parts.timeline.notifications(audience, before, limit, highlights).unwrap();
    let id = |event: &str| serde_json::from_str::<serde_json::Value>(event).unwrap()["event_id"].to_string();
    let list = page.list.iter().map(|it| (id(it.event.get()).trim_matches('"').try_into().unwrap(), it.read));
    Listed { list: list.collect(), next: page.next }
}

struct Listed {
    list: Vec<(OwnedEventId, bool)>,
    next: Option<u64>,
}

#[tokio::test]
async fn a_redacted_event_counts_for_nobody() {
    let (house, room, alice, bob) = house().await;
    let mention = house.mention(&room, &alice, &bob, None).await;
    house.say(&room, &alice, "hello").await;
    assert_eq!(counts(&house, &room, &bob).0, (2, 1));
    house.redact(&room, &alice, &mention).await;
    assert_eq!(counts(&house, &room, &bob).0, (1, 0));
    assert_eq!(listed(&house, &bob, None, 10, false).list.len(), 1);
    assert_eq!(listed(&house, &bob, None, 10, true).list, []);
}

#[tokio::test]
async fn a_redacted_event_leaves_the_list_also_after_it_was_read() {
    let (house, room, alice, bob) = house().await;
    let mention = house.mention(&room, &alice, &bob, None).await;
    read(&house, &room, &bob, &mention, ReceiptThread::Unthreaded).await;
    assert_eq!(listed(&house, &bob, None, 10, true).list, [(mention.clone(), true)]);
    house.redact(&room, &alice, &mention).await;
    assert_eq!(listed(&house, &bob, None, 10, true).list, []);
}

#[tokio::test]
async fn threads_are_counted_and_read_apart() {
    let (house, room, alice, bob) = house().await;
    let (first, second) = (house.say(&room, &alice, "one").await, house.say(&room, &alice, "two").await);
    house.mention(&room, &alice, &bob, Some(&first)).await;
    let reply = house.mention(&room, &alice, &bob, Some(&first)).await;
    house.mention(&room, &alice, &bob, Some(&second)).await;
    let mut expected = vec![(first.clone(), (2, 2)), (second.clone(), (1, 1))];
    expected.sort();
    assert_eq!(counts(&house, &room, &bob), ((2, 0), expected));
    // Redacted in a thread: that thread counts less.
    house.redact(&room, &alice, &reply).await;
    let mut expected = vec![(first.clone(), (1, 1)), (second.clone(), (1, 1))];
    expected.sort();
    assert_eq!(counts(&house, &room, &bob), ((2, 0), expected));
    let last = house.mention(&room, &alice, &bob, Some(&first)).await;
    read(&house, &room, &bob, &last, ReceiptThread::Thread(first.clone())).await;
    assert_eq!(counts(&house, &room, &bob), ((2, 0), vec![(second.clone(), (1, 1))]));
    read(&house, &room, &bob, &second, ReceiptThread::Main).await;
    assert_eq!(counts(&house, &room, &bob), ((0, 0), vec![(second.clone(), (1, 1))]));
    read(&house, &room, &bob, &last, ReceiptThread::Unthreaded).await;
    assert_eq!(counts(&house, &room, &bob), ((0, 0), vec![]));
    // Without threads, all of it counts in the room.
    house.mention(&room, &alice, &bob, Some(&second)).await;
    let short = house.server.parts.rooms.find(&room).unwrap().short;
    let all = house.server.parts.notify.counts(&bob, short, false).unwrap();
    assert_eq!((all.room.notifications, all.room.highlights, all.threads.len()), (1, 1, 0));
}

#[tokio::test]
async fn what_was_read_stays_on_the_list_page_by_page() {
    let (house, room, alice, bob) = house().await;
    let mut sent = Vec::new();
    for number in 0..7 {
        let event = match number % 3 {
            0 => house.mention(&room, &alice, &bob, None).await,
            _ => house.say(&room, &alice, "hello").await,
        };
        if number == 3 {
            read(&house, &room, &bob, &event, ReceiptThread::Unthreaded).await;
        }
        sent.push((event, number <= 3));
    }
    sent.reverse();
    let (mut pages, mut before) = (Vec::new(), None);
    loop {
        let page = listed(&house, &bob, before, 2, false);
        assert!(page.list.len() <= 2);
        pages.extend(page.list);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(pages, sent);
    let highlights: Vec<_> = sent.iter().rev().step_by(3).rev().cloned().collect();
    assert_eq!(listed(&house, &bob, None, 10, true).list, highlights);
    // What one may no longer see is not on the list.
    house
        .set_state(&room, &alice, "m.room.history_visibility", serde_json::json!({ "history_visibility": "joined" }))
        .await;
    house.leave(&room, &bob).await;
    let left: Vec<_> = sent.iter().filter(|(_, read)| *read).cloned().collect();
    assert_eq!(listed(&house, &bob, None, 10, false).list, left, "what was not read is forgotten with the room");
}

#[tokio::test]
async fn read_notifications_are_kept_up_to_the_bound() {
    let (house, room, alice, bob) = house().await;
    let event = house.say(&room, &alice, "hello").await;
    let short = house.server.parts.rooms.find(&room).unwrap().short;
    let core = &house.server.core;
    for _ in 0..3 {
        let (notify, user) = (Arc::clone(&house.server.parts.notify), bob.clone());
        let work = core.store.commit(move |txn| {
            for _ in 0..READ_NOTIFICATIONS_PER_USER_MAX {
                let key = PushActionKey { user: user.clone(), room: short, position: txn.next_position() };
                txn.put(&key, &PushAction { notify: true, highlight: false, thread: None });
            }
            notify.read(txn, &user, short, &ReadScope::All, StreamPosition(u64::MAX))
        });
        work.await.unwrap();
        let kept = core.store.scan::<ReadActionKey>((&bob,)).keys().count();
        assert_eq!(kept, READ_NOTIFICATIONS_PER_USER_MAX);
    }
    let first = core.store.scan::<ReadActionKey>((&bob,)).keys().next().unwrap().unwrap();
    let (order, _) =
        house.server.parts.rooms.entry(&house.server.parts.rooms.find(&room).unwrap(), &event).unwrap().unwrap();
    assert!(i64::try_from(first.position.0).unwrap() > order, "the oldest went");
}

#[tokio::test]
async fn the_same_reaction_is_sent_once() {
    let (house, room, alice, bob) = house().await;
    let (event, other) = (house.say(&room, &alice, "one").await, house.say(&room, &alice, "two").await);
    let reaction = |event: &EventId, key: &str| serde_json::json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": event, "key": key } });
    let first = house.send(&room, &bob, "m.reaction", reaction(&event, "👍")).await.unwrap();
    let again = house.send(&room, &bob, "m.reaction", reaction(&event, "👍")).await;
    assert!(matches!(again, Err(SendError::DuplicateAnnotation)), "{again:?}");
    house.send(&room, &alice, "m.reaction", reaction(&event, "👍")).await.unwrap();
    house.send(&room, &bob, "m.reaction", reaction(&event, "👎")).await.unwrap();
    house.send(&room, &bob, "m.reaction", reaction(&other, "👍")).await.unwrap();
    house.redact(&room, &bob, &first).await;
    house.send(&room, &bob, "m.reaction", reaction(&event, "👍")).await.unwrap();
}

fn pusher() -> Pusher {
    let pusher = json!({
        "kind": "http", "app_id": "org.example.app", "pushkey": "key", "lang": "ru",
        "app_display_name": "App", "device_display_name": "Phone",
        "data": { "url": "https://push.example/_matrix/push/v1/notify" },
    });
    serde_json::from_value(pusher).unwrap()
}

#[tokio::test]
async fn a_hidden_invite_is_neither_pushed_nor_on_the_icon() {
    let (house, _, alice, bob) = house().await;
    let (parts, members) = (&house.server.parts, &house.server.members);
    let invited = house.room(&alice, Preset::Private).await;
    members.change(&invited, &alice, &bob, MemberAction::Invite, None).await.unwrap();
    let room = parts.rooms.find(&invited).unwrap();
    let told = || {
        let body = parts.notify.body(&bob, room.short, room.head().newest, &pusher(), 0, 1).unwrap();
        (body.is_some(), parts.notify.unread_rooms(&bob).unwrap().contains(&room.short))
    };
    assert_eq!(told(), (true, true));
    for (config, shown) in [(json!({ "default_action": "block" }), false), (json!({}), true)] {
        let config = to_raw_value(&config).unwrap();
        parts.account_data.set(&bob, None, "m.invite_permission_config", &config).await.unwrap();
        assert_eq!(told(), (shown, shown));
    }
}

#[tokio::test]
async fn only_whose_membership_it_is_is_the_target_of_a_member_event() {
    let (house, room, alice, bob) = house().await;
    let (parts, members) = (&house.server.parts, &house.server.members);
    let condition = json!({ "kind": "event_match", "key": "type", "pattern": "m.room.member" });
    let conditions = vec![serde_json::from_value::<PushCondition>(condition).unwrap()];
    let rule = NewConditionalPushRule::new("members".to_owned(), conditions, vec![Action::Notify]);
    parts.account_data.put_push_rule(&bob, NewPushRule::Override(rule), None, None).await.unwrap();
    house.join(&room, &user("carol")).await;
    let invited = house.room(&alice, Preset::Private).await;
    members.change(&invited, &alice, &bob, MemberAction::Invite, None).await.unwrap();
    let spoken = house.room(&alice, Preset::Public).await;
    house.join(&spoken, &bob).await;
    house.say(&spoken, &alice, "hello").await;
    let pusher = pusher();
    for (room, is_target) in [(room, json!(false)), (invited, json!(true)), (spoken, json!(null))] {
        let room = parts.rooms.find(&room).unwrap();
        let body = parts.notify.body(&bob, room.short, room.head().newest, &pusher, 0, 1).unwrap().unwrap();
        assert_eq!(body["notification"]["user_is_target"], is_target, "{body}");
    }
}
