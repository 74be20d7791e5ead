//! Logins by password: mostly the price of the password hash, which is meant to be high.

use tokio::task::JoinSet;

use super::count;
use crate::plan::Plan;
use crate::report::{Better, Report};
use crate::world::World;
use crate::{Failure, now};

pub(crate) async fn run(world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let people = world.people(plan.login_lanes).await?;
    let (began, cpu) = (now(), world.server.cpu());
    let end = began + plan.login;
    let mut lanes = JoinSet::new();
    for mut person in people {
        lanes.spawn(async move {
            let mut logins = 0;
            while now() < end {
                person.login().await?;
                logins += 1;
            }
            Ok::<usize, Failure>(logins)
        });
    }
    let mut logins = 0;
    while let Some(lane) = lanes.join_next().await {
        logins += lane??;
    }
    let (took, cpu) = (now() - began, world.server.cpu().saturating_sub(cpu));
    let kind = world.server.kind;
    report.figure(kind, "logins", "per second", Better::More, "", count(logins) / took.as_secs_f64());
    report.figure(kind, "CPU per login", "ms", Better::Less, "", cpu.as_secs_f64() * 1000.0 / count(logins));
    Ok(())
}
