//! The entrances of the server, each with a function `feed` that takes whatever a stranger might send.
//!
//! A `feed` never fails for bad input: refusing it is what the server is for. It panics when something is broken that
//! must hold for any input: that is what libFuzzer reports. It begins each run with every input that is kept in `corpus`.

pub mod call_data;
pub mod call_demux;
pub mod call_frames;
pub mod call_join;
pub mod call_media;
pub mod call_message;
pub mod call_offer;
pub mod call_packets;
mod calls;
#[cfg(feature = "server")]
pub mod certificate_upload;
pub mod event;
#[cfg(feature = "server")]
pub mod filter;
#[cfg(feature = "server")]
pub mod first_bytes;
#[cfg(feature = "server")]
mod house;
#[cfg(feature = "server")]
pub mod proxy_header;
#[cfg(feature = "server")]
pub mod request_body;
pub mod stream_framer;
pub mod stun;
#[cfg(feature = "server")]
pub mod sync_token;
pub mod turn_server;
