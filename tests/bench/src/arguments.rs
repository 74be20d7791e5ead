//! The command line.

use std::env;
use std::path::PathBuf;

use crate::Failure;
use crate::group::Group;
use crate::load::Bench;
use crate::plan::Plan;
use crate::process::Kind;

pub(crate) struct Arguments {
    servers: Vec<Kind>,
    only: Vec<String>,
    pub(crate) plan: Plan,
    pub(crate) out: Option<PathBuf>,
    pub(crate) keep: Option<PathBuf>,
    /// Says which Debian packages are missing, and measures nothing.
    pub(crate) missing: bool,
}

const HELP: &str =
    "veche-bench [--quick] [--only NAME,...] [--servers NAME,...] [--users N] [--events N] [--minutes N] \
                    [--out FILE.json] [--keep DIR]
  --quick     fewer users and shorter loads: to see that it works, not to quote
  --only      some of the loads, or all of a group (the long one only runs when it is named itself)
  --servers   which to measure (all): veche, synapse, coturn, nginx; VECHE_BIN names the veche binary
  --users     people of the company (200)
  --events    how many events the start-up of Veche is measured with (1,000,000)
  --minutes   how long the long load goes on (60)
  --out       writes the figures as JSON too
  --keep      data and logs stay in this folder
  --missing   prints the Debian packages that this would need and the machine lacks
loads:";

/// A number of the plan that was named.
type Change = Box<dyn FnOnce(&mut Plan)>;

impl Arguments {
    /// `None` if only help was asked for.
    pub(crate) fn parse() -> Result<Option<Self>, Failure> {
        let mut parsed = Self {
            servers: Kind::all().to_vec(),
            only: Vec::new(),
            plan: Plan::full(),
            out: None,
            keep: None,
            missing: false,
        };
        let mut changes: Vec<Change> = Vec::new();
        let mut args = env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--quick" => parsed.plan = Plan::quick(),
                "--servers" => parsed.servers = value()?.split(',').map(server).collect::<Result<_, _>>()?,
                "--only" => parsed.only = value()?.split(',').map(load).collect::<Result<_, _>>()?,
                "--users" => changes.push(number(&value()?, |plan, users| plan.users = users)?),
                "--events" => changes.push(number(&value()?, |plan, events| plan.events = events)?),
                "--minutes" => changes.push(number(&value()?, |plan, minutes| plan.hour = Plan::minutes(minutes))?),
                "--out" => parsed.out = Some(value()?.into()),
                "--keep" => parsed.keep = Some(value()?.into()),
                "--missing" => parsed.missing = true,
                "--help" => {
                    help();
                    return Ok(None);
                }
                _ => return Err(format!("{arg} is not known; see --help").into()),
            }
        }
        // Whichever order they came in, a number named wins over the plan's.
        changes.into_iter().for_each(|change| change(&mut parsed.plan));
        Ok(Some(parsed))
    }

    /// The loads of this group that are to be run.
    pub(crate) fn benches(&self, group: Group) -> Vec<Bench> {
        let named = |name: &str| self.only.iter().any(|only| only == name);
        let by_group = self.only.is_empty() || named(group.name());
        let wanted = |bench: &Bench| named(bench.name()) || (by_group && !bench.is_long());
        group.benches().into_iter().filter(wanted).collect()
    }

    /// The servers of this group that are to be measured.
    pub(crate) fn servers(&self, group: Group) -> Vec<Kind> {
        [Some(Kind::Veche), group.peer()].into_iter().flatten().filter(|kind| self.servers.contains(kind)).collect()
    }
}

#[expect(clippy::print_stdout, reason = "the help is what was asked for")]
fn help() {
    println!("{HELP}");
    for group in Group::all() {
        let names: Vec<_> = group.benches().iter().map(Bench::name).collect();
        let beside = group.peer().map_or_else(String::new, |peer| format!(" (beside {})", peer.name()));
        println!("  {:<10}  {}{beside}", group.name(), names.join(", "));
    }
}

fn server(name: &str) -> Result<Kind, Failure> {
    let found = Kind::all().into_iter().find(|kind| kind.name() == name);
    found.ok_or_else(|| format!("{name} is not a server that can be measured").into())
}

fn load(name: &str) -> Result<String, Failure> {
    let groups = Group::all();
    let known = groups.iter().any(|group| group.name() == name || group.benches().iter().any(|b| b.name() == name));
    if known { Ok(name.to_owned()) } else { Err(format!("{name} is not a load; see --help").into()) }
}

fn number(text: &str, set: fn(&mut Plan, usize)) -> Result<Change, Failure> {
    let number = text.replace(['_', ','], "").parse().map_err(|_| format!("{text} is not a number"))?;
    Ok(Box::new(move |plan| set(plan, number)))
}
