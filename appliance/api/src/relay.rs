//! What clients are told about the relay, and the need for somebody who knows it.
//!
//! This crate knows no relay: `server` plugs one in ([`crate::Plugs`]).

use std::time::Duration;

use veche_base::Secret;

use crate::access::Requester;

/// A relay for calls, as far as clients must know it.
pub trait Relay: Send + Sync {
    /// Where the relay is, and what opens it to this session for a while. Made without asking anybody.
    fn credentials(&self, requester: &Requester) -> RelayCredentials;
}

/// See [`Relay::credentials`].
#[derive(Debug, Clone)]
pub struct RelayCredentials {
    /// The name to give to the relay.
    pub username: String,
    /// What proves it.
    pub password: Secret<String>,
    /// `turn:` and `turns:` URIs (RFC 7065), the one to try first standing first.
    pub uris: Vec<String>,
    /// How long both can be used to begin with.
    pub ttl: Duration,
}
