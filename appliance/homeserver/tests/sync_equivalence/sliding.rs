//! A client of simplified sliding sync.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use ruma::{
    OwnedDeviceId, OwnedRoomId, OwnedUserId, RoomId, api::client::sync::sync_events::v5::request::Extensions,
    events::room::member::MembershipState,
};
use serde_json::{Value, value::RawValue};
use veche_homeserver::{
    sliding::{Hero, ListWish, RoomAnswer, RoomWish, SlidingAnswer, SlidingRequest, StatePattern, StateWish},
    timeline::{Audience, HistoryRequest},
};

use crate::{
    mailbox::Mailbox,
    picture::{RoomPicture, add_account_data, check_device_lists, ignores_somebody, parse, sharing},
    world::World,
};

/// Events read back from where an answer begins, to see that they are those before it.
const READ_BACK: usize = 3;

#[derive(Debug, Clone, Default, PartialEq)]
struct Room {
    base: RoomPicture,
    name: Option<String>,
    avatar: Option<String>,
    heroes: Vec<Hero>,
    is_dm: bool,
    bump_stamp: u64,
    /// For rooms seen from outside.
    invite_state: Option<String>,
}

#[derive(Debug, Clone)]
struct Picture {
    reader: OwnedUserId,
    rooms: BTreeMap<OwnedRoomId, Room>,
    counts: BTreeMap<String, u64>,
    account_data: BTreeMap<String, Value>,
}

pub(crate) struct SlidingClient {
    user: OwnedUserId,
    device: OwnedDeviceId,
    /// Shows everything, always.
    whole: bool,
    rooms_shown: u64,
    required: StateWish,
    timeline_limit: u64,
    subscriptions: BTreeMap<OwnedRoomId, RoomWish>,
    pos: Option<String>,
    /// The token of the messages to the device that came last.
    received: Option<String>,
    picture: Picture,
    mailbox: Mailbox,
}

fn wish(include: &[(Option<&str>, Option<&str>)]) -> StateWish {
    let pattern = |(kind, key): &(Option<&str>, Option<&str>)| StatePattern {
        kind: kind.map(Into::into),
        state_key: key.map(ToOwned::to_owned),
    };
    StateWish { include: include.iter().map(pattern).collect(), ..StateWish::default() }
}

impl SlidingClient {
    pub(crate) fn of_everything(user: &OwnedUserId) -> Self {
        Self::new(user, "WHOLE", true, wish(&[(None, None)]))
    }

    /// Shows two rooms, and of their members those who speak.
    pub(crate) fn of_a_window(user: &OwnedUserId) -> Self {
        let state = wish(&[(Some("m.room.name"), Some("")), (Some("m.room.member"), Some(user.as_str()))]);
        Self::new(user, "WINDOW", false, StateWish { lazy_members: true, ..state })
    }

    fn new(user: &OwnedUserId, device: &str, whole: bool, required: StateWish) -> Self {
        Self {
            user: user.clone(),
            device: device.into(),
            whole,
            rooms_shown: 2,
            required,
            timeline_limit: 5,
            subscriptions: BTreeMap::new(),
            pos: None,
            received: None,
            picture: Picture::new(user),
            mailbox: Mailbox::default(),
        }
    }

    /// Opens and closes rooms, makes the window larger and smaller.
    pub(crate) fn look_elsewhere(&mut self, world: &mut World) {
        if self.whole {
            return;
        }
        match world.pick(4) {
            0 => self.rooms_shown = 1 + world.pick(4) as u64,
            1 => self.timeline_limit = 1 + world.pick(6) as u64,
            2 => self.subscriptions.clear(),
            _ => {
                let state = wish(&[(Some("m.room.topic"), Some("")), (Some("org.example.thing"), None)]);
                let subscription = RoomWish { timeline_limit: 8, state };
                let room = world.rooms[world.pick(world.rooms.len())].clone();
                self.subscriptions.insert(room, subscription);
            }
        }
    }

