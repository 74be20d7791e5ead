use std::collections::BTreeMap;

use proptest::prelude::*;
use ruma::events::StateEventType;
use serde_json::json;

use super::*;
use crate::{
    NewEvent, Pdu,
    testing::{Room, member, new_event, topic, user},
};

/// A server's own view of a room: what it has received, in its own order, with the state after
/// each event worked out by itself.
struct Server {
    version: RoomVersionId,
    events: BTreeMap<OwnedEventId, PduRef>,
    state_after: HashMap<OwnedEventId, Arc<StateMap>>,
    /// In order of arrival, which differs between servers and must not matter.
    tips: Vec<OwnedEventId>,
}

impl Server {
    fn new(room: &Room) -> Self {
        // All events up to the fork are the same everywhere: they are one chain.
        let mut server = Self {
            version: room.version.clone(),
            events: BTreeMap::new(),
            state_after: HashMap::new(),
            tips: Vec::new(),
        };
        let mut chain: Vec<_> = room.events.values().cloned().collect();
        chain.sort_by_key(|event| event.depth);
        for event in &chain {
            server.receive(event);
        }
        server
    }

    fn state_before(&self, event: &Pdu) -> StateMap {
        let states: Vec<_> = event.prev_events.iter().map(|id| self.state_after[id].clone()).collect();
        if states.is_empty() { StateMap::new() } else { resolve(&self.version, &states, &self.events).unwrap() }
    }

    fn receive(&mut self, event: &PduRef) {
        let before = self.state_before(event);
        let verdict =
            crate::event_auth::authorize_received(event, &self.events, &before, &before, &self.version).unwrap();
        let is_rejected = matches!(verdict, crate::Verdict::Rejected(_));
        let mut event = (**event).clone();
        event.rejected = is_rejected;
        let event = Arc::new(event);
        let mut after = before;
        if let (Some(key), false) = (event.state_key_pair(), is_rejected) {
            after.insert(key, event.clone());
        }
        self.tips.retain(|tip| !event.prev_events.contains(tip));
        self.tips.push(event.event_id.clone());
        self.state_after.insert(event.event_id.clone(), Arc::new(after));
        self.events.insert(event.event_id.clone(), event);
    }

    fn current(&self) -> StateMap {
        let states: Vec<_> = self.tips.iter().map(|id| self.state_after[id].clone()).collect();
        resolve(&self.version, &states, &self.events).unwrap()
    }

    /// Receives events in the order of `ranks`, waiting with each until its predecessors are here.
    fn receive_shuffled(&mut self, events: &[PduRef], ranks: &[u32]) {
        let mut waiting: Vec<_> = events.iter().zip(ranks).collect();
        waiting.sort_by_key(|(event, rank)| (**rank, event.event_id.clone()));
        while !waiting.is_empty() {
            let ready = waiting
                .iter()
                .position(|(event, _)| event.prev_events.iter().all(|id| self.events.contains_key(id)))
                .unwrap();
            let (event, _) = waiting.remove(ready);
            self.receive(event);
        }
    }
}

fn fingerprint(state: &StateMap) -> Vec<(String, String)> {
    state.iter().map(|((kind, key), event)| (format!("{kind}|{key}"), event.event_id.to_string())).collect()
}

/// Something that somebody tries on one branch.
#[derive(Debug, Clone)]
enum Act {
    Topic(usize, u8),
    Ban(usize, usize),
    Unban(usize, usize),
    Leave(usize),
    Join(usize),
    Level(usize, usize, u8),
    Rule(usize, bool),
}

const PEOPLE: [&str; 4] = ["alice", "bob", "rita", "rob"];

impl Act {
    fn event(&self, room: &Room) -> (&'static str, NewEvent) {
        match *self {
            Self::Topic(who, text) => (PEOPLE[who], topic(&format!("topic {text}"))),
            Self::Ban(who, whom) => (PEOPLE[who], member(PEOPLE[whom], "ban")),
            Self::Unban(who, whom) => (PEOPLE[who], member(PEOPLE[whom], "leave")),
            Self::Leave(who) => (PEOPLE[who], member(PEOPLE[who], "leave")),
            Self::Join(who) => (PEOPLE[who], member(PEOPLE[who], "join")),
            Self::Level(who, whom, level) => (PEOPLE[who], levels(room, PEOPLE[whom], i64::from(level))),
            Self::Rule(who, public) => {
                let rule = if public { "public" } else { "invite" };
                (PEOPLE[who], new_event("m.room.join_rules", Some(""), &json!({ "join_rule": rule })))
            }
        }
    }
}

