//! `kill -9` under load, again and again: nothing that was acknowledged is lost, doubled or changed.
//!
//! The oracle is this process, which the kills do not touch. It writes down every 2xx before the next request, and
//! after each restart compares the server with its lists: messages in each member's sync and in `/messages`, keys,
//! files, messages between devices, receipts and account data, delayed events, rooms, memberships, sessions; it
//! repeats requests under their old transaction ids, and now and then it has `veche check` look at the killed server's
//! data. `VECHE_KILL_CYCLES` sets the number of kills (100 by default),
//! `VECHE_KILL_SEED` repeats a run.

mod delayed;
mod keys;
mod life;
mod markers;
mod messages;
mod sessions;
mod to_device;
mod uploads;

use std::process::Command;

use serde_json::json;
use veche_test_harness::{Client, Server, binary};

use delayed::Delayed;
use keys::Keys;
use life::{Dice, Life};
use markers::Markers;
use messages::{Member, Oracle};
use sessions::{Rooms, Sessions};
use to_device::ToDevice;
use uploads::Uploads;

/// Kills in an ordinary run.
const CYCLES: u64 = 100;
/// So many kills come before each look of `veche check` at what they left on disk.
const KILLS_PER_CHECK: u64 = 25;
/// Messages that the first writer gets acknowledged in one life, at most; the kill comes at a random one.
const LIFE_MESSAGES_MAX: u64 = 30;

fn from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Everything that is going on when the kill comes.
struct Load {
    alice: Member,
    bob: Member,
    carol: Member,
    oracle: Oracle,
    keys: Keys,
    uploads: Uploads,
    to_device: ToDevice,
    markers: Markers,
    delayed: Delayed,
    rooms: Rooms,
    sessions: Sessions,
}

impl Load {
    async fn new(server: &Server, dice: &mut Dice) -> Self {
        let mut people: Vec<Client> = Vec::new();
        for name in ["alice", "bob", "carol", "dave", "erin", "frank", "grace"] {
            people.push(server.user(name).await);
        }
        let [alice, bob, carol, dave, erin, frank, grace] = people.try_into().expect("seven people");
        let room = alice.room_with(&[&bob, &carol]).await;
        let (frank_room, erin_room) =
            (frank.create_room(&json!({})).await, erin.create_room(&json!({ "preset": "private_chat" })).await);
        Self {
            alice: Member::new(&alice, &room).await,
            bob: Member::new(&bob, &room).await,
            carol: Member::new(&carol, &room).await,
            oracle: Oracle::default(),
            keys: Keys::new(dave.clone(), [bob, carol.clone()]).await,
            uploads: Uploads::new(carol, Dice(dice.below(u64::MAX))),
            to_device: ToDevice::new(alice, dave),
            markers: Markers::new(frank.clone(), frank_room),
            delayed: Delayed::new(erin, erin_room, Dice(dice.below(u64::MAX))).await,
            rooms: Rooms::new(frank, grace.clone()),
            sessions: Sessions::new(grace),
        }
    }

    /// All of it at once, until Alice has said enough and the server is killed.
    async fn run(&mut self, server: &mut Server, number: u64, enough: u64) {
        let life = Life::default();
        let kill = async {
            self.alice.write(&life, number, enough).await;
            life.end();
            server.kill();
        };
        tokio::join!(
            kill,
            self.bob.write(&life, number, u64::MAX),
            self.carol.write(&life, number, u64::MAX),
            self.keys.run(&life),
            self.uploads.run(&life),
            self.to_device.run(&life),
            self.markers.run(&life),
            self.delayed.run(&life),
            self.rooms.run(&life),
            self.sessions.run(&life),
        );
    }

    /// What the restarted server says, against what was acknowledged.
    async fn check(&mut self, server: &Server, when: &str) {
        let base_url = &server.base_url();
        let Self { alice, bob, carol, oracle, .. } = self;
        for member in [&mut *alice, &mut *bob, &mut *carol] {
            member.repeat(base_url, oracle).await;
        }
        tokio::join!(alice.compare(when, oracle), bob.compare(when, oracle), carol.compare(when, oracle));
        let delayed = async {
            self.delayed.check(base_url).await;
        };
        tokio::join!(
            self.keys.check(base_url),
            self.uploads.check(base_url),
            self.to_device.check(base_url),
            self.markers.check(base_url),
            delayed,
            self.rooms.check(base_url),
            self.sessions.check(base_url),
        );
    }

    /// What all lives left, and the line that says so.
    async fn check_all(&mut self, server: &Server) -> String {
        for member in [&self.alice, &self.bob, &self.carol] {
            member.compare_history(&self.oracle).await;
        }
        let files = self.uploads.check_all().await;
        let delayed = self.delayed.check_all(&server.base_url()).await;
        format!(
            "{} messages, {} keys claimed, {files} files, {} messages to a device, {} read markers, {delayed} delayed \
             events, {} rooms, {} sessions",
            self.oracle.len(),
            self.keys.count_claimed(),
            self.to_device.count(),
            self.markers.count(),
            self.rooms.count(),
            self.sessions.count(),
        )
    }
}

/// Nothing is half-written: `veche check` finds what the killed server left whole.
fn find_whole(server: &Server, when: &str) {
    let checked = Command::new(binary()).args(["check", "--data"]).arg(server.dir()).output().expect("the binary runs");
    let words = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{when}: {words}{}", String::from_utf8_lossy(&checked.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_when_the_process_is_killed() {
    let cycles = from_env("VECHE_KILL_CYCLES", CYCLES);
    let seed = from_env("VECHE_KILL_SEED", u64::from(std::process::id()));
    println!("VECHE_KILL_SEED={seed} VECHE_KILL_CYCLES={cycles}");
    let mut dice = Dice(seed);
    let mut server = Server::start().await;
    let mut load = Load::new(&server, &mut dice).await;
    for number in 0..cycles {
        load.run(&mut server, number, 1 + dice.below(LIFE_MESSAGES_MAX)).await;
        let when = format!("after kill {number}");
        if number % KILLS_PER_CHECK == KILLS_PER_CHECK - 1 || number == cycles - 1 {
            find_whole(&server, &when);
        }
        server.restart().await;
        load.check(&server, &when).await;
    }
    let done = load.check_all(&server).await;
    println!("{cycles} kills: {done}; none lost, none doubled");
}