    async fn ask(&self, world: &World, conn_id: &str, pos: Option<String>) -> SlidingAnswer {
        let list = ListWish {
            ranges: (!self.whole).then(|| vec![(0, self.rooms_shown - 1)]),
            room: RoomWish { timeline_limit: self.timeline_limit, state: self.required.clone() },
            ..ListWish::default()
        };
        let mut extensions = Extensions::default();
        extensions.account_data.enabled = Some(true);
        extensions.receipts.enabled = Some(true);
        extensions.typing.enabled = Some(true);
        extensions.to_device.enabled = Some(true);
        extensions.to_device.since.clone_from(&self.received);
        extensions.e2ee.enabled = Some(true);
        let request = SlidingRequest {
            user: self.user.clone(),
            device: self.device.clone(),
            conn_id: conn_id.to_owned(),
            pos,
            timeout: Duration::ZERO,
            lists: BTreeMap::from([("all".to_owned(), list)]),
            subscriptions: self.subscriptions.clone(),
            extensions,
            sticky: Default::default(),
        };
        world.homeserver.sliding.poll(&request).await.unwrap()
    }

    pub(crate) async fn sync(&mut self, world: &World) {
        while self.sync_once(world).await {}
    }

    /// One request; says whether more receipts may follow.
    async fn sync_once(&mut self, world: &World) -> bool {
        let answer = self.ask(world, "main", self.pos.clone()).await;
        for (room_id, room) in &answer.rooms {
            self.check_history(world, room_id, room);
        }
        let more = !answer.extensions.receipts.is_empty();
        let to_device = answer.extensions.to_device.as_ref().unwrap();
        self.mailbox.add(&to_device.events, false);
        self.received = Some(to_device.next_batch.to_string());
        let e2ee = answer.extensions.e2ee.as_ref().unwrap();
        let (changed, left) = (e2ee.changed.clone(), e2ee.left.clone());
        let is_first = self.pos.replace(answer.pos.clone()).is_none();
        let before = self.picture.sharing();
        let ignored = self.picture.account_data.get("m.ignored_user_list").cloned();
        self.picture.apply(answer);
        if self.whole && !is_first {
            check_device_lists(&before, &self.picture.sharing(), &changed, &left);
        }
        if self.picture.account_data.get("m.ignored_user_list") != ignored.as_ref() {
            // Timelines have other events now: clients begin anew (client-server API, "Ignoring users").
            self.picture = Picture::new(&self.user);
            let answer = self.ask(world, "main", None).await;
            self.pos = Some(answer.pos.clone());
            self.picture.apply(answer);
            return true;
        }
        more
    }

    /// What an answer shows and what its `prev_batch` gives follow upon one another: no event is in both, none between.
    fn check_history(&self, world: &World, room_id: &RoomId, answer: &RoomAnswer) {
        let inside = answer.membership == Some(MembershipState::Join);
        let Some(prev_batch) = answer.prev_batch.filter(|_| inside) else { return };
        let history = |from, limit| {
            let audience = Audience { user: &self.user, device: Some(&self.device) };
            let (to, filter) = (None, &Default::default());
            let request = HistoryRequest { room_id, audience, from, to, backwards: true, limit, filter };
            ids(&world.homeserver.parts.timeline.history(&request).unwrap().chunk)
        };
        let mut told = ids(&answer.timeline);
        told.reverse();
        let whole = history(None, told.len() + READ_BACK);
        told.extend(history(Some(prev_batch.order), READ_BACK));
        assert_eq!(told, whole, "the end of {room_id} as {} reads it back", self.user);
    }

    /// Asks, and never gets the answer.
    pub(crate) async fn lose_an_answer(&self, world: &World) {
        if self.pos.is_some() {
            self.ask(world, "main", self.pos.clone()).await;
        }
    }

