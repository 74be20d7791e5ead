//! Loads that share their servers: Veche, and the one peer that does the same work, if there is one.

use std::path::Path;
use std::time::Duration;

use crate::arguments::Arguments;
use crate::load::Bench;
use crate::process::{Kind, Running};
use crate::report::Report;
use crate::world::World;
use crate::{Failure, machine, now, packages};

/// Figures of a machine that did so much else are marked.
const OTHERS_PERCENT_MAX: f64 = 5.0;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Group {
    Chat,
    Turn,
    Https,
    Calls,
}

impl Group {
    pub(crate) fn all() -> [Self; 4] {
        [Self::Chat, Self::Turn, Self::Https, Self::Calls]
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Turn => "turn",
            Self::Https => "https",
            Self::Calls => "calls",
        }
    }

    /// Of calls there is none that installs without the network of its makers.
    pub(crate) fn peer(self) -> Option<Kind> {
        match self {
            Self::Chat => Some(Kind::Synapse),
            Self::Turn => Some(Kind::Coturn),
            Self::Https => Some(Kind::Nginx),
            Self::Calls => None,
        }
    }

    /// In the order in which they run.
    pub(crate) fn benches(self) -> Vec<Bench> {
        use Bench::{
            Connections, Fanout, Handshakes, History, Hour, Latency, Login, Meetings, Office, Presenter, Relay,
            RelayTls, Requests, Restart, Saturation, Start, Sync, Voices,
        };
        match self {
            // The start of an empty server first, that of a full one last.
            Self::Chat => vec![Start, Login, Latency, Saturation, History, Sync, Fanout, Office, Hour, Restart],
            Self::Turn => vec![Relay, RelayTls],
            Self::Https => vec![Requests, Handshakes, Connections],
            Self::Calls => vec![Voices, Meetings, Presenter],
        }
    }

    /// The Debian packages that it would need and the machine lacks.
    pub(crate) fn missing_packages(self, arguments: &Arguments) -> Vec<&'static str> {
        let benches = arguments.benches(self);
        if benches.is_empty() {
            return Vec::new();
        }
        let servers = arguments.servers(self).into_iter().flat_map(packages::of_server);
        servers.chain(benches.into_iter().flat_map(packages::of_load)).collect()
    }

    /// Starts its servers side by side and puts one at a time under each load. Returns how many loads failed.
    pub(crate) async fn run(self, arguments: &Arguments, dir: &Path, report: &mut Report) -> Result<usize, Failure> {
        let benches = arguments.benches(self);
        if benches.is_empty() {
            return Ok(0);
        }
        report.beside(self.peer());
        let mut worlds = self.start(arguments, dir)?;
        let mut failures = 0;
        for (turn, bench) in benches.iter().enumerate() {
            // By turns, so that neither always has the warmer machine.
            if turn % 2 == 1 {
                worlds.reverse();
            }
            for number in 0..worlds.len() {
                failures += usize::from(!one(*bench, &mut worlds, number, arguments, report).await);
            }
        }
        Ok(failures)
    }

    #[expect(clippy::print_stderr, reason = "whoever waits wants to know for what")]
    fn start(self, arguments: &Arguments, dir: &Path) -> Result<Vec<World>, Failure> {
        let dir = dir.join(self.name());
        let mut worlds = Vec::new();
        let mut beside = None;
        for kind in arguments.servers(self) {
            eprintln!("starting {} in {}", kind.name(), dir.display());
            let running = Running::start(kind, &dir.join(kind.name()), beside)?;
            if kind == Kind::Veche {
                beside = Some(running.http()?);
            }
            worlds.push(World::new(running));
        }
        Ok(worlds)
    }
}

/// One load on one server. Says whether it was carried through.
#[expect(clippy::print_stderr, reason = "whoever waits wants to know for what")]
async fn one(bench: Bench, worlds: &mut [World], number: usize, arguments: &Arguments, report: &mut Report) -> bool {
    let kind = worlds[number].server.kind;
    eprintln!("{} on {}", bench.name(), kind.name());
    let all = |worlds: &[World]| -> Duration { worlds.iter().map(|world| world.server.cpu()).sum() };
    let (began, own) = (now(), machine::own_cpu());
    let (busy, ours) = (machine::busy(), machine::own_cpu_with_tools() + all(worlds));
    let outcome = bench.run(&mut worlds[number], &arguments.plan, report).await;
    let (took, own) = (now() - began, machine::own_cpu().saturating_sub(own));
    let busy = machine::busy().saturating_sub(busy);
    let ours = (machine::own_cpu_with_tools() + all(worlds)).saturating_sub(ours);
    let cores = u32::try_from(machine::cores()).unwrap_or(1);
    let others = busy.saturating_sub(ours).as_secs_f64() / (took * cores).as_secs_f64() * 100.0;
    eprintln!(
        "  took {:.1} s, of which the load generator computed {:.1} s; others had {others:.0} % of the machine",
        took.as_secs_f64(),
        own.as_secs_f64()
    );
    // A server that was started again has taken its count with it, so such a load is not judged.
    if others > OTHERS_PERCENT_MAX && !bench.restarts() {
        let (bench, name) = (bench.name(), kind.name());
        report.note(format!("{bench} on {name}: other programs had {others:.0} % of the machine meanwhile"));
    }
    if let Err(failure) = &outcome {
        eprintln!("  FAILED: {failure}");
        report.note(format!("{} failed on {}: {failure}", bench.name(), kind.name()));
    }
    outcome.is_ok()
}
