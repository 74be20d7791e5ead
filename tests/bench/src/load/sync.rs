//! The first sync of someone who is in many rooms, with the filter that Element sends.

use serde_json::json;

use super::count;
use crate::plan::Plan;
use crate::report::{Better, Report, ms, percentile};
use crate::world::World;
use crate::{Failure, now};

pub(crate) async fn run(world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let mut people = world.people(10.max(plan.saturation_rooms)).await?;
    for room in 0..plan.sync_rooms {
        let id = people[0].create_room("public_chat").await?;
        people[1].join(&id).await?;
        people[2 + room % 8].join(&id).await?;
        for n in 0..plan.sync_messages {
            people[n % 2].say(&id, &format!("number {n} in room {room}")).await?;
        }
    }
    // Someone who is in these rooms alone.
    let mut person = people.remove(1);
    let mut times = Vec::new();
    let mut bytes = 0;
    let cpu = world.server.cpu();
    for repeat in 0..plan.sync_repeats {
        // Synapse keeps answers of identical requests for minutes; a type that nobody uses makes them differ.
        let timeline =
            json!({ "limit": 20, "unread_thread_notifications": true, "not_types": [format!("none.{repeat}")] });
        let filter = json!({ "room": { "state": { "lazy_load_members": true }, "timeline": timeline } });
        let began = now();
        let (body, _) = person.sync(&filter.to_string(), None, 0).await?;
        times.push(now() - began);
        bytes = body.len();
    }
    let cpu = ms(world.server.cpu().saturating_sub(cpu)) / count(plan.sync_repeats);
    let kind = world.server.kind;
    report.figure(kind, &format!("first sync of {} rooms, CPU", plan.sync_rooms), "ms", Better::Less, "40", cpu);
    report.figure(kind, "first sync, p50", "ms", Better::Less, "", ms(percentile(&mut times, 50)));
    report.figure(kind, "first sync, size", "kB", Better::Less, "", count(bytes) / 1000.0);
    Ok(())
}
