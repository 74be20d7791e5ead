//! The one line on standard output: the server answers, and these are the addresses it really has.

use std::io::{self, Write};
use std::net::SocketAddr;

use serde::Serialize;

/// The ready line. Its names are a promise to tools.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ReadyLine {
    ready: bool,
    http: Option<SocketAddr>,
    https: Option<SocketAddr>,
    turn: Option<SocketAddr>,
    sfu: Option<SocketAddr>,
    claim_url: Option<String>,
}

impl ReadyLine {
    /// The line for these listeners. Relay, calls and wizard are not built, so they are null.
    pub(crate) fn new(http: Option<SocketAddr>, https: Option<SocketAddr>) -> Self {
        Self { ready: true, http, https, ..Self::default() }
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
    use super::ReadyLine;

    #[test]
    fn line_is_exactly_the_promised_one() {
        let line = ReadyLine::new(Some("127.0.0.1:41023".parse().unwrap()), None);
        assert_eq!(
            serde_json::to_string(&line).unwrap(),
            r#"{"ready":true,"http":"127.0.0.1:41023","https":null,"turn":null,"sfu":null,"claim_url":null}"#
        );
    }
}
