//! Who sends to whom: the five-tuple of a client, and where a packet goes on to.

use std::net::SocketAddr;

/// How a client reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// One datagram is one message.
    Udp,
    /// A stream that [`crate::Framer`] cuts.
    Tcp,
    /// The same inside TLS.
    Tls,
}

impl Transport {
    /// Whether the sender's address is proved by a handshake, and ChannelData is padded
    /// (RFC 8656 §12.5).
    pub const fn is_stream(self) -> bool {
        matches!(self, Self::Tcp | Self::Tls)
    }
}

/// What tells one client connection from another (RFC 8656 §3): an allocation belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FiveTuple {
    /// UDP, TCP or TLS.
    pub transport: Transport,
    /// Our address, as the packet named it.
    pub local: SocketAddr,
    /// The client's address, as we see it.
    pub remote: SocketAddr,
}

/// Where a packet goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// To a client, on the connection it came from.
    Client(FiveTuple),
    /// To a peer outside, through the one real socket that all allocations share.
    Peer {
        /// The peer.
        to: SocketAddr,
        /// Whether the client asked for the DF bit (RFC 8656 §14).
        dont_fragment: bool,
    },
    /// To a part of this process (the SFU), which answers through
    /// [`crate::Server::handle_sink_datagram`].
    Sink {
        /// Which of [`crate::Config::sinks`].
        to: SocketAddr,
        /// The relayed address that the sink sees as the sender.
        from: SocketAddr,
        /// How the client reaches us who has it.
        by: Transport,
    },
}

/// A packet that the server made itself or had to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmit {
    /// Where it goes.
    pub to: Destination,
    /// What is sent.
    pub bytes: Vec<u8>,
    /// Whether it may be dropped when a stream is slow.
    pub priority: Priority,
}

/// What may be dropped when a stream is slower than what is sent to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// Answers: never dropped.
    Control,
    /// Relayed data: the oldest goes first.
    Media,
}
