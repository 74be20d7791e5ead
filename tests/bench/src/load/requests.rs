//! Small requests over HTTPS on connections that stay open, as fast as they are answered; wrk is the load.

use std::process::Command;
use std::time::Duration;

use super::count;
use crate::plan::Plan;
use crate::report::{Better, Report};
use crate::world::World;
use crate::{Failure, tool};

/// What both servers answer with the same bytes: see `peer/nginx.py`.
pub(crate) const PATH: &str = "/_matrix/client/versions";

/// For wrk to begin and to end.
const WRK_LIMIT: Duration = Duration::from_secs(30);

pub(crate) fn run(world: &World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let mut wrk = Command::new("wrk");
    // By name: the name goes into the handshake, and no certificate is for an address alone.
    let url = format!("https://localhost:{}{PATH}", world.server.https()?.port());
    let (connections, seconds) = (plan.request_connections.to_string(), plan.requests.as_secs().to_string());
    wrk.args(["--latency", "-t", "1", "-c", &connections, "-d", &seconds, &url]);
    let dir = world.server.dir().to_owned();
    let cpu = world.server.cpu();
    let words = tool::run_all(vec![wrk], &dir, plan.requests + WRK_LIMIT)?.concat();
    let cpu = world.server.cpu().saturating_sub(cpu);

    if let Some(complaint) = words.lines().find(|l| l.contains("Non-2xx") || l.contains("Socket errors")) {
        return Err(format!("wrk says: {}", complaint.trim()).into());
    }
    let requests: usize = before(&words, " requests in ").and_then(|n| n.parse().ok()).ok_or("wrk counted nothing")?;
    let rate: f64 = after(&words, "Requests/sec:").and_then(|n| n.parse().ok()).ok_or("wrk told no rate")?;
    let slowest = after(&words, "99%").and_then(milliseconds).ok_or("wrk told no latency")?;
    let (kind, name) = (world.server.kind, format!("HTTPS, {connections} connections"));
    report.figure(kind, &format!("{name}: requests"), "per second", Better::More, "", rate);
    let per_thousand = cpu.as_secs_f64() * 1000.0 / count(requests);
    report.figure(kind, "CPU per 1,000 requests over HTTPS", "s", Better::Less, "", per_thousand);
    report.figure(kind, &format!("{name}: request, p99"), "ms", Better::Less, "", slowest);
    Ok(())
}

/// The word before these on their line.
fn before<'a>(words: &'a str, mark: &str) -> Option<&'a str> {
    let line = words.lines().find(|line| line.contains(mark))?;
    line.split(mark).next()?.split_whitespace().last()
}

/// The word after these on their line.
fn after<'a>(words: &'a str, mark: &str) -> Option<&'a str> {
    let line = words.lines().find(|line| line.contains(mark))?;
    line.split(mark).nth(1)?.split_whitespace().next()
}

/// wrk writes the unit that fits: `850.00us`, `3.14ms`, `1.02s`.
fn milliseconds(text: &str) -> Option<f64> {
    let (number, times) = [("us", 0.001), ("ms", 1.0), ("s", 1000.0)]
        .iter()
        .find_map(|(unit, times)| text.strip_suffix(unit).map(|number| (number, times)))?;
    number.parse::<f64>().ok().map(|number| number * times)
}