/// The room's power levels with one user's level changed.
fn levels(room: &Room, whom: &str, level: i64) -> NewEvent {
    let current = &room.state[&(StateEventType::RoomPowerLevels, String::new())];
    let mut content: serde_json::Value = serde_json::from_str(current.content.get()).unwrap();
    content["users"][user(whom).as_str()] = json!(level);
    new_event("m.room.power_levels", Some(""), &content)
}

fn acts() -> impl Strategy<Value = Act> {
    let who = 0..PEOPLE.len();
    prop_oneof![
        3 => (who.clone(), any::<u8>()).prop_map(|(who, text)| Act::Topic(who, text)),
        2 => (who.clone(), who.clone()).prop_map(|(who, whom)| Act::Ban(who, whom)),
        1 => (who.clone(), who.clone()).prop_map(|(who, whom)| Act::Unban(who, whom)),
        1 => who.clone().prop_map(Act::Leave),
        1 => who.clone().prop_map(Act::Join),
        3 => (who.clone(), who.clone(), prop_oneof![Just(0), Just(50), Just(99), Just(100)])
            .prop_map(|(who, whom, level)| Act::Level(who, whom, level)),
        1 => (who, any::<bool>()).prop_map(|(who, public)| Act::Rule(who, public)),
    ]
}

fn versions() -> impl Strategy<Value = RoomVersionId> {
    prop_oneof![Just(RoomVersionId::V10), Just(RoomVersionId::V11), Just(RoomVersionId::V12)]
}

/// A room with four members, one a moderator.
fn base(version: RoomVersionId) -> Room {
    let mut room = Room::create(version);
    for name in &PEOPLE[1..] {
        room.must_join(name);
    }
    let event = levels(&room, "bob", 50);
    room.must_send("alice", event);
    room
}

fn copy(room: &Room) -> Room {
    Room {
        version: room.version.clone(),
        id: room.id.clone(),
        events: room.events.clone(),
        state: room.state.clone(),
        tip: room.tip.clone(),
        depth: room.depth,
        now_ms: room.now_ms,
    }
}

/// Plays acts on branches that know nothing of each other; acts the rules refuse do not happen.
fn play(start: &Room, branches: &[Vec<Act>]) -> Vec<Room> {
    let play_one = |(index, acts): (usize, &Vec<Act>)| {
        let mut branch = copy(start);
        // Branches overlap in time, some acts at the very same millisecond.
        branch.now_ms += index as u64 % 2;
        for act in acts {
            let (sender, new) = act.event(&branch);
            if let Ok(event) = branch.try_send(sender, new) {
                branch.apply(&event);
            }
        }
        branch
    };
    branches.iter().enumerate().map(play_one).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_the_states_does_not_matter(
        version in versions(),
        branches in prop::collection::vec(prop::collection::vec(acts(), 1..6), 2..5),
        order in any::<prop::sample::Index>(),
    ) {
        let start = base(version);
        let forks = play(&start, &branches);
        let mut all = BTreeMap::new();
        forks.iter().for_each(|fork| all.extend(fork.events.clone()));
        let mut states: Vec<_> = forks.iter().map(|fork| Arc::new(fork.state.clone())).collect();
        let expected = fingerprint(&resolve(&start.version, &states, &all).unwrap());
        let shift = order.index(states.len());
        states.rotate_left(shift);
        prop_assert_eq!(&fingerprint(&resolve(&start.version, &states, &all).unwrap()), &expected);
        states.reverse();
        prop_assert_eq!(&fingerprint(&resolve(&start.version, &states, &all).unwrap()), &expected);
        states.push(states[0].clone());
        prop_assert_eq!(&fingerprint(&resolve(&start.version, &states, &all).unwrap()), &expected);
    }

    #[test]
    fn servers_that_heard_the_same_in_other_orders_agree(
        version in versions(),
        branches in prop::collection::vec(prop::collection::vec(acts(), 1..5), 2..4),
        after_merge in prop::collection::vec(acts(), 0..3),
        ranks in prop::collection::vec(any::<u32>(), 40),
        other_ranks in prop::collection::vec(any::<u32>(), 40),
    ) {
        let start = base(version);
        let forks = play(&start, &branches);
        let mut observer = Server::new(&start);
        let mut events: BTreeMap<OwnedEventId, PduRef> = BTreeMap::new();
        for fork in &forks {
            events.extend(fork.events.iter().filter(|(id, _)| !start.events.contains_key(*id)).map(|(k, v)| (k.clone(), v.clone())));
        }
        let mut events: Vec<PduRef> = events.into_values().collect();
        observer.receive_shuffled(&events, &vec![0; events.len()]);
        // Somebody who heard everything goes on from the merged state.
        let mut merged = copy(&start);
        merged.events = observer.events.clone();
        merged.state = observer.current();
        merged.tip = observer.tips.clone();
        merged.depth = forks.iter().map(|fork| fork.depth).max().unwrap();
        for act in &after_merge {
            let (sender, new) = act.event(&merged);
            if let Ok(event) = merged.try_send(sender, new) {
                merged.apply(&event);
                events.push(event);
            }
        }
        let mut left = Server::new(&start);
        left.receive_shuffled(&events, &ranks[..events.len().min(40)]);
        let mut right = Server::new(&start);
        right.receive_shuffled(&events, &other_ranks[..events.len().min(40)]);
        let tips = |server: &Server| server.tips.iter().cloned().collect::<BTreeSet<_>>();
        prop_assert_eq!(tips(&left), tips(&right));
        prop_assert_eq!(fingerprint(&left.current()), fingerprint(&right.current()));
        let rejected = |server: &Server| server.events.values().filter(|event| event.rejected).count();
        prop_assert_eq!(rejected(&left), rejected(&right));
    }
}

