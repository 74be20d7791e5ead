use std::collections::BTreeMap;

use futures_util::FutureExt;
use ruma::{OwnedRoomId, RoomVersionId, events::room::member::MembershipState};
use serde_json::{Map, Value, json, value::to_raw_value};
use veche_base::{Entropy, limits::DEPTH_MAX, testing::SeededEntropy};
use veche_rooms::{BuildContext, authorize, build};
use veche_store::records::rooms::ExtremityKey;

use super::*;
use crate::{
    creation::Preset,
    testing::{House, user},
    timeline::{Audience, HistoryRequest, state_event},
};

const PEOPLE: [&str; 3] = ["alice", "bob", "carol"];

/// What other servers would have made of a room: events on any of its earlier events, allowed or not, each with the
/// state before it.
struct Elsewhere {
    version: RoomVersionId,
    room_id: OwnedRoomId,
    events: BTreeMap<OwnedEventId, PduRef>,
    after: BTreeMap<OwnedEventId, Arc<StateMap>>,
    /// In the order in which they were made.
    made: Vec<Arc<Pdu>>,
    rejected: BTreeSet<OwnedEventId>,
    now_ms: u64,
    /// What the next events claim as their depth.
    depth: Option<u64>,
}

impl Elsewhere {
    /// Begins with the room as this server has it.
    fn of(house: &House, room_id: &RoomId) -> Self {
        let room = house.server.parts.rooms.find(room_id).unwrap();
        let head = room.head();
        let events = head.state.values().map(|pdu| (pdu.event_id.clone(), Arc::clone(pdu))).collect();
        let tip = head.extremities[0].clone();
        Self {
            version: room.version.clone(),
            room_id: room_id.to_owned(),
            events,
            after: BTreeMap::from([(tip, Arc::clone(&head.state))]),
            made: Vec::new(),
            rejected: BTreeSet::new(),
            now_ms: 2_000_000_000_000,
            depth: None,
        }
    }

    fn make(&mut self, house: &House, sender: &str, event: NewEvent, parents: Vec<OwnedEventId>) -> Arc<Pdu> {
        let states: Vec<_> = parents.iter().map(|parent| Arc::clone(&self.after[parent])).collect();
        let before = Arc::new(resolve(&self.version, &states, &self.events).unwrap());
        self.now_ms += 1;
        let context = BuildContext {
            room_id: Some(&self.room_id),
            version: &self.version,
            sender: &user(sender),
            now_ms: self.now_ms,
            prev_events: parents,
            depth: self.depth.unwrap_or(self.made.len() as u64 + 100),
            state: &before,
            sticky_ms: None,
        };
        let pdu = Arc::new(build(event, context, &house.server.core.keys).unwrap());
        let mut known = (*pdu).clone();
        known.rejected = authorize(&pdu, &before, &self.version).is_err();
        let after = if known.rejected { before } else { after_event(&before, &pdu) };
        if known.rejected {
            self.rejected.insert(pdu.event_id.clone());
        }
        self.events.insert(pdu.event_id.clone(), Arc::new(known));
        self.after.insert(pdu.event_id.clone(), after);
        self.made.push(Arc::clone(&pdu));
        pdu
    }

    /// Somebody does something somewhere in the graph.
    fn roll(&mut self, house: &House, dice: &Dice) {
        let tips: Vec<_> = self.after.keys().cloned().collect();
        let recent: Vec<_> =
            self.made.iter().rev().take(6).map(|pdu| pdu.event_id.clone()).chain(tips).take(6).collect();
        let mut parents: Vec<OwnedEventId> = Vec::new();
        for _ in 0..=dice.roll(3) {
            let parent = recent[dice.roll(recent.len())].clone();
            if !parents.contains(&parent) {
                parents.push(parent);
            }
        }
        let (sender, target) = (PEOPLE[dice.roll(3)], PEOPLE[dice.roll(3)]);
        let event = match dice.roll(12) {
            0..=3 => message(),
            4 | 5 => state_event(TimelineEventType::RoomTopic, "", &json!({ "topic": self.now_ms })),
            6 => state_event(TimelineEventType::RoomName, "", &json!({ "name": self.now_ms.to_string() })),
            7 => member(target, &MembershipState::Ban),
            8 => member(target, &MembershipState::Leave),
            9 => member(sender, &MembershipState::Join),
            10 => {
                let rule = ["public", "invite"][dice.roll(2)];
                state_event(TimelineEventType::RoomJoinRules, "", &json!({ "join_rule": rule }))
            }
            _ => power_levels(&self.version, 50 * dice.roll(3) as u64),
        };
        self.make(house, sender, event, parents);
    }
}

