//! The office for an hour: does memory stay where it was?

use std::time::Duration;

use super::megabytes;
use super::office::Office;
use crate::Failure;
use crate::plan::Plan;
use crate::report::{Better, Report, ms, percentile};
use crate::world::World;

/// Memory is read after each of these parts of the time.
const PARTS: u32 = 6;

pub(crate) async fn run(world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let mut office = Office::open(world, plan).await?;
    let (kind, users, part) = (world.server.kind, plan.users, plan.hour / PARTS);
    for number in 1..=PARTS {
        let work = office.work(world, part, plan.office_messages_per_sec).await?;
        let so_long = words(part * number);
        let name = |what: &str| format!("office of {users} for {so_long}, {what}");
        report.figure(kind, &name("memory"), "MB", Better::Less, "400", megabytes(world.server.memory_bytes()));
        if number == PARTS {
            let per_thousand = work.cpu_per_thousand_secs();
            report.figure(
                kind,
                &name("CPU per 1,000 messages of its last part"),
                "s",
                Better::Less,
                "15",
                per_thousand,
            );
        }
    }
    let mut probe = office.close(world).await?;
    let name = format!("office of {users}, send to arrival after the hour, p99");
    report.figure(kind, &name, "ms", Better::Less, "", ms(percentile(&mut probe, 99)));
    Ok(())
}

fn words(length: Duration) -> String {
    match length.as_secs() {
        seconds if seconds.is_multiple_of(60) => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}
