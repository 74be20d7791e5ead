//! The loads. Each sets up what it needs outside of what it measures, and ends by itself.

mod calls;
mod connections;
mod fanout;
mod handshakes;
mod history;
mod hour;
mod login;
mod office;
mod relay;
mod requests;
mod saturation;
mod start;
mod sync;
mod waiters;

use crate::Failure;
use crate::plan::Plan;
use crate::report::Report;
use crate::world::World;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bench {
    Start,
    Login,
    Latency,
    Saturation,
    History,
    Sync,
    Fanout,
    Office,
    Hour,
    Restart,
    Relay,
    RelayTls,
    Requests,
    Handshakes,
    Connections,
    Voices,
    Meetings,
    Presenter,
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
            Self::Hour => "hour",
            Self::Restart => "restart",
            Self::Relay => "relay",
            Self::RelayTls => "relay-tls",
            Self::Requests => "requests",
            Self::Handshakes => "handshakes",
            Self::Connections => "connections",
            Self::Voices => "voices",
            Self::Meetings => "meetings",
            Self::Presenter => "presenter",
        }
    }

    /// Whether it takes so long that it only runs when it is named.
    pub(crate) fn is_long(self) -> bool {
        self == Self::Hour
    }

    /// Whether it starts the server again.
    pub(crate) fn restarts(self) -> bool {
        matches!(self, Self::Start | Self::Restart | Self::Connections)
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
            Self::Hour => hour::run(world, plan, report).await,
            Self::Restart => start::full(world, plan, report).await,
            Self::Relay => relay::udp(world, plan, report).await,
            Self::RelayTls => relay::tls(world, plan, report).await,
            Self::Requests => requests::run(world, plan, report),
            Self::Handshakes => handshakes::run(world, plan, report).await,
            Self::Connections => connections::run(world, plan, report).await,
            Self::Voices => calls::voices(world, plan, report).await,
            Self::Meetings => calls::meetings(world, plan, report).await,
            Self::Presenter => calls::presenter(world, plan, report).await,
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
