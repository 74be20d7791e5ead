//! Start to first answer: of an empty server, and of one with everything the benches have left in it.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use super::{count, megabytes};
use crate::plan::Plan;
use crate::process::Kind;
use crate::report::{Better, Report, ms};
use crate::world::World;
use crate::{Failure, now};

/// What a server does after its start is not idleness yet.
const SETTLE: Duration = Duration::from_secs(5);

/// The first start made the data folder; the second is the one measured.
pub(crate) async fn empty(world: &mut World, report: &mut Report) -> Result<(), Failure> {
    let kind = world.server.kind;
    world.server.restart()?;
    report.figure(kind, "start to first answer, empty", "ms", Better::Less, "under 1,000", ms(world.server.start));
    sleep(SETTLE).await;
    report.figure(kind, "memory, idle", "MB", Better::Less, "150", megabytes(world.server.memory_bytes()));
    let before = world.server.cpu();
    sleep(SETTLE).await;
    let used = (world.server.cpu().saturating_sub(before)).as_secs_f64() / SETTLE.as_secs_f64();
    report.figure(kind, "CPU of the idle server", "% of a core", Better::Less, "", used * 100.0);
    Ok(())
}

/// Veche is filled up to the planned number of events first; filling Synapse to the same would take hours, so its figure
/// is that of what the other benches left.
pub(crate) async fn full(world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let kind = world.server.kind;
    if kind == Kind::Veche {
        let filled = fill(world, plan).await?;
        report.note(format!("restart: {filled} messages were written into Veche beside those of the other benches"));
    }
    report.figure(kind, "memory after all loads", "MB", Better::Less, "400", megabytes(world.server.memory_bytes()));
    world.server.restart()?;
    let name = format!("start to first answer with {} events (Synapse: with what the benches left)", plan.events);
    report.figure(kind, &name, "ms", Better::Less, "5,000 at 1 million", ms(world.server.start));
    sleep(SETTLE).await;
    report.figure(kind, "memory after that start", "MB", Better::Less, "", megabytes(world.server.memory_bytes()));
    Ok(())
}

/// Writes messages into many rooms at once until there are enough, or the time for it is over.
async fn fill(world: &mut World, plan: &Plan) -> Result<usize, Failure> {
    const LANES: usize = 64;
    let end = now() + plan.fill;
    let each = plan.events.div_ceil(LANES);
    let mut lanes = JoinSet::new();
    let people = world.people(plan.saturation_rooms).await?;
    for lane in 0..LANES {
        let mut person = people[lane % people.len()].again();
        lanes.spawn(async move {
            let room = person.create_room("private_chat").await?;
            let mut written = 0;
            while written < each && now() < end {
                person.say(&room, "a message of some length, as people write them to one another every day").await?;
                written += 1;
            }
            Ok::<_, Failure>(written)
        });
    }
    let mut written = 0;
    while let Some(lane) = lanes.join_next().await {
        written += lane??;
    }
    if written < plan.events {
        return Err(format!("only {} of the events were written in time", count(written)).into());
    }
    Ok(written)
}