    pub(crate) async fn compare(&self, world: &World) {
        self.mailbox.compare(world, &self.user, &self.device);
        let mut fresh = Picture::new(&self.user);
        let mut answer = self.ask(world, "fresh", None).await;
        loop {
            // Receipts of one user at one event need an answer each.
            let (pos, more) = (answer.pos.clone(), !answer.extensions.receipts.is_empty());
            fresh.apply(answer);
            if !more {
                break;
            }
            answer = self.ask(world, "fresh", Some(pos)).await;
        }
        assert_eq!(self.picture.counts, fresh.counts, "lists of {}", self.user);
        assert_eq!(self.picture.account_data, fresh.account_data, "account data of {}", self.user);
        let none = Room::default();
        for (room_id, room) in &fresh.rooms {
            let mut old = self.picture.rooms.get(room_id).unwrap_or(&none).clone();
            old.base.timeline = old.base.tail(&room.base).to_vec();
            if ignores_somebody(&self.picture.account_data) {
                // What is hidden moves the stamp and is told with the next thing that is not.
                old.bump_stamp = room.bump_stamp;
            }
            if !self.whole {
                // More may be known: members who spoke before, state that another wish had shown.
                old.base.state.retain(|key, _| room.base.state.contains_key(key));
                old.base.members.clone_from(&room.base.members);
            }
            assert_eq!(old, *room, "{room_id} as {} has it against a fresh picture", self.user);
        }
        if self.whole {
            let known: Vec<_> = self.picture.rooms.keys().collect();
            assert_eq!(known, fresh.rooms.keys().collect::<Vec<_>>(), "rooms of {}", self.user);
        }
    }
}

fn ids(events: &[Box<RawValue>]) -> Vec<Value> {
    events.iter().map(|event| parse(event)["event_id"].clone()).collect()
}

impl Picture {
    fn new(reader: &OwnedUserId) -> Self {
        let (rooms, counts, account_data) = Default::default();
        Self { reader: reader.clone(), rooms, counts, account_data }
    }

    fn sharing(&self) -> BTreeSet<String> {
        sharing(self.rooms.values().map(|room| &room.base), &self.reader)
    }

    fn apply(&mut self, answer: SlidingAnswer) {
        self.counts = answer.lists;
        for (room_id, answer) in answer.rooms {
            let is_left = matches!(answer.membership, Some(MembershipState::Leave | MembershipState::Ban));
            // That an invite is hidden is no event.
            let says_so = answer.withdrawn || self.is_left(&answer);
            assert_eq!(is_left, says_so, "{room_id}: two ways of saying the same");
            if is_left {
                self.rooms.remove(&room_id);
            } else {
                self.rooms.entry(room_id).or_default().apply(answer);
            }
        }
        let extensions = answer.extensions;
        add_account_data(&mut self.account_data, &extensions.account_data);
        for (room_id, events) in extensions.room_account_data {
            self.rooms.get_mut(&room_id).unwrap().base.add_account_data(&events);
        }
        for (room_id, event) in extensions.receipts.into_iter().chain(extensions.typing) {
            self.rooms.get_mut(&room_id).unwrap().base.add_ephemeral(&event);
        }
    }

    /// Whether the answer says that the reader is out: his own membership tells.
    fn is_left(&self, answer: &RoomAnswer) -> bool {
        answer.required_state.iter().map(|event| parse(event)).any(|event| {
            event["type"] == "m.room.member"
                && event["state_key"] == self.reader.as_str()
                && matches!(event["content"]["membership"].as_str(), Some("leave" | "ban"))
        })
    }
}

impl Room {
    fn apply(&mut self, answer: RoomAnswer) {
        if answer.initial {
            *self = Self::default();
        }
        self.invite_state = answer.invite_state.map(|state| serde_json::to_string(&state).unwrap());
        self.base.add_state(&answer.required_state);
        self.base.add_timeline(&answer.timeline, answer.limited, answer.expanded);
        self.base.unread = (answer.unread.notifications, answer.unread.highlights);
        self.base.joined = answer.joined.unwrap_or(self.base.joined);
        self.base.invited = answer.invited.unwrap_or(self.base.invited);
        self.name = answer.name.unwrap_or(std::mem::take(&mut self.name));
        self.heroes = answer.heroes.unwrap_or(std::mem::take(&mut self.heroes));
        if self.name.is_some() {
            // Nobody asks then, and nobody is told.
            self.heroes.clear();
        }
        self.is_dm = answer.is_dm.unwrap_or(self.is_dm);
        self.bump_stamp = answer.bump_stamp;
        if let Some(avatar) = answer.avatar {
            self.avatar = avatar.map(|avatar| avatar.to_string());
        }
    }
}
