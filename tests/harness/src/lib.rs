//! Starts the shipped binary on port 0 in a temporary folder, and speaks to it.
//!
//! [`Server`] is the process: started, killed, restarted on the same folder, stopped. [`Client`] is one session on it
//! (or on any homeserver with shared-secret registration, such as the peer of the benches). [`Timeline`] follows a
//! session's sync. [`Pebble`] is an authority that certificates are ordered from,
//! [`Slapd`] and [`Samba`] are companies' directories, and [`Authenticator`] somebody's app.
//!
//! What goes wrong here panics with the server's words: this is for tests. Nothing sleeps; waits end with an answer or
//! at [`LIMIT`].

mod authenticator;
mod client;
mod pebble;
mod samba;
mod server;
mod slapd;
mod timeline;

use std::time::Duration;

pub use authenticator::Authenticator;
pub use client::{Answer, Client, encode};
pub use pebble::{Pebble, PebbleSetup};
pub use samba::Samba;
pub use server::{Ready, Server, binary};
pub use slapd::Slapd;
pub use timeline::Timeline;

/// Longest wait for anything. Generous: two cores are shared with compilers.
pub const LIMIT: Duration = Duration::from_secs(60);

/// The shared secret of `/_synapse/admin/v1/register` that [`Server`] sets.
pub const SECRET: &str = "harness";

/// Password of every account made by [`Client::register`].
pub const PASSWORD: &str = "correct horse battery staple";
