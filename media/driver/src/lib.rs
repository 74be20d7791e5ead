//! The only sockets and threads of media.
//!
//! [`TurnDriver`] serves STUN and TURN ([`veche_turn`]) on real sockets: UDP and TCP on one port, TLS
//! connections that the HTTPS listener hands over ([`Handle::hand_over`]) after it found TURN in
//! their first bytes ([`veche_turn::sniff`]), and one socket per family toward peers outside.
//!
//! One thread does it all, so there is no lock between a packet that comes and the one that goes. It
//! receives up to 32 buffers with one system call, each with as many datagrams as the kernel joined
//! (GRO), and sends what goes to one receiver with one call (GSO). Media that a socket does not take
//! is dropped and counted: late media is worth nothing.
//!
//! [`SfuDriver`] does the same for calls ([`veche_sfu`]): one UDP port, one for TCP, one thread, and LiveKit's
//! signaling, whose messages come through [`SfuHandle::join`] from whoever owns the WebSocket.
//!
//! Invariant of absence: no async runtime, no HTTP, no decision about what may be relayed. Time and
//! randomness are handed in.

mod bridge;
mod handle;
mod kernel_drops;
mod metrics;
mod outgoing;
mod settings;
mod sfu;
mod signal;
mod sockets;
mod stream;
mod streams;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod thread;
mod udp;
mod worker;

pub use bridge::{BridgeEnd, bridge};
pub use handle::{AskError, Handle, Panicked, Renumbering, StartError, TurnDriver};
pub use settings::{Limits, Settings, SettingsError};
pub use sfu::{
    Connection, IceServer, IceServers, Listing, Member, Probe, RoomNews, SfuDriver, SfuHandle, SfuLimits, SfuSettings,
    Stages, Way, Whereabouts,
};
pub use signal::{
    Arrival, BodyFormat, Concern, Grants, JoinRequestError, MESSAGE_BYTES_MAX, METADATA_BYTES_MAX, NAME_CHARS_MAX,
    Outbox, Protocol, SENT_DATA_BYTES_MAX, ServiceError, ServiceRequest, refresh_token,
};
pub use stream::TlsStream;
pub use veche_sfu::engine::Condition;
pub use veche_sfu::{PARTICIPANTS_MAX, Source};
pub use veche_turn::Transport as RelayTransport;
