//! STUN and TURN server (RFC 8489, RFC 8656) without input or output of its own.
//!
//! A driver owns sockets, threads and clocks. It feeds [`Server`] with what arrives
//! ([`Server::handle_datagram`], [`Server::handle_peer_datagram`], [`Server::handle_sink_datagram`],
//! [`Server::handle_timeout`], [`Server::connection_closed`]), sends on each [`Packet`] for which a
//! [`Destination`] comes back, and then takes what the server made itself
//! ([`Server::poll_transmit`]) and when it wants to be called again ([`Server::poll_timeout`]). Streams
//! are cut by a [`Framer`] and written through a [`StreamQueue`].
//!
//! # Relayed addresses are virtual
//!
//! A relayed address is our external address with a port that nothing is bound to. What is sent to
//! it by another client of ours or by the SFU (a *sink*) is found in a table and never leaves the
//! process. Peers outside are reached through one real socket; since only their address tells whose
//! packets theirs are, an address outside belongs to one allocation at a time. It follows that a peer
//! outside cannot send first: it does not know the real port, and is not expected.
//!
//! # Floods
//!
//! Nothing that is not proved changes anything but two counters in a table of fixed size. Nonces are
//! not remembered. Whoever has not proved his address (by a nonce that was sent there, or by a TCP
//! handshake) is answered at most with as many bytes as came from his address, and an allowance.
//!
//! The allowance cannot be zero: the first Allocate of libwebrtc is 28 bytes long, Firefox's and the
//! Binding request of everybody 20 to 36, and the shortest refusal with a realm and a nonce that the
//! RFC knows is 28 + 8 + 8 bytes. So refusals have no words, the nonce is 16 characters, SOFTWARE is
//! never sent, PASSWORD-ALGORITHMS is not offered (it would add 25 bytes for what no client does), and
//! what is longer in an answer is taken from a small allowance per address that fills slowly
//! ([`StrangerLimits`]). A flood is answered until it is used up, and after that not at all.
//!
//! Invariant of absence: no socket, no file, no async runtime, no clock and no randomness of its own.

mod address;
mod allocation;
mod bars;
mod channel_data;
mod config;
mod credentials;
mod framer;
mod hash;
mod nonce;
mod packet;
mod policy;
mod rate;
mod relay_ports;
mod server;
mod stream_queue;
pub mod stun;
mod table;
#[cfg(test)]
mod testing;

pub use address::{Destination, FiveTuple, Priority, Transmit, Transport};
pub use config::{Config, ConfigError, Limits, Now, StrangerLimits};
pub use credentials::credentials;
pub use framer::{FRAME_BYTES_MAX, Framer, FramingError, Sniffed, sniff};
pub use packet::{HEADROOM_BYTES, Packet, TAILROOM_BYTES};
pub use policy::{AllowList, Network, Outside, PeerPolicy};
pub use server::{Counters, Server};
pub use stream_queue::{Clogged, StreamQueue};
pub use table::Occupancy;
