//! A working hour of an office, shortened: everybody's client is open, teams and pairs write, type and read; now and
//! then something goes to the whole company, and someone walks away from the desk.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until};

use super::waiters::{Waiters, marked};
use super::{count, megabytes};
use crate::matrix::Session;
use crate::plan::Plan;
use crate::report::{Better, Report, ms, percentile};
use crate::world::World;
use crate::{Failure, now};

const TEAM: usize = 10;
/// From the first key to the sent message, and from there to when the others have read it.
const TYPING: Duration = Duration::from_millis(400);
const READING: Duration = Duration::from_millis(700);
/// How many of a room read a message at once.
const READERS: usize = 3;
/// Every so many messages someone's presence changes.
const PRESENCE_EVERY: usize = 5;

/// A room with the numbers of its members.
struct Place {
    room: String,
    members: Vec<usize>,
}

/// The same office for both servers: a linear congruential generator, seeded once.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides
    }
}

/// What a stretch of work came to.
pub(crate) struct Work {
    pub(crate) messages: usize,
    pub(crate) took: Duration,
    pub(crate) cpu: Duration,
}

/// Everybody's client is open.
pub(crate) struct Office {
    people: Vec<Session>,
    company: Place,
    teams: Vec<Place>,
    pairs: Vec<Place>,
    waiters: Waiters,
    dice: Dice,
    /// Counted through all stretches of work.
    sent: usize,
}

pub(crate) async fn run(world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let mut office = Office::open(world, plan).await?;
    let work = office.work(world, plan.office, plan.office_messages_per_sec).await?;
    let (kind, users) = (world.server.kind, plan.users);
    let name = |what: &str| format!("office of {users}, {what}");
    report.figure(kind, &name("CPU per 1,000 messages"), "s", Better::Less, "15", work.cpu_per_thousand_secs());
    let busy = work.cpu.as_secs_f64() / work.took.as_secs_f64() * 100.0;
    report.figure(kind, &name("CPU"), "% of a core", Better::Less, "", busy);
    report.figure(kind, &name("memory"), "MB", Better::Less, "400", megabytes(world.server.memory_bytes()));
    let mut probe = office.close(world).await?;
    report.figure(kind, &name("send to arrival after it, p99"), "ms", Better::Less, "", ms(percentile(&mut probe, 99)));
    Ok(())
}

impl Work {
    pub(crate) fn cpu_per_thousand_secs(&self) -> f64 {
        self.cpu.as_secs_f64() * 1000.0 / count(self.messages)
    }
}

impl Office {
    /// Makes the rooms and opens a client for each person.
    pub(crate) async fn open(world: &mut World, plan: &Plan) -> Result<Self, Failure> {
        let company = world.room_of_all(plan.users).await?;
        let people = world.people(plan.users).await?;
        let (teams, pairs) = rooms(&people).await?;
        let company = Place { room: company, members: (0..plan.users).collect() };
        let waiters = Waiters::gather(people.iter().map(Session::again).collect()).await?;
        sleep(Duration::from_secs(5)).await;
        Ok(Self { people, company, teams, pairs, waiters, dice: Dice(42), sent: 0 })
    }

    /// Works for so long, at this rate.
    pub(crate) async fn work(
        &mut self,
        world: &World,
        length: Duration,
        messages_per_sec: f64,
    ) -> Result<Work, Failure> {
        let mut doings = JoinSet::new();
        let (began, cpu) = (now(), world.server.cpu());
        let every = Duration::from_secs_f64(1.0 / messages_per_sec);
        let mut messages = 0;
        while now() < began + length {
            self.one_message(&mut doings);
            messages += 1;
            sleep_until((began + every.mul_f64(count(messages))).into()).await;
            self.waiters.check()?;
            while let Some(done) = doings.try_join_next() {
                done??;
            }
        }
        while let Some(done) = doings.join_next().await {
            done??;
        }
        // What the last messages cause belongs to them.
        sleep(Duration::from_secs(2)).await;
        let cpu = world.server.cpu().saturating_sub(cpu);
        let mut arrivals = 0;
        while self.waiters.arrivals.try_recv().is_ok() {
            arrivals += 1;
        }
        if arrivals == 0 {
            return Err("nothing arrived in the office".into());
        }
        Ok(Work { messages, took: now() - began, cpu })
    }

    /// Somebody writes somewhere, and now and then somebody's presence changes.
    fn one_message(&mut self, doings: &mut JoinSet<Result<(), Failure>>) {
        let (people, dice) = (&self.people, &mut self.dice);
        let place = match dice.roll(100) {
            0..5 => &self.company,
            5..65 => &self.teams[dice.roll(self.teams.len())],
            _ => &self.pairs[dice.roll(self.pairs.len())],
        };
        let author = dice.roll(place.members.len());
        let readers = (1..place.members.len()).take(READERS).map(|n| place.members[(author + n) % place.members.len()]);
        let readers: Vec<Session> = readers.map(|n| people[n].again()).collect();
        doings.spawn(converse(people[place.members[author]].again(), place.room.clone(), self.sent, readers));
        if self.sent.is_multiple_of(PRESENCE_EVERY) {
            let (mut someone, away) = (people[dice.roll(people.len())].again(), dice.roll(2) == 0);
            doings.spawn(async move { someone.presence(if away { "unavailable" } else { "online" }).await });
        }
        self.sent += 1;
    }

    /// A last message to all, to see that nobody was lost: how long it took to each.
    pub(crate) async fn close(mut self, world: &mut World) -> Result<Vec<Duration>, Failure> {
        probe(world, &self.company.room, &mut self.waiters, self.people.len()).await
    }
}

/// One message typed, sent, and read by some.
async fn converse(mut author: Session, room: String, number: usize, readers: Vec<Session>) -> Result<(), Failure> {
    author.typing(&room, true).await?;
    sleep(TYPING).await;
    let event = author.say(&room, &marked(number)).await?;
    author.typing(&room, false).await?;
    sleep(READING).await;
    for mut reader in readers {
        reader.receipt(&room, &event).await?;
    }
    Ok(())
}

/// A last message to all, to see that nobody was lost.
async fn probe(world: &mut World, room: &str, waiters: &mut Waiters, users: usize) -> Result<Vec<Duration>, Failure> {
    const NUMBER: usize = 999_999;
    let mut author = world.people(1).await?.remove(0);
    let began = now();
    author.say(room, &marked(NUMBER)).await?;
    let mut times = Vec::new();
    while times.len() < users {
        let arrival = tokio::time::timeout(Duration::from_secs(60), waiters.arrivals.recv()).await;
        let Ok(Some(arrival)) = arrival else {
            return Err(format!("the last message reached only {} of {users} people", times.len()).into());
        };
        if arrival.message == NUMBER {
            times.push(arrival.at - began);
        }
    }
    Ok(times)
}

/// Teams of ten, and everyone's neighbor at the next desk.
async fn rooms(people: &[Session]) -> Result<(Vec<Place>, Vec<Place>), Failure> {
    let mut teams = Vec::new();
    let mut pairs = Vec::new();
    for first in (0..people.len()).step_by(TEAM) {
        teams.push(place(people, (first..(first + TEAM).min(people.len())).collect()).await?);
    }
    for first in (0..people.len() - 1).step_by(2) {
        pairs.push(place(people, vec![first, first + 1]).await?);
    }
    Ok((teams, pairs))
}

async fn place(people: &[Session], members: Vec<usize>) -> Result<Place, Failure> {
    let room = people[members[0]].again().create_room("public_chat").await?;
    for member in &members[1..] {
        people[*member].again().join(&room).await?;
    }
    Ok(Place { room, members })
}
