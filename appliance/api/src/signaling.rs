//! What is needed of the SFU for LiveKit's signaling, and the need for somebody who has one.
//!
//! This crate knows no SFU and no WebSocket: it reads the request, and `server` plugs in who goes on with the connection
//! ([`crate::Plugs`]).

use std::future::Future;
use std::pin::Pin;

use hyper::upgrade::OnUpgrade;

/// Where clients of LiveKit come in.
pub trait Signaling: Send + Sync {
    /// Whether somebody with this token would be let in now, for clients that ask why they were not.
    fn check<'a>(&'a self, token: &'a str) -> Verdict<'a>;

    /// Lets a client in and takes over the connection, once it has become a WebSocket. `browser` is what it has shown itself
    /// to be in its request: LiveKit's client for browsers does not say it again.
    fn accept<'a>(
        &'a self,
        token: &'a str,
        wish: JoinWish<'a>,
        browser: Option<&'static str>,
        upgrade: OnUpgrade,
    ) -> Verdict<'a>;

    /// Whether calls are served, for whoever watches over it. Answered within seconds.
    fn serves(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>>;
}

/// What a client says of itself and wants.
#[derive(Debug, Clone, Copy)]
pub enum JoinWish<'a> {
    /// `/rtc/v1`: the parameter `join_request`, as it came.
    JoinRequest(&'a str),
    /// `/rtc`: all parameters, each of them on its own.
    Parameters(&'a [(String, String)]),
}

/// Nothing, or why somebody is not let in.
pub type Verdict<'a> = Pin<Box<dyn Future<Output = Result<(), SignalingRefusal>> + Send + 'a>>;

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignalingRefusal {
    /// The token is no good.
    #[error("invalid token")]
    Token,
    /// It was good, and whoever has it may not be in this call any more.
    #[error("permission denied")]
    NotAnyMore,
    /// The join request cannot be read.
    #[error("could not decode the join request")]
    Request,
    /// The server stops, or has too much to do, or has failed.
    #[error("the server cannot take you in now")]
    Busy,
}
