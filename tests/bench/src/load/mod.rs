//! The loads. Each sets up what it needs outside of what it measures, and ends by itself.

mod fanout;
mod history;
mod login;
mod office;
mod saturation;
mod start;
mod sync;
mod waiters;

use crate::Failure;
use crate::plan::Plan;
use crate::report::Report;
use crate::world::World;

/// In the order in which they run: the start of an empty server first, that of a full one last.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bench {
    Start,
    Login,
    Latency,
    Saturation,
    History,
    Sync,
    Fanout,
    Office,
    Restart,
}

pub(crate) fn all() -> Vec<Bench> {
    use Bench::{Fanout, History, Latency, Login, Office, Restart, Saturation, Start, Sync};
    vec![Start, Login, Latency, Saturation, History, Sync, Fanout, Office, Restart]
}

impl Bench {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Login => "login",
            Self::Latency => "latency",
            Self::Saturation => "saturation",
            Self::History => "history",
            Self::Sync => "sync",
            Self::Fanout => "fanout",
            Self::Office => "office",
            Self::Restart => "restart",
        }
    }

    pub(crate) async fn run(self, world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
        match self {
            Self::Start => start::empty(world, report).await,
            Self::Login => login::run(world, plan, report).await,
            Self::Latency => saturation::latency(world, plan, report).await,
            Self::Saturation => saturation::run(world, plan, report).await,
            Self::History => history::run(world, plan, report).await,
            Self::Sync => sync::run(world, plan, report).await,
            Self::Fanout => fanout::run(world, plan, report).await,
            Self::Office => office::run(world, plan, report).await,
            Self::Restart => start::full(world, plan, report).await,
        }
    }
}

const MB: f64 = 1024.0 * 1024.0;

#[expect(clippy::cast_precision_loss, reason = "counts and sizes of a bench are far below 2^52")]
pub(crate) fn count(n: usize) -> f64 {
    n as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts and sizes of a bench are far below 2^52")]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / MB
}
