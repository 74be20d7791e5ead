//! The driver on real sockets: with the clients of coturn, and with clients of our own where those of others cannot be made
//! to misbehave. Everything is on loopback and on ports that the kernel picks.

#![expect(clippy::unwrap_used, reason = "a test panics to say what is not as it must be")]

#[path = "driver/calls.rs"]
mod calls;
#[path = "driver/client.rs"]
mod client;
#[path = "driver/coturn.rs"]
mod coturn;
#[path = "driver/datagrams.rs"]
mod datagrams;
#[path = "driver/floods.rs"]
mod floods;
#[path = "driver/lifecycle.rs"]
mod lifecycle;
#[path = "driver/link.rs"]
mod link;
#[path = "driver/renumbering.rs"]
mod renumbering;
#[path = "driver/site.rs"]
mod site;
#[path = "driver/streams.rs"]
mod streams;
#[path = "driver/tls.rs"]
mod tls;
