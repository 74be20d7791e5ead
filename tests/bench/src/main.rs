//! Figures of Veche beside those of its peer (Synapse on PostgreSQL), measured on this machine in one run.
//!
//! Both servers run side by side; one at a time is under load, by turns. Every load is bounded in count and in time.
//! How to run it and how to read it: `README.md` beside this crate.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command whose product is its figures")]

mod http;
mod load;
mod matrix;
mod plan;
mod process;
mod report;
mod world;

use std::path::PathBuf;
use std::time::Instant;
use std::{env, fs};

use crate::load::{Bench, all};
use crate::plan::Plan;
use crate::process::{Kind, Running};
use crate::report::Report;
use crate::world::World;

/// What went wrong, in words: a bench that fails stops and says so.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

#[expect(clippy::disallowed_methods, reason = "a bench measures the real clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

struct Arguments {
    servers: Vec<Kind>,
    only: Vec<String>,
    plan: Plan,
    out: Option<PathBuf>,
    keep: Option<PathBuf>,
}

const HELP: &str =
    "veche-bench [--quick] [--servers veche,synapse] [--only NAME,...] [--users N] [--events N] [--out FILE.json] [--keep DIR]
  --quick     fewer users and shorter loads: to see that it works, not to quote
  --servers   which to measure (both); VECHE_BIN names the veche binary
  --only      some of: ";

fn arguments() -> Result<Option<Arguments>, Failure> {
    let mut parsed = Arguments {
        servers: vec![Kind::Veche, Kind::Synapse],
        only: Vec::new(),
        plan: Plan::full(),
        out: None,
        keep: None,
    };
    let (mut events, mut users) = (None, None);
    let mut args = env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--quick" => parsed.plan = Plan::quick(),
            "--servers" => parsed.servers = value()?.split(',').map(server).collect::<Result<_, _>>()?,
            "--only" => parsed.only = value()?.split(',').map(str::to_owned).collect(),
            "--events" => events = Some(value()?.replace('_', "").parse()?),
            "--out" => parsed.out = Some(value()?.into()),
            "--users" => users = Some(value()?.parse()?),
            "--keep" => parsed.keep = Some(value()?.into()),
            _ => {
                let names: Vec<_> = all().iter().map(Bench::name).collect();
                println!(
                    "{HELP}{}\n  --users     people of the company (200)\n  --events    how many events the start-up is measured with",
                    names.join(", ")
                );
                return if arg == "--help" { Ok(None) } else { Err(format!("{arg} is not known").into()) };
            }
        }
    }
    if let Some(events) = events {
        parsed.plan.events = events;
    }
    if let Some(users) = users {
        parsed.plan.users = users;
    }
    Ok(Some(parsed))
}

fn server(name: &str) -> Result<Kind, Failure> {
    match name {
        "veche" => Ok(Kind::Veche),
        "synapse" => Ok(Kind::Synapse),
        other => Err(format!("{other} is not a server that can be measured").into()),
    }
}

/// One thread for the load: the other core belongs to the server.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let Some(arguments) = arguments()? else { return Ok(()) };
    let temporary = tempfile::Builder::new().prefix("bench-of-veche-").tempdir()?;
    let dir = arguments.keep.clone().unwrap_or_else(|| temporary.path().to_owned());
    let mut report = Report::default();
    let mut failures = 0;
    let mut worlds = Vec::new();
    for kind in &arguments.servers {
        eprintln!("starting {kind:?} in {}", dir.display());
        let running = Running::start(*kind, &dir.join(format!("{kind:?}").to_lowercase()))?;
        worlds.push(World::new(running));
    }
    let benches =
        all().into_iter().filter(|b| arguments.only.is_empty() || arguments.only.iter().any(|o| o == b.name()));
    for (turn, bench) in benches.enumerate() {
        // By turns, so that neither always has the warmer machine.
        if turn % 2 == 1 {
            worlds.reverse();
        }
        for world in &mut worlds {
            eprintln!("{} on {:?}", bench.name(), world.server.kind);
            let (began, own) = (now(), process::own_cpu());
            if let Err(failure) = bench.run(world, &arguments.plan, &mut report).await {
                eprintln!("  FAILED: {failure}");
                report.note(format!("{} failed on {:?}: {failure}", bench.name(), world.server.kind));
                failures += 1;
            }
            let (took, own) = (now() - began, process::own_cpu().saturating_sub(own));
            eprintln!(
                "  took {:.1} s, of which the load generator computed {:.1} s",
                took.as_secs_f64(),
                own.as_secs_f64()
            );
        }
    }
    drop(worlds);
    println!("\n{}", report.table());
    if let Some(path) = arguments.out {
        fs::write(path, format!("{:#}\n", report.json()))?;
    }
    if failures > 0 { Err(format!("{failures} loads failed").into()) } else { Ok(()) }
}
