//! Where a request came from: what the listener knows, and what a listed proxy says about it.
//!
//! Two header fields of a listed proxy are believed: `X-Forwarded-For` and `X-Forwarded-Proto`. Nobody believes
//! `X-Forwarded-Host`: what this server is called stands in its settings.

use std::net::{IpAddr, Ipv4Addr};

use http::{Extensions, HeaderMap};
use veche_base::Network;

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
    /// The address at the other end: the socket's, or what a listed proxy told before the first byte (PROXY protocol).
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
    pub fn client(&self, headers: &HeaderMap, trusted_proxies: &[Network]) -> IpAddr {
        if !is_listed(self.peer, trusted_proxies) {
            return self.peer;
        }
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        let mut hops = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.rsplit(',').map(str::trim));
        // An entry that is no address ends the search: what stands before it may be forged.
        let known = hops.by_ref().map_while(|hop| hop.parse::<IpAddr>().ok());
        let mut client = self.peer;
        for hop in known {
            client = hop;
            if !is_listed(hop, trusted_proxies) {
                break;
            }
        }
        client
    }

    /// Whether the client came over TLS, to this process or to a listed proxy that says so.
    pub fn is_secure(&self, headers: &HeaderMap, trusted_proxies: &[Network]) -> bool {
        let told = || {
            // A second line, or a list in one, is of proxies that disagree.
            let mut lines = headers.get_all("x-forwarded-proto").iter();
            lines.next().is_some_and(|line| line == "https") && lines.next().is_none()
        };
        self.secure || (is_listed(self.peer, trusted_proxies) && told())
    }
}

fn is_listed(address: IpAddr, proxies: &[Network]) -> bool {
    proxies.iter().any(|network| network.contains(address))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};
    use veche_base::Network;

    use super::{Connection, Listener};

    fn proxies() -> [Network; 2] {
        ["127.0.0.1", "10.0.0.0/24"].map(|network| network.parse().unwrap())
    }

    fn headers(name: &'static str, lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (name.parse().unwrap(), HeaderValue::from_static(line))).collect()
    }

    fn plain(peer: &str) -> Connection {
        Connection { peer: peer.parse().unwrap(), listener: Listener::Public, secure: false }
    }

    fn client(peer: &str, forwarded: &[&'static str]) -> String {
        plain(peer).client(&headers("x-forwarded-for", forwarded), &proxies()).to_string()
    }

    #[test]
    fn only_a_listed_proxy_may_say_who_the_client_is() {
        assert_eq!(client("203.0.113.5", &["198.51.100.1"]), "203.0.113.5");
        assert_eq!(client("127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.200", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.1.200", &["198.51.100.1"]), "10.0.1.200");
        assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(client("::ffff:127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        // An address that its owner made to look like the proxy's.
        assert_eq!(client("2a00::5efe:127.0.0.1", &["198.51.100.1"]), "2a00::5efe:7f00:1");
    }

    #[test]
    fn the_last_address_that_is_no_proxy_counts() {
        assert_eq!(client("127.0.0.1", &["6.6.6.6, 198.51.100.1, 10.0.0.7"]), "198.51.100.1");
        assert_eq!(client("127.0.0.1", &["6.6.6.6", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("127.0.0.1", &["6.6.6.6, nonsense, 10.0.0.7"]), "10.0.0.7");
    }

    #[test]
    fn only_a_listed_proxy_may_say_that_the_client_came_over_tls() {
        let is_secure = |peer: &str, lines: &[&'static str]| {
            plain(peer).is_secure(&headers("x-forwarded-proto", lines), &proxies())
        };
        assert!(is_secure("10.0.0.7", &["https"]));
        for lines in [&[][..], &["http"], &["https, http"], &["https", "http"], &["https", "https"]] {
            assert!(!is_secure("10.0.0.7", lines), "{lines:?}");
        }
        assert!(!is_secure("203.0.113.5", &["https"]));
        let over_tls = Connection { secure: true, ..plain("203.0.113.5") };
        assert!(over_tls.is_secure(&headers("x-forwarded-proto", &["http"]), &proxies()));
    }
}
