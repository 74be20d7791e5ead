//! Calls: participants with real peer connections over loopback, each with a socket of its own, signed in and let in as clients
//! are. The delay is from the moment at which one writes a packet to the moment at which another has it in the clear, so
//! what both ends compute is in it.

mod caller;
mod offer;
mod sender;
mod stage;
mod tally;

use std::time::Duration;

use super::{count, megabytes};
use crate::Failure;
use crate::http::Connection;
use crate::plan::Plan;
use crate::report::{Better, Report, ms, percentile};
use crate::world::World;
use stage::{Entry, Stage};
use tally::Tally;

/// After everybody is there, so that estimates of bandwidth have grown.
const WARM_UP: Duration = Duration::from_secs(8);
/// What `DESIGN.md` §4 asks for.
const PACKETS_AIM: &str = ">= 100000";
const JOIN_AIM: &str = "<= 500";

/// What somebody does in a call.
#[derive(Clone, Copy, Default)]
struct Part {
    speaks: bool,
    shows: bool,
    /// On how many lines he gets voices, and pictures.
    hears: usize,
    sees: usize,
}

/// A load: so many rooms alike, each with those who send first.
struct Scene {
    name: &'static str,
    rooms: usize,
    senders: usize,
    sender: Part,
    listeners: usize,
    listener: Part,
}

/// One room of 50, of whom three speak.
pub(crate) async fn voices(world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let scene = Scene {
        name: "room of 50, 3 speak",
        rooms: 1,
        senders: 3,
        sender: Part { speaks: true, hears: 2, ..Part::default() },
        listeners: 47,
        listener: Part { hears: 3, ..Part::default() },
    };
    perform(&scene, world, plan, report).await
}

/// Five rooms of eight, each with a voice and a picture in three layers.
pub(crate) async fn meetings(world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let scene = Scene {
        name: "5 rooms of 8, 720p in 3 layers",
        rooms: 5,
        senders: 8,
        sender: Part { speaks: true, shows: true, hears: 7, sees: 7 },
        listeners: 0,
        listener: Part::default(),
    };
    perform(&scene, world, plan, report).await
}

/// One who speaks and shows a picture to 200.
pub(crate) async fn presenter(world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let scene = Scene {
        name: "1 presenter, 200 viewers",
        rooms: 1,
        senders: 1,
        sender: Part { speaks: true, shows: true, ..Part::default() },
        listeners: 200,
        listener: Part { hears: 1, sees: 1, ..Part::default() },
    };
    perform(&scene, world, plan, report).await
}

async fn perform(scene: &Scene, world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let people = scene.rooms * (scene.senders + scene.listeners);
    let tickets = tickets(scene, world).await?;
    let kind = world.server.kind;
    let to = world.server.http()?;
    let empty = world.server.memory_bytes();
    let mut stage = Stage::new()?;
    let mut entries = Vec::new();
    for (number, ticket) in tickets.iter().enumerate() {
        let is_sender = number % (scene.senders + scene.listeners) < scene.senders;
        let part = if is_sender { &scene.sender } else { &scene.listener };
        entries.push(stage.join(to, ticket, part).await?);
    }
    stage.run(WARM_UP)?;
    stage.callers.iter_mut().for_each(|caller| caller.tally = Tally::default());
    let (before, began) = (world.server.cpu(), crate::now());
    stage.run(plan.call)?;
    let (took, cpu) = (began.elapsed(), world.server.cpu().saturating_sub(before));
    let memory = megabytes(world.server.memory_bytes().saturating_sub(empty));

    check(scene, &stage)?;
    let (arrived, sent) = stage
        .callers
        .iter()
        .map(|caller| caller.tally.arrived())
        .fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
    let (arrived, sent) = (usize::try_from(arrived)?, usize::try_from(sent)?);
    let mut delays: Vec<Duration> =
        stage.callers.iter_mut().flat_map(|it| std::mem::take(&mut it.tally.delays)).collect();
    let mut figure = |name: &str, unit, better, aim, value| {
        report.figure(kind, &format!("{}: {name}", scene.name), unit, better, aim, value);
    };
    figure("forwarded", "packets/s", Better::More, "", count(arrived) / took.as_secs_f64());
    figure("forwarded per core", "packets/s", Better::More, PACKETS_AIM, count(arrived) / cpu.as_secs_f64().max(0.01));
    for p in [50, 95, 99] {
        figure(&format!("delay, p{p}"), "ms", Better::Less, "", ms(percentile(&mut delays, p)));
    }
    figure("lost", "%", Better::Less, "", count(sent.saturating_sub(arrived)) / count(sent.max(1)) * 100.0);
    figure(
        "CPU of one participant",
        "% of a core",
        Better::Less,
        "",
        cpu.as_secs_f64() / took.as_secs_f64() * 100.0 / count(people),
    );
    figure("memory of one participant", "kB", Better::Less, "", memory * 1_024.0 / count(people));
    joins(&mut figure, &entries);
    Ok(())
}

/// How long it took to come in, step by step.
fn joins(figure: &mut impl FnMut(&str, &'static str, Better, &'static str, f64), entries: &[Entry]) {
    type Step = (&'static str, &'static str, fn(&Entry) -> Duration);
    let steps: [Step; 4] = [
        ("join: WebSocket", "", |entry| entry.accepted),
        ("join: answer", "", |entry| entry.answered),
        ("join: ICE and DTLS", "", |entry| entry.connected),
        ("join", JOIN_AIM, |entry| entry.whole),
    ];
    for (name, aim, step) in steps {
        let mut times: Vec<Duration> = entries.iter().map(step).collect();
        for p in [50, 95] {
            figure(&format!("{name}, p{p}"), "ms", Better::Less, aim, ms(percentile(&mut times, p)));
        }
    }
}

/// Everybody gets everything that he should, or the figures mean nothing.
fn check(scene: &Scene, stage: &Stage) -> Result<(), Failure> {
    for (number, caller) in stage.callers.iter().enumerate() {
        let is_sender = number % (scene.senders + scene.listeners) < scene.senders;
        let part = if is_sender { &scene.sender } else { &scene.listener };
        let (got, wanted) = (caller.tally.lines(), part.hears + part.sees);
        if got != wanted {
            return Err(format!("participant {number} got {got} of {wanted} voices and pictures").into());
        }
    }
    Ok(())
}

/// Rooms with these people in them, and a token for each, room by room.
async fn tickets(scene: &Scene, world: &mut World) -> Result<Vec<String>, Failure> {
    let size = scene.senders + scene.listeners;
    let mut people = world.people(scene.rooms * size).await?;
    let mut connection = Connection::to(world.server.http()?);
    let mut tickets = Vec::new();
    for room in people.chunks_mut(size) {
        let id = room[0].create_room("public_chat").await?;
        for person in &mut room[1..] {
            person.join(&id).await?;
        }
        for person in room {
            tickets.push(caller::ticket(person, &mut connection, &id).await?);
        }
    }
    Ok(tickets)
}
