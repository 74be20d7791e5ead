//! What the SFU's driver is told at its start.

use std::net::SocketAddr;
use std::time::Duration;

use super::site::Whereabouts;
use crate::bridge::BridgeEnd;

/// Settings of [`crate::SfuDriver`].
#[derive(Debug)]
pub struct SfuSettings {
    /// Where packets come: one UDP socket for each address. Port 0 means any that is free.
    pub listen: Vec<SocketAddr>,
    /// Where those connect whose networks let no UDP through (ICE-TCP): one TCP socket for each address, none at all if it is
    /// empty. Port 0 means any that is free.
    pub listen_tcp: Vec<SocketAddr>,
    /// Our addresses.
    pub whereabouts: Whereabouts,
    /// The way to the relay, for those who come through it.
    pub bridge: Option<BridgeEnd>,
    /// How much of everything.
    pub limits: SfuLimits,
}

/// How much of everything the driver holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SfuLimits {
    /// Rooms at a time.
    pub rooms_max: usize,
    /// Participants of all rooms together.
    pub participants_max: usize,
    /// TCP connections in all. A client has as many as he has connections and addresses of his own: usually one or two.
    pub streams_max: usize,
    /// TCP connections from one address (one /64 for IPv6): a company behind one address shares it.
    pub streams_per_address_max: usize,
    /// A TCP connection is closed when it has been nobody's for so long, be it that his first packet does not come or that he
    /// has left.
    pub stream_idle: Duration,
    /// Bytes that wait for one slow TCP connection; beyond, the oldest media are dropped.
    pub stream_media_bytes_max: usize,
    /// Receive buffer to ask the kernel for, of each UDP socket; `net.core.rmem_max` bounds what it gives.
    pub receive_buffer_bytes: usize,
    /// Send buffer to ask the kernel for, of each UDP socket; `net.core.wmem_max` bounds what it gives.
    pub send_buffer_bytes: usize,
}

impl Default for SfuLimits {
    fn default() -> Self {
        Self {
            rooms_max: 1_000,
            participants_max: 1_000,
            streams_max: 2_048,
            streams_per_address_max: 512,
            stream_idle: Duration::from_secs(10),
            // As for the relay: what is older than a third of a second is worth less than what follows it.
            stream_media_bytes_max: 128 * 1_024,
            receive_buffer_bytes: 4 * 1_024 * 1_024,
            send_buffer_bytes: 4 * 1_024 * 1_024,
        }
    }
}
