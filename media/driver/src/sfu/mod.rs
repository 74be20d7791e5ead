//! The SFU on real sockets: one UDP port for everybody, one for connections over TCP, and one thread for all calls, which also
//! speaks LiveKit's signaling ([`crate::signal`]) with whoever brings its messages.

mod connections;
mod demux;
mod frames;
mod handle;
mod load;
mod metrics;
mod probe;
mod rooms;
mod settings;
mod site;
mod strikes;
mod watch;
mod worker;

pub(crate) use demux::Demux;
#[cfg(any(test, feature = "testing"))]
pub(crate) use frames::{Frames, Whose};
pub use handle::{Connection, Listing, Member, SfuDriver, SfuHandle};
#[cfg(any(test, feature = "testing"))]
pub(crate) use handle::{ConnectionId, Join};
#[cfg(any(test, feature = "testing"))]
pub(crate) use metrics::RoomMetrics;
pub use probe::Probe;
#[cfg(any(test, feature = "testing"))]
pub(crate) use rooms::{Rooms, World};
pub use settings::{SfuLimits, SfuSettings};
#[cfg(any(test, feature = "testing"))]
pub(crate) use site::Bound;
pub(crate) use site::Site;
pub use site::{IceServer, IceServers, RoomNews, Whereabouts};
pub(crate) use watch::Watch;
pub use watch::{Stages, Way};

/// One room, for as long as somebody is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RoomId(pub(crate) u64);
