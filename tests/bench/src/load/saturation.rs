//! Sending: one message after the other, and as many as the server takes. Nobody listens in these rooms.

use tokio::task::JoinSet;

use super::count;
use crate::plan::Plan;
use crate::report::{Better, Report, ms, percentile};
use crate::world::World;
use crate::{Failure, now};

const WORDS: &str = "a message of some length, as people write them to one another every day";

/// One person writes, waits for the answer, writes again.
pub(crate) async fn latency(world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let room = world.room_of(10).await?;
    let mut person = world.people(1).await?.remove(0);
    let mut times = Vec::with_capacity(plan.latency_messages);
    for _ in 0..plan.latency_messages {
        let began = now();
        person.say(&room, WORDS).await?;
        times.push(now() - began);
    }
    let kind = world.server.kind;
    report.figure(kind, "send, one after the other, p50", "ms", Better::Less, "", ms(percentile(&mut times, 50)));
    report.figure(kind, "send, one after the other, p99", "ms", Better::Less, "", ms(percentile(&mut times, 99)));
    Ok(())
}

/// Every lane sends as fast as it is answered, several lanes to a room.
pub(crate) async fn run(world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let mut people = world.people(plan.saturation_rooms).await?;
    let mut rooms = Vec::new();
    for person in &mut people {
        rooms.push(person.create_room("private_chat").await?);
    }
    let (began, cpu) = (now(), world.server.cpu());
    let end = began + plan.saturation;
    let mut lanes = JoinSet::new();
    for lane in 0..plan.saturation_lanes {
        let (mut person, room) = (people[lane % people.len()].again(), rooms[lane % rooms.len()].clone());
        lanes.spawn(async move {
            let mut times = Vec::new();
            while now() < end {
                let began = now();
                person.say(&room, WORDS).await?;
                times.push(now() - began);
            }
            Ok::<_, Failure>(times)
        });
    }
    let mut times = Vec::new();
    while let Some(lane) = lanes.join_next().await {
        times.extend(lane??);
    }
    let (took, cpu) = (now() - began, world.server.cpu().saturating_sub(cpu));
    let (kind, sent) = (world.server.kind, count(times.len()));
    report.figure(
        kind,
        "messages at saturation, on disk",
        "per second",
        Better::More,
        "30x",
        sent / took.as_secs_f64(),
    );
    report.figure(
        kind,
        "CPU per message at saturation",
        "ms",
        Better::Less,
        "under 1",
        cpu.as_secs_f64() * 1000.0 / sent,
    );
    report.figure(kind, "send at saturation, p50", "ms", Better::Less, "", ms(percentile(&mut times, 50)));
    report.figure(kind, "send at saturation, p99", "ms", Better::Less, "", ms(percentile(&mut times, 99)));
    Ok(())
}