struct Dice(SeededEntropy);

impl Dice {
    fn roll(&self, sides: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % sides as u64).unwrap()
    }
}

fn message() -> NewEvent {
    let content = to_raw_value(&json!({ "msgtype": "m.text", "body": "hello" })).unwrap();
    NewEvent { kind: TimelineEventType::RoomMessage, state_key: None, content, redacts: None }
}

fn member(target: &str, membership: &MembershipState) -> NewEvent {
    crate::membership::member_event(&user(target), membership, Map::new(), None)
}

/// Bob has this level; alice is the creator.
fn power_levels(version: &RoomVersionId, bob: u64) -> NewEvent {
    let mut users = json!({ user("bob").as_str(): bob });
    if *version != RoomVersionId::V12 {
        users[user("alice").as_str()] = json!(100);
    }
    state_event(TimelineEventType::RoomPowerLevels, "", &json!({ "users": users }))
}

/// A house with a room of alice, bob and carol; the same one every time.
async fn house_with_room(version: &RoomVersionId) -> (House, OwnedRoomId) {
    let house = House::new().await;
    let room = house.room_of(&user("alice"), Preset::Public, Some(version.clone())).await;
    house.join(&room, &user("bob")).await;
    house.join(&room, &user("carol")).await;
    (house, room)
}

fn state_of(room: &Room) -> BTreeMap<(String, String), OwnedEventId> {
    let head = room.head();
    head.state.iter().map(|((kind, key), pdu)| ((kind.to_string(), key.clone()), pdu.event_id.clone())).collect()
}

/// What one order of arrival led to.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    state: BTreeMap<(String, String), OwnedEventId>,
    joined: BTreeSet<OwnedUserId>,
    rejected: BTreeSet<OwnedEventId>,
    /// How many were soft-failed, which does depend on the order.
    soft_failed: Dependent,
}

/// A number that is equal to every other.
#[derive(Debug)]
struct Dependent(usize);

