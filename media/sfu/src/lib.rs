//! Selective forwarding for calls, without input or output of its own: packets in, packets out, time as an argument.
//!
//! What is here now is the border to WebRTC: [`engine`] with its traits and the engine that is used. Which one, what it
//! costs, and what would make us take another, is told in `docs/engine.md`.
//!
//! Invariants of absence: this crate knows no socket, no file, no clock and no runtime, and neither Matrix nor LiveKit.
//! Keys and cookies are made by the engine's cryptography, which is the only randomness here.

pub mod engine;
pub mod testing;
