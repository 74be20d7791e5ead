//! Rooms that were made, joined and left, and sessions that were opened and closed.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::{Client, PASSWORD, encode};

use crate::life::Life;

/// Rooms of one life.
const PER_LIFE_MAX: usize = 2;
/// Rooms that are looked at again after each kill; older ones are left by both.
const KEPT: usize = 20;

/// What is known of one person's membership in one room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    Yes,
    No,
    /// The kill came before the answer.
    Unknown,
}

/// A host who makes public rooms, and a guest who joins all of them and leaves every third.
pub(crate) struct Rooms {
    host: Client,
    guest: Client,
    count: usize,
    made: Vec<String>,
    guest_in: BTreeMap<String, Member>,
}

impl Rooms {
    pub(crate) fn new(host: Client, guest: Client) -> Self {
        Self { host, guest, count: 0, made: Vec::new(), guest_in: BTreeMap::new() }
    }

    /// Makes, joins and leaves until the kill.
    pub(crate) async fn run(&mut self, life: &Life) {
        for _ in 0..PER_LIFE_MAX {
            if life.ended() {
                return;
            }
            let make = self.host.request(Method::POST, "/_matrix/client/v3/createRoom");
            let make = make.json(&json!({ "preset": "public_chat" }));
            let Some(answer) = life.attempt(&self.host, make).await else { return };
            let room = answer.ok()["room_id"].as_str().expect("a room id").to_owned();
            self.made.push(room.clone());
            self.count += 1;
            let mut steps = vec![("join", Member::Yes)];
            if self.count.is_multiple_of(3) {
                steps.push(("leave", Member::No));
            }
            for (step, becomes) in steps {
                self.guest_in.insert(room.clone(), Member::Unknown);
                let path = format!("/_matrix/client/v3/rooms/{}/{step}", encode(&room));
                let request = self.guest.request(Method::POST, &path).json(&json!({}));
                let Some(answer) = life.attempt(&self.guest, request).await else { return };
                answer.ok();
                self.guest_in.insert(room.clone(), becomes);
            }
        }
    }

    /// After a restart: the rooms are there, with their members, in `joined_rooms` and in a fresh sync.
    pub(crate) async fn check(&mut self, base_url: &str) {
        self.host = self.host.moved_to(base_url);
        self.guest = self.guest.moved_to(base_url);
        let hosts = joined(&self.host).await;
        for room in &self.made {
            assert!(hosts.contains(room), "{room} was acknowledged and is not there");
        }
        let guests = joined(&self.guest).await;
        let filter = encode(r#"{"room":{"timeline":{"limit":1},"state":{"types":[]}},"presence":{"types":[]}}"#);
        let picture = self.guest.sync(None, 0, &format!("&filter={filter}")).await.ok();
        for (room, member) in &mut self.guest_in {
            let (found, told) = (guests.contains(room), picture["rooms"]["join"].get(room).is_some());
            assert_eq!(found, told, "sync and joined_rooms disagree about {room}");
            match member {
                Member::Yes => assert!(found, "the join of {room} was acknowledged and is lost"),
                Member::No => assert!(!found, "the leave of {room} was acknowledged and is lost"),
                Member::Unknown => *member = if found { Member::Yes } else { Member::No },
            }
        }
        self.leave_old().await;
    }

    async fn leave_old(&mut self) {
        let old = self.made.len().saturating_sub(KEPT);
        for room in self.made.drain(..old) {
            self.host.leave(&room).await.ok();
            if self.guest_in.remove(&room) == Some(Member::Yes) {
                self.guest.leave(&room).await.ok();
            }
        }
    }

    /// How many rooms were made.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }
}

async fn joined(client: &Client) -> BTreeSet<String> {
    let answer = client.get("/_matrix/client/v3/joined_rooms").await.ok();
    let rooms = answer["joined_rooms"].as_array().cloned().unwrap_or_default();
    rooms.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// One account whose sessions come and go.
pub(crate) struct Sessions {
    account: Client,
    count: usize,
    alive: Option<Client>,
    dead: Option<Client>,
    /// A logout that was never answered.
    unknown: Option<Client>,
}

impl Sessions {
    pub(crate) fn new(account: Client) -> Self {
        Self { account, count: 0, alive: None, dead: None, unknown: None }
    }

    /// Logs in and out until the kill.
    pub(crate) async fn run(&mut self, life: &Life) {
        while !life.ended() {
            let login = self.account.request(Method::POST, "/_matrix/client/v3/login").json(&json!({
                "type": "m.login.password",
                "identifier": { "type": "m.id.user", "user": self.account.user_id },
                "password": PASSWORD,
            }));
            let Some(answer) = life.attempt(&self.account, login).await else { return };
            let session = self.account.with_session(&answer.ok());
            self.count += 1;
            // The one before goes, so that an account never has more than a few.
            let Some(leaving) = self.alive.replace(session) else { continue };
            let logout = leaving.request(Method::POST, "/_matrix/client/v3/logout").json(&json!({}));
            if let Some(answer) = life.attempt(&leaving, logout).await {
                answer.ok();
                self.dead = Some(leaving);
            } else {
                self.unknown = Some(leaving);
                return;
            }
        }
    }

    /// After a restart: the token that was given is good, the one that was ended is not.
    pub(crate) async fn check(&mut self, base_url: &str) {
        self.account = self.account.moved_to(base_url);
        if let Some(alive) = &mut self.alive {
            *alive = alive.moved_to(base_url);
            alive.whoami().await.ok();
        }
        if let Some(dead) = self.dead.take() {
            dead.moved_to(base_url).whoami().await.refused(401, "M_UNKNOWN_TOKEN");
        }
        if let Some(unknown) = self.unknown.take() {
            let unknown = unknown.moved_to(base_url);
            if unknown.whoami().await.status == 200 {
                unknown.logout().await.ok();
            }
            unknown.whoami().await.refused(401, "M_UNKNOWN_TOKEN");
        }
    }

    /// How many sessions were opened.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }
}