impl PartialEq for Dependent {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Dependent {}

/// Receives all of it in an order that the dice choose. What comes before its parents has to wait, and is told which
/// they are.
async fn receive_all(version: &RoomVersionId, made: &[Arc<Pdu>], dice: &Dice) -> Outcome {
    let (house, room_id) = house_with_room(version).await;
    let timeline = &house.server.parts.timeline;
    let mut waiting = made.to_vec();
    let (mut rejected, mut soft_failed) = (BTreeSet::new(), 0);
    while !waiting.is_empty() {
        let pdu = waiting.swap_remove(dice.roll(waiting.len()));
        match timeline.receive(&room_id, Arc::clone(&pdu)).await {
            Ok(Verdict::Rejected(_)) => _ = rejected.insert(pdu.event_id.clone()),
            Ok(Verdict::SoftFailed(_)) => soft_failed += 1,
            Ok(Verdict::Accepted) => {}
            Err(ReceiveError::Missing(missing)) => {
                let due = |id: &OwnedEventId| waiting.iter().any(|other| other.event_id == *id);
                assert!(!missing.is_empty() && missing.iter().all(due), "{missing:?}");
                waiting.push(pdu);
            }
            Err(error) => panic!("{error}"),
        }
    }
    let room = house.server.parts.rooms.find(&room_id).unwrap();
    let outcome = Outcome {
        state: state_of(&room),
        joined: (*room.head().joined).clone(),
        rejected,
        soft_failed: Dependent(soft_failed),
    };
    let again = house.restarted().parts.rooms.find(&room_id).unwrap();
    assert_eq!(state_of(&again), outcome.state, "the disk says what memory says");
    for pdu in made {
        let again = timeline.receive(&room_id, Arc::clone(pdu)).await.unwrap();
        let is_rejected = matches!(again, Verdict::Rejected(_));
        assert_eq!(is_rejected, outcome.rejected.contains(&pdu.event_id), "a second time says the same");
    }
    outcome
}

#[tokio::test]
async fn the_order_of_arrival_does_not_matter() {
    let (mut rejected, mut soft_failed) = (0, 0);
    for (seed, version) in
        [(1, RoomVersionId::V11), (2, RoomVersionId::V12), (3, RoomVersionId::V12), (4, RoomVersionId::V10)]
    {
        let dice = Dice(SeededEntropy::new(seed));
        let (house, room_id) = house_with_room(&version).await;
        let mut elsewhere = Elsewhere::of(&house, &room_id);
        for _ in 0..40 {
            elsewhere.roll(&house, &dice);
        }
        let first = receive_all(&version, &elsewhere.made, &dice).await;
        assert_eq!(first.rejected, elsewhere.rejected, "seed {seed}");
        for _ in 0..3 {
            let other = receive_all(&version, &elsewhere.made, &dice).await;
            assert_eq!(other, first, "seed {seed}");
            soft_failed += other.soft_failed.0;
        }
        rejected += first.rejected.len();
    }
    assert!(
        rejected > 10 && soft_failed > 10,
        "the events are no test: {rejected} rejected, {soft_failed} soft-failed"
    );
}

#[tokio::test]
async fn a_child_of_a_rejected_event_stands_on_the_state_before_it() {
    let (house, room_id) = house_with_room(&RoomVersionId::V12).await;
    let mut elsewhere = Elsewhere::of(&house, &room_id);
    let tip = elsewhere.after.keys().next().unwrap().clone();
    let forbidden = elsewhere.make(&house, "carol", power_levels(&RoomVersionId::V12, 100), vec![tip]);
    let child = elsewhere.make(&house, "alice", message(), vec![forbidden.event_id.clone()]);
    let grandchild = elsewhere.make(&house, "bob", message(), vec![child.event_id.clone()]);
    let timeline = &house.server.parts.timeline;
    assert!(matches!(timeline.receive(&room_id, forbidden).await, Ok(Verdict::Rejected(_))));
    assert_eq!(timeline.receive(&room_id, child).await.unwrap(), Verdict::Accepted);
    assert_eq!(timeline.receive(&room_id, grandchild).await.unwrap(), Verdict::Accepted);
}

/// Sends so many events that all stand on the same one.
async fn fork(house: &House, room_id: &RoomId, branches: usize) {
    let mut elsewhere = Elsewhere::of(house, room_id);
    let tip = elsewhere.after.keys().next().unwrap().clone();
    for _ in 0..branches {
        let pdu = elsewhere.make(house, "bob", message(), vec![tip.clone()]);
        assert_eq!(house.server.parts.timeline.receive(room_id, pdu).await.unwrap(), Verdict::Accepted);
    }
}

fn branches(house: &House, room_id: &RoomId) -> usize {
    let room = house.server.parts.rooms.find(room_id).unwrap();
    let stored = house.server.core.store.scan::<ExtremityKey>((room.short,)).keys().count();
    assert_eq!(stored, room.head().extremities.len());
    stored
}

#[tokio::test]
async fn too_many_branches_are_joined_by_an_event_that_nobody_sees() {
    let (house, room_id) = house_with_room(&RoomVersionId::V12).await;
    fork(&house, &room_id, FORWARD_EXTREMITIES_MAX - 1).await;
    assert_eq!(branches(&house, &room_id), FORWARD_EXTREMITIES_MAX - 1);
    fork_one_more(&house, &room_id).await;
    assert_eq!(branches(&house, &room_id), 1);
    let parts = &house.server.parts;
    let room = parts.rooms.find(&room_id).unwrap();
    let joint = parts.rooms.event(&room, &room.head().extremities[0]).unwrap().unwrap();
    assert_eq!((joint.kind.to_string().as_str(), joint.prev_events.len()), (DUMMY_EVENT, FORWARD_EXTREMITIES_MAX));
    let alice = user("alice");
    assert_eq!(house.seen(&room_id, &alice, &joint.event_id), None);
    let request = HistoryRequest {
        room_id: &room_id,
        audience: Audience { user: &alice, device: None },
        from: None,
        to: None,
        backwards: true,
        limit: 100,
        filter: &Default::default(),
    };
    let shown = parts.timeline.history(&request).unwrap().chunk;
    assert!(shown.len() > FORWARD_EXTREMITIES_MAX);
    for event in shown {
        let event: Value = serde_json::from_str(event.get()).unwrap();
        assert_ne!(event["type"], DUMMY_EVENT);
    }
    // The room goes on, from the joint.
    let next = house.say(&room_id, &alice, "on we go").await;
    assert!(house.seen(&room_id, &alice, &next).is_some());
}

/// One more event on the oldest branch: on an event that others stand on already.
async fn fork_one_more(house: &House, room_id: &RoomId) {
    let room = house.server.parts.rooms.find(room_id).unwrap();
    let mut elsewhere = Elsewhere::of(house, room_id);
    let parent = room.head().state.values().max_by_key(|pdu| pdu.depth).unwrap().event_id.clone();
    elsewhere.after.insert(parent.clone(), Arc::clone(&room.head().state));
    elsewhere.now_ms += 1_000;
    let pdu = elsewhere.make(house, "bob", message(), vec![parent]);
    assert_eq!(house.server.parts.timeline.receive(room_id, pdu).await.unwrap(), Verdict::Accepted);
}

#[tokio::test]
async fn a_room_that_nobody_may_join_together_still_takes_messages() {
    let (house, room_id) = house_with_room(&RoomVersionId::V12).await;
    let alice = user("alice");
    // Nobody but bob may send anything, and the messages that fork the room come from elsewhere.
    let levels = json!({ "events": { DUMMY_EVENT: 100 }, "users": { user("bob").as_str(): 50 } });
    house.set_state(&room_id, &alice, "m.room.power_levels", levels).await;
    house.leave(&room_id, &alice).await;
    fork(&house, &room_id, FORWARD_EXTREMITIES_MAX + 5).await;
    assert_eq!(branches(&house, &room_id), FORWARD_EXTREMITIES_MAX + 5);
    house.say(&room_id, &user("carol"), "twenty at a time").await;
    assert_eq!(branches(&house, &room_id), 6);
    house.say(&room_id, &user("carol"), "and the rest").await;
    assert_eq!(branches(&house, &room_id), 1);
}

#[tokio::test]
async fn a_room_goes_on_after_the_deepest_event_there_can_be() {
    let (house, room_id) = house_with_room(&RoomVersionId::V12).await;
    let mut elsewhere = Elsewhere::of(&house, &room_id);
    elsewhere.depth = Some(DEPTH_MAX);
    let tip = elsewhere.after.keys().next().unwrap().clone();
    let pdu = elsewhere.make(&house, "bob", message(), vec![tip]);
    assert_eq!(house.server.parts.timeline.receive(&room_id, pdu).await.unwrap(), Verdict::Accepted);
    let next = house.say(&room_id, &user("alice"), "deeper is nothing").await;
    assert!(house.seen(&room_id, &user("bob"), &next).is_some());
}

#[tokio::test]
async fn layers_of_state_stay_few_between_received_events() {
    let (house, room_id) = house_with_room(&RoomVersionId::V12).await;
    let alice = user("alice");
    for number in 0..40 {
        house.set_state(&room_id, &alice, "m.room.topic", json!({ "topic": number })).await;
        let room = house.server.parts.rooms.find(&room_id).unwrap();
        let mut elsewhere = Elsewhere::of(&house, &room_id);
        elsewhere.now_ms += number;
        let tip = room.head().extremities[0].clone();
        let pdu = elsewhere.make(&house, "bob", message(), vec![tip]);
        house.server.parts.timeline.receive(&room_id, pdu).await.unwrap();
    }
    let again = house.restarted().parts.rooms.find(&room_id).unwrap();
    assert_eq!(state_of(&again), state_of(&house.server.parts.rooms.find(&room_id).unwrap()));
}

#[tokio::test]
async fn a_received_event_whose_bringer_has_stopped_waiting_is_built_upon() {
    let (house, room_id) = house_with_room(&RoomVersionId::V12).await;
    let mut elsewhere = Elsewhere::of(&house, &room_id);
    let tip = elsewhere.after.keys().next().unwrap().clone();
    let topic = state_event(TimelineEventType::RoomTopic, "", &json!({ "topic": "kept" }));
    let pdu = elsewhere.make(&house, "alice", topic, vec![tip]);
    let held = house.hold_commits();
    let receiving = house.server.parts.timeline.receive(&room_id, Arc::clone(&pdu));
    assert!(receiving.now_or_never().is_none(), "it waits for its commit");
    drop(held);
    house.say(&room_id, &user("bob"), "what was the topic?").await;
    let room = house.server.parts.rooms.find(&room_id).unwrap();
    assert_eq!(state_of(&room)[&("m.room.topic".to_owned(), String::new())], pdu.event_id);
    assert_eq!(branches(&house, &room_id), 1);
    assert_eq!(state_of(&house.restarted().parts.rooms.find(&room_id).unwrap()), state_of(&room));
}
