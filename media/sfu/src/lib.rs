//! Selective forwarding for calls, without input or output of its own: packets in, packets out, time as an argument.
//!
//! A driver owns sockets, threads and clocks, and feeds one [`Call`] for each call it carries. What a call decides, and why, is
//! told in `docs/forwarding.md`; [`engine`] is the border to WebRTC, whose choice is told in `docs/engine.md`.
//!
//! Invariants of absence: this crate knows no socket, no file, no clock and no runtime, and neither Matrix nor LiveKit.
//! Keys and cookies are made by the engine's cryptography, which is the only randomness here. Payloads are never read beyond
//! the bytes that stay clear under end-to-end encryption.

mod allocate;
mod call;
mod clock;
mod dynacast;
pub mod engine;
mod forward;
mod headers;
mod held;
mod jitter;
mod keyframes;
mod participant;
mod publication;
mod spatial;
mod speakers;
mod subscription;
mod templates;
pub mod testing;
mod trial;

pub use call::{
    Call, CallError, CallEvent, CallOutput, Counters, PARTICIPANTS_MAX, PUBLICATIONS_PER_PARTICIPANT_MAX,
    SUBSCRIPTIONS_PER_PARTICIPANT_MAX, UPKEEP_INTERVAL,
};
pub use participant::ParticipantId;
pub use publication::{LAYERS_MAX, LayerConfig, Layering, PublicationConfig, PublicationId, Quality, Source};
pub use speakers::{SPEAKERS_MAX, Speaker};
pub use subscription::{Flow, Outlet, PAYLOAD_TYPES_MAX, SubscriptionId, Wish};