/// What two branches resolve to, whichever of them is named first.
fn fork(version: RoomVersionId, left: &[Act], right: &[Act]) -> (StateMap, Vec<Room>) {
    let start = base(version);
    let forks = play(&start, &[left.to_vec(), right.to_vec()]);
    let mut all = forks[0].events.clone();
    all.extend(forks[1].events.clone());
    let mut states: Vec<_> = forks.iter().map(|fork| Arc::new(fork.state.clone())).collect();
    let resolved = resolve(&start.version, &states, &all).unwrap();
    states.reverse();
    assert_eq!(fingerprint(&resolve(&start.version, &states, &all).unwrap()), fingerprint(&resolved));
    (resolved, forks)
}

fn id_of(state: &StateMap, kind: &str, key: &str) -> OwnedEventId {
    state[&(StateEventType::from(kind), key.to_owned())].event_id.clone()
}

#[test]
fn a_ban_wins_over_what_the_banned_did_meanwhile() {
    for version in room_versions::SUPPORTED {
        // The moderator is banned on one side while setting the topic on the other.
        let (state, forks) = fork(version, &[Act::Ban(0, 1)], &[Act::Topic(1, 1), Act::Topic(1, 2)]);
        let bob = user("bob");
        assert_eq!(id_of(&state, "m.room.member", bob.as_str()), id_of(&forks[0].state, "m.room.member", bob.as_str()));
        assert!(!state.contains_key(&(StateEventType::RoomTopic, String::new())));
    }
}

#[test]
fn the_more_powerful_keeps_their_power_levels() {
    for version in room_versions::SUPPORTED {
        // The owner takes the moderator's level away while the moderator promotes a friend.
        let (state, forks) = fork(version, &[Act::Level(0, 1, 0)], &[Act::Level(1, 2, 50)]);
        let levels = id_of(&state, "m.room.power_levels", "");
        assert_eq!(levels, id_of(&forks[0].state, "m.room.power_levels", ""));
    }
}

#[test]
fn without_conflict_the_later_topic_stands() {
    for version in room_versions::SUPPORTED {
        let (state, forks) = fork(version, &[Act::Topic(0, 1)], &[Act::Topic(0, 2)]);
        // The right branch starts one millisecond later.
        assert_eq!(id_of(&state, "m.room.topic", ""), id_of(&forks[1].state, "m.room.topic", ""));
        let (state, forks) = fork(forks[0].version.clone(), &[Act::Topic(0, 1)], &[Act::Leave(2)]);
        assert_eq!(id_of(&state, "m.room.topic", ""), id_of(&forks[0].state, "m.room.topic", ""));
        let rita = user("rita");
        assert_eq!(
            id_of(&state, "m.room.member", rita.as_str()),
            id_of(&forks[1].state, "m.room.member", rita.as_str())
        );
    }
}

