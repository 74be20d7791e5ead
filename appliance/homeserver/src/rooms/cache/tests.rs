use std::sync::{Mutex, Weak};

use futures_util::FutureExt;
use ruma::{EventId, OwnedEventId, OwnedRoomId, OwnedUserId, events::StateEventType};
use serde_json::json;
use veche_store::{Change, ChangeListener, Published};

use super::*;
use crate::{
    creation::Preset,
    rooms::{Room, Rooms},
    testing::{House, user},
};

/// A room of alice, and what it is known by.
struct Site {
    house: House,
    alice: OwnedUserId,
    id: OwnedRoomId,
    room: Arc<Room>,
}

impl Site {
    async fn new() -> Self {
        let (house, alice) = (House::new().await, user("alice"));
        let id = house.room(&alice, Preset::Private).await;
        let room = house.server.parts.rooms.find(&id).unwrap();
        Self { house, alice, id, room }
    }

    fn rooms(&self) -> &Arc<Rooms> {
        &self.house.server.parts.rooms
    }

    /// An event as a reader has it who has read its row just now.
    fn read(&self, event: &EventId) -> (i64, Arc<Pdu>) {
        let (order, entry) = self.rooms().entry(&self.room, event).unwrap().unwrap();
        (order, self.rooms().parse_fresh(&self.room, &entry).unwrap())
    }

    fn is_redacted(&self, event: &EventId) -> bool {
        self.rooms().event(&self.room, event).unwrap().unwrap().is_redacted()
    }
}

#[tokio::test]
async fn an_event_that_was_read_before_its_redaction_is_not_kept_after_it() {
    let site = Site::new().await;
    let said = site.house.say(&site.id, &site.alice, "a secret").await;
    let cache = &site.rooms().cache;
    let mark = cache.mark();
    let (order, pdu) = site.read(&said);
    site.house.redact(&site.id, &site.alice, &said).await;
    cache.keep_event(mark, (site.room.short, order), pdu);
    assert!(site.is_redacted(&said));
}

#[tokio::test]
async fn nothing_is_kept_while_a_redaction_is_on_its_way() {
    let site = Site::new().await;
    let said = site.house.say(&site.id, &site.alice, "a secret").await;
    let cache = &site.rooms().cache;
    let held = site.house.hold_commits();
    let redacting = site.house.redact(&site.id, &site.alice, &said);
    assert!(redacting.now_or_never().is_none(), "it waits for its commit");
    let mark = cache.mark();
    let (order, pdu) = site.read(&said);
    assert!(!pdu.is_redacted());
    drop(held);
    // The next commit is behind that of the redaction.
    let later = site.house.say(&site.id, &site.alice, "nothing to see here").await;
    cache.keep_event(mark, (site.room.short, order), pdu);
    assert!(site.is_redacted(&said));
    // What is read after it is kept again.
    let (mark, (order, pdu)) = (cache.mark(), site.read(&later));
    cache.keep_event(mark, (site.room.short, order), Arc::clone(&pdu));
    assert!(Arc::ptr_eq(&cache.event(site.room.short, order).unwrap(), &pdu));
}

#[tokio::test]
async fn a_state_that_was_read_before_a_redaction_is_not_kept_after_it() {
    let site = Site::new().await;
    let topic = site.house.set_state(&site.id, &site.alice, "m.room.topic", json!({ "topic": "a secret" })).await;
    let (cache, group) = (&site.rooms().cache, site.room.head().group);
    let mark = cache.mark();
    let state = site.rooms().state(&site.room, group).unwrap();
    site.house.redact(&site.id, &site.alice, &topic).await;
    cache.keep_state(mark, group, state);
    let state = site.rooms().state(&site.room, group).unwrap();
    assert!(state[&(StateEventType::RoomTopic, String::new())].is_redacted());
}

#[tokio::test]
async fn a_redaction_that_is_refused_leaves_the_cache_as_useful_as_before() {
    let site = Site::new().await;
    let said = site.house.say(&site.id, &site.alice, "first").await;
    let cache = &site.rooms().cache;
    let (order, pdu) = site.read(&said);
    drop(cache.redacting(site.room.short, &[Emptied { order, is_state: true }]));
    cache.keep_event(cache.mark(), (site.room.short, order), pdu);
    assert!(cache.event(site.room.short, order).is_some());
}

/// Notes whether an event is redacted whenever something of its room is on disk and cannot be read yet.
struct Onlooker {
    rooms: Weak<Rooms>,
    room: Arc<Room>,
    event: OwnedEventId,
    seen: Mutex<Vec<bool>>,
}

impl ChangeListener for Onlooker {
    fn index(&self, published: &Published<'_>) {
        if published.changes.contains(&Change::Room(self.room.short)) {
            let event = self.rooms.upgrade().unwrap().event(&self.room, &self.event).unwrap().unwrap();
            self.seen.lock().unwrap().push(event.is_redacted());
        }
    }

    fn wake(&self, _: &Published<'_>) {}
}

#[tokio::test]
async fn nobody_who_can_read_a_redaction_finds_what_it_took_away() {
    let site = Site::new().await;
    let said = site.house.say(&site.id, &site.alice, "a secret").await;
    assert!(!site.is_redacted(&said));
    let (rooms, room) = (Arc::downgrade(site.rooms()), Arc::clone(&site.room));
    let onlooker = Arc::new(Onlooker { rooms, room, event: said.clone(), seen: Mutex::default() });
    site.house.server.core.store.subscribe(Arc::clone(&onlooker) as Arc<dyn ChangeListener>);
    site.house.redact(&site.id, &site.alice, &said).await;
    assert_eq!(*onlooker.seen.lock().unwrap(), [true]);
}
