//! LiveKit's signaling (protocol of `/rtc/v1`: one peer connection, the client offers), without sockets of its own: messages
//! in, messages out through [`Outbox`], media through [`veche_sfu::Call`].
//!
//! What is chosen of the protocol, and why, is told in `docs/signaling.md`.
//!
//! Invariants: a client is told of a track before he gets it. An offer is answered with its own number, or refused by ending
//! the session. Whatever a client sends has a limit; what is beyond ends his session and nobody else's.

mod answer;
mod codecs;
mod data;
mod events;
mod grants;
mod info;
mod negotiate;
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

pub use grants::{Grants, JoinRequestError, METADATA_BYTES_MAX, NAME_CHARS_MAX, read_join_request};
pub(crate) use room::{Context, Room};
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