#[test]
fn equal_states_resolve_to_themselves_and_none_to_nothing() {
    let room = base(RoomVersionId::V12);
    let state = Arc::new(room.state.clone());
    let same = resolve(&room.version, &[state.clone(), state.clone()], &BTreeMap::new()).unwrap();
    assert_eq!(fingerprint(&same), fingerprint(&state));
    assert_eq!(resolve(&room.version, &[], &room.events).unwrap_err(), ResolveError::NoState);
    assert!(matches!(resolve(&RoomVersionId::V9, &[state], &room.events), Err(ResolveError::Version(_))));
}

#[test]
fn a_missing_auth_event_is_an_error() {
    let start = base(RoomVersionId::V12);
    let forks = play(&start, &[vec![Act::Topic(0, 1)], vec![Act::Topic(0, 2)]]);
    let states: Vec<_> = forks.iter().map(|fork| Arc::new(fork.state.clone())).collect();
    // The first power levels are in no state any more: only the source can know them.
    let current = start.state_id(StateEventType::RoomPowerLevels, "");
    let gone =
        start.events.values().find(|event| event.kind == "m.room.power_levels".into() && event.event_id != *current);
    let gone = gone.unwrap().event_id.clone();
    let mut events = start.events.clone();
    events.extend(forks.iter().flat_map(|fork| fork.events.clone()));
    assert!(resolve(&start.version, &states, &events).is_ok());
    events.remove(&gone);
    assert_eq!(resolve(&start.version, &states, &events).unwrap_err(), ResolveError::MissingEvent(gone));
}

#[test]
fn too_many_conflicts_are_refused_before_any_work() {
    let room = base(RoomVersionId::V12);
    let alice = user("alice");
    let template = room.build(&alice, new_event("org.example.x", Some("0"), &json!({}))).unwrap();
    let mut crowded = room.state.clone();
    for index in 0..=CONFLICTED_EVENTS_MAX {
        let mut event = template.clone();
        event.event_id = format!("${index:043}").try_into().unwrap();
        crowded.insert((StateEventType::from("org.example.x"), index.to_string()), Arc::new(event));
    }
    let states = [Arc::new(room.state.clone()), Arc::new(crowded)];
    let error = resolve(&room.version, &states, &BTreeMap::new()).unwrap_err();
    assert_eq!(error, ResolveError::TooManyConflicts(CONFLICTED_EVENTS_MAX + 1));
}

#[test]
fn the_conflicted_subgraph_is_every_path_between_conflicts() {
    // d -> c -> b -> a, e -> b, with d and a in conflict: c and b lie between them, e does not.
    let room = base(RoomVersionId::V12);
    let template = room.build(&user("alice"), topic("x")).unwrap();
    let id = |name: &str| OwnedEventId::try_from(format!("${name}")).unwrap();
    let mut events = BTreeMap::new();
    for (name, auth_events) in
        [("a", vec![]), ("b", vec!["a"]), ("c", vec!["b"]), ("d", vec!["c"]), ("e", vec!["b"]), ("f", vec![])]
    {
        let mut event = template.clone();
        event.event_id = id(name);
        event.auth_events = auth_events.into_iter().map(id).collect();
        events.insert(id(name), Arc::new(event));
    }
    let graph = AuthGraph::new(&[], &events);
    let subgraph = |conflicted: &[&str]| {
        let conflicted = conflicted.iter().map(|name| id(name)).collect();
        let mut names: Vec<_> =
            graph.conflicted_subgraph(&conflicted).unwrap().into_iter().map(|id| id.to_string()).collect();
        names.sort();
        names.concat()
    };
    assert_eq!(subgraph(&["d", "a"]), "$a$b$c$d");
    assert_eq!(subgraph(&["d", "e"]), "$d$e");
    assert_eq!(subgraph(&["d", "e", "b"]), "$b$c$d$e");
    assert_eq!(subgraph(&["f", "d"]), "$d$f");
}
