//! What the SFU's driver is told at its start.

use std::net::SocketAddr;

use super::site::Whereabouts;
use crate::bridge::BridgeEnd;

/// Settings of [`crate::SfuDriver`].
#[derive(Debug)]
pub struct SfuSettings {
    /// Where packets come: one UDP socket for each address. Port 0 means any that is free.
    pub listen: Vec<SocketAddr>,
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
            receive_buffer_bytes: 4 * 1_024 * 1_024,
            send_buffer_bytes: 4 * 1_024 * 1_024,
        }
    }
}
