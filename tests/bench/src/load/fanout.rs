//! Everybody waits in one room, and one person writes: what a message costs, and when it is there.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::count;
use super::waiters::{Waiters, marked};
use crate::plan::Plan;
use crate::report::{Better, Report, ms, percentile};
use crate::world::World;
use crate::{Failure, now};

/// When this long after sending somebody has nothing, the bench fails: messages were lost.
const ARRIVAL_LIMIT: Duration = Duration::from_secs(60);
/// Between two messages everybody is waiting again.
const PAUSE: Duration = Duration::from_millis(500);

pub(crate) async fn run(world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let room = world.room_of_all(plan.users).await?;
    let people = world.people(plan.users).await?;
    let mut writer = people[0].again();
    let mut waiters = Waiters::gather(people).await?;
    // Presence of those who have just come is not what is measured.
    sleep(Duration::from_secs(5)).await;

    let (mut all, mut last) = (Vec::new(), Vec::new());
    let cpu = world.server.cpu();
    for message in 0..plan.fanout_messages {
        let began = now();
        writer.say(&room, &marked(message)).await?;
        let mut slowest = Duration::ZERO;
        for arrived in 0..plan.users {
            let arrival = timeout(ARRIVAL_LIMIT, waiters.arrivals.recv()).await;
            let Ok(Some(arrival)) = arrival else {
                waiters.check()?;
                return Err(format!("message {message} reached only {arrived} of {} people", plan.users).into());
            };
            if arrival.message != message {
                return Err(format!("message {} came twice", arrival.message).into());
            }
            slowest = slowest.max(arrival.at - began);
            all.push(arrival.at - began);
        }
        last.push(slowest);
        sleep(PAUSE).await;
    }
    let cpu = ms(world.server.cpu().saturating_sub(cpu)) / count(plan.fanout_messages);
    let (kind, users) = (world.server.kind, plan.users);
    let name = |what: &str| format!("{users} waiting in one room, {what}");
    report.figure(kind, &name("CPU per message"), "ms", Better::Less, "60", cpu);
    report.figure(kind, &name("send to arrival, p50"), "ms", Better::Less, "", ms(percentile(&mut all, 50)));
    report.figure(kind, &name("send to arrival, p99"), "ms", Better::Less, "", ms(percentile(&mut all, 99)));
    report.figure(kind, &name("send to last arrival, p99"), "ms", Better::Less, "250", ms(percentile(&mut last, 99)));
    Ok(())
}
