//! Reading a room's history back through `/messages`, a hundred events a page.

use tokio::task::JoinSet;

use super::count;
use crate::matrix::{encode, find_field};
use crate::plan::Plan;
use crate::report::{Better, Report};
use crate::world::World;
use crate::{Failure, now};

/// How many write the history: a busy room, and done sooner.
const WRITERS: usize = 8;

pub(crate) async fn run(world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let room = world.room_of(WRITERS).await?;
    let mut writers = JoinSet::new();
    for mut person in world.people(WRITERS).await? {
        let (room, each) = (room.clone(), plan.history_events / WRITERS);
        writers.spawn(async move {
            for n in 0..each {
                person.say(&room, &format!("number {n} of a long conversation about this and that")).await?;
            }
            Ok::<_, Failure>(())
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer??;
    }

    let mut reader = world.people(1).await?.remove(0);
    let (began, cpu) = (now(), world.server.cpu());
    let mut events = 0;
    while now() < began + plan.history {
        let mut from = String::new();
        loop {
            let path = format!("/_matrix/client/v3/rooms/{}/messages?dir=b&limit=100{from}", encode(&room));
            let page = reader.get_raw(&path).await?;
            // Each event of a page has one of these, and no message text of ours has.
            events += page.windows(11).filter(|w| w == b"\"event_id\":").count();
            match find_field(&page, "end") {
                Some(end) if now() < began + plan.history => from = format!("&from={}", encode(end)),
                _ => break,
            }
        }
    }
    let (took, cpu) = (now() - began, world.server.cpu().saturating_sub(cpu));
    let kind = world.server.kind;
    report.figure(
        kind,
        "history read back",
        "events per second",
        Better::More,
        "40,000",
        count(events) / took.as_secs_f64(),
    );
    report.figure(
        kind,
        "CPU per 1,000 events of history",
        "ms",
        Better::Less,
        "",
        cpu.as_secs_f64() * 1e6 / count(events),
    );
    Ok(())
}
