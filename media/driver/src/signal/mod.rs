//! LiveKit's signaling, without sockets of its own: messages in, messages out through [`Outbox`], media through
//! [`veche_sfu::Call`]. Both protocols are spoken: `/rtc/v1`, with one peer connection that the client offers, and `/rtc`, with
//! one that the client offers for what it publishes and one that we offer for what it gets.
//!
//! What is chosen of the protocol, and why, is told in `docs/signaling.md`.
//!
//! Invariants: a client is told of a track before he gets it. An offer is answered with its own number, or refused by ending
//! the session. Whatever a client sends has a limit; what is beyond ends his session and nobody else's.

mod answer;
mod codecs;
mod data;
mod downlink;
mod events;
mod grants;
mod info;
mod negotiate;
#[cfg(any(test, feature = "testing"))]
mod occupancy;
mod ours;
mod permission;
mod publish;
mod requests;
mod room;
mod sdp;
mod serve;
mod service;
mod session;
mod subscribe;
mod upkeep;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use grants::{Arrival, Grants, JoinRequestError, METADATA_BYTES_MAX, NAME_CHARS_MAX, Protocol};
pub(crate) use room::{Context, Room};
#[cfg(any(test, feature = "testing"))]
pub(crate) use sdp::read_description;
pub(crate) use service::Reply;
pub use service::{BodyFormat, Concern, SENT_DATA_BYTES_MAX, ServiceError, ServiceRequest};
pub use session::Outbox;

/// The message that gives a client a fresh token (`refresh_token`).
#[must_use]
pub fn refresh_token(token: &str) -> Vec<u8> {
    use prost::Message as _;
    let message = Some(livekit_protocol::signal_response::Message::RefreshToken(token.to_owned()));
    livekit_protocol::SignalResponse { message }.encode_to_vec()
}

/// The longest message of a client: the longest offer, and some room.
pub const MESSAGE_BYTES_MAX: usize = sdp::SDP_BYTES_MAX + (64 << 10);
pub(crate) use session::SessionId;
