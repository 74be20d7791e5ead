//! The one line on standard output: the server answers, and these are the addresses it really has.

use std::io::{self, Write};
use std::net::SocketAddr;

use serde::Serialize;

/// The addresses that sockets really have.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bound {
    pub(crate) http: Option<SocketAddr>,
    pub(crate) https: Option<SocketAddr>,
    pub(crate) redirect: Option<SocketAddr>,
    pub(crate) turn: Option<SocketAddr>,
    pub(crate) sfu: Option<SocketAddr>,
    pub(crate) ice_tcp: Option<SocketAddr>,
}

/// The ready line. Its names are a promise to tools.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ReadyLine {
    ready: bool,
    http: Option<SocketAddr>,
    https: Option<SocketAddr>,
    turn: Option<SocketAddr>,
    sfu: Option<SocketAddr>,
    /// Told only where it is on, so that the line is the promised one everywhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    ice_tcp: Option<SocketAddr>,
    /// Likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect: Option<SocketAddr>,
    claim_url: Option<String>,
}

impl ReadyLine {
    /// The line for these sockets of a server that waits to be set up at this address. The relay starts after that.
    pub(crate) fn of_wizard(bound: Bound, claim_url: String) -> Self {
        Self { claim_url: Some(claim_url), ..Self::new(bound) }
    }

    /// The line for these sockets.
    pub(crate) fn new(bound: Bound) -> Self {
        let Bound { http, https, redirect, turn, sfu, ice_tcp } = bound;
        Self { ready: true, http, https, turn, sfu, ice_tcp, redirect, ..Self::default() }
    }

    /// Writes the line to standard output.
    pub(crate) fn print(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        serde_json::to_writer(&mut out, self)?;
        out.write_all(b"\n")?;
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::{Bound, ReadyLine};

    #[test]
    fn line_is_exactly_the_promised_one() {
        let line = |bound| serde_json::to_string(&ReadyLine::new(bound)).unwrap();
        let bound = Bound { http: Some("127.0.0.1:41023".parse().unwrap()), ..Bound::default() };
        assert_eq!(
            line(bound),
            r#"{"ready":true,"http":"127.0.0.1:41023","https":null,"turn":null,"sfu":null,"claim_url":null}"#
        );
        let wizard = ReadyLine::of_wizard(bound, "https://192.0.2.7/setup/".to_owned());
        assert!(serde_json::to_string(&wizard).unwrap().contains(r#""claim_url":"https://192.0.2.7/setup/""#));
        let redirect = Some("0.0.0.0:80".parse().unwrap());
        assert!(line(Bound { redirect, ..bound }).contains(r#""redirect":"0.0.0.0:80""#));
        let ice_tcp = Some("0.0.0.0:7881".parse().unwrap());
        assert!(line(Bound { ice_tcp, ..bound }).contains(r#""sfu":null,"ice_tcp":"0.0.0.0:7881""#));
    }
}
