//! Where a request came from: what the listener knows, and what a listed proxy says about it.

use std::net::{IpAddr, Ipv4Addr};

use http::{Extensions, HeaderMap};
use veche_base::canonical_ip::canonical_ip;

/// Which of the process's listeners accepted a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// Open to clients.
    Public,
    /// Bound to a loopback address: the machine itself, and a proxy that runs on it.
    Loopback,
}

/// What the listener knows about a connection; `server` puts it into each request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct Connection {
    /// The address at the other end of the socket.
    pub peer: IpAddr,
    /// Which listener accepted it.
    pub listener: Listener,
    /// Whether TLS ends in this process.
    pub secure: bool,
}

impl Connection {
    /// The connection of a request; without knowledge the least trusted one, so that forgetting it opens nothing.
    pub fn of(extensions: &Extensions) -> Self {
        let unknown = Self { peer: Ipv4Addr::UNSPECIFIED.into(), listener: Listener::Public, secure: false };
        extensions.get().copied().unwrap_or(unknown)
    }

    /// The address that limits count: the peer, or, if the peer is a listed proxy, the last address in
    /// `X-Forwarded-For` that is not one. From anybody else the header is ignored (it is free text).
    pub fn client(&self, headers: &HeaderMap, trusted_proxies: &[IpAddr]) -> IpAddr {
        let trusted = |address: &IpAddr| trusted_proxies.contains(&canonical_ip(*address));
        if !trusted(&self.peer) {
            return self.peer;
        }
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        let mut hops = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.rsplit(',').map(str::trim));
        // An entry that is no address ends the search: what stands before it may be forged.
        let known = hops.by_ref().map_while(|hop| hop.parse::<IpAddr>().ok());
        let mut client = self.peer;
        for hop in known {
            client = hop;
            if !trusted(&hop) {
                break;
            }
        }
        client
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{Connection, Listener};

    fn client(peer: &str, forwarded: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(line));
        }
        let connection = Connection { peer: peer.parse().unwrap(), listener: Listener::Public, secure: true };
        connection.client(&headers, &["127.0.0.1".parse().unwrap(), "10.0.0.7".parse().unwrap()]).to_string()
    }

    #[test]
    fn only_a_listed_proxy_may_say_who_the_client_is() {
        assert_eq!(client("203.0.113.5", &["198.51.100.1"]), "203.0.113.5");
        assert_eq!(client("127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(client("::ffff:127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn the_last_address_that_is_no_proxy_counts() {
        assert_eq!(client("127.0.0.1", &["6.6.6.6, 198.51.100.1, 10.0.0.7"]), "198.51.100.1");
        assert_eq!(client("127.0.0.1", &["6.6.6.6", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("127.0.0.1", &["6.6.6.6, nonsense, 10.0.0.7"]), "10.0.0.7");
    }
}
