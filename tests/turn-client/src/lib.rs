//! webrtc-rs's TURN client (the crate `turn`) for the relay, with which it shares no code.
//!
//! [`House`] is the shipped binary, [`Lab`] the relay's engine alone, in tokio's time, which a test lets pass at once.
//! [`Peer`] is a client with an allocation on either; [`Seen`] tells in what form its data travelled.

mod house;
mod lab;
mod peer;
mod wire;

pub use house::House;
pub use lab::{Lab, LabWire};
pub use peer::{Credentials, Peer, RECEIVE_LIMIT};
pub use wire::{Seen, Stream, Watched};
