//! The PROXY protocol, version 2: what a proxy that passes connections on as they are writes before their first byte.
//!
//! Only the binary version is read. The text of version 1 has no length in front, and nothing that speaks it alone is
//! still made. Extensions (TLV) are passed over: what they say (the name in the proxy's TLS, a checksum) decides
//! nothing here.
//!
//! Invariants of absence: no socket, no deadline, no judgment about who may be believed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use veche_base::limits::PROXY_HEADER_BYTES_MAX;

/// What each header begins with: nothing that HTTP, TLS or TURN could.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// The part that every header has.
pub const PREFIX_BYTES: usize = 16;

const IPV4_BYTES: usize = 12;
const IPV6_BYTES: usize = 36;

/// Both ends of a connection as the client sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Where the client is.
    pub client: SocketAddr,
    /// Where he meant to go.
    pub server: SocketAddr,
}

/// Why a header cannot be read. Nothing that follows it can be understood, so the connection must be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The client's own first bytes, or version 1.
    #[error("the connection does not begin with a PROXY protocol v2 header")]
    Foreign,
    /// A version or command that is not written down anywhere.
    #[error("the version or command of the PROXY header is unknown")]
    UnknownCommand,
    /// UDP, Unix sockets, or nothing: not what a TCP connection of somebody else can be.
    #[error("the PROXY header is not of a TCP connection")]
    NotTcp,
    /// Longer than [`PROXY_HEADER_BYTES_MAX`].
    #[error("the PROXY header is too long")]
    TooLong,
    /// Shorter than its own addresses.
    #[error("the PROXY header is shorter than its addresses")]
    TooShort,
}

/// What the first bytes of a header say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    origin: Origin,
    rest_bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The proxy itself: it looks whether the server lives.
    Proxy,
    Ipv4,
    Ipv6,
}

impl Prefix {
    /// Reads the part that every header has.
    pub fn read(bytes: &[u8; PREFIX_BYTES]) -> Result<Self, HeaderError> {
        let Some([command, family, high, low]) = bytes.strip_prefix(&SIGNATURE) else {
            return Err(HeaderError::Foreign);
        };
        let origin = match (*command, *family) {
            (0x20, _) => Origin::Proxy,
            (0x21, 0x11) => Origin::Ipv4,
            (0x21, 0x21) => Origin::Ipv6,
            (0x21, _) => return Err(HeaderError::NotTcp),
            _ => return Err(HeaderError::UnknownCommand),
        };
        let rest_bytes = usize::from(u16::from_be_bytes([*high, *low]));
        if PREFIX_BYTES + rest_bytes > PROXY_HEADER_BYTES_MAX {
            return Err(HeaderError::TooLong);
        }
        Ok(Self { origin, rest_bytes })
    }

    /// How many bytes follow.
    pub const fn rest_bytes(self) -> usize {
        self.rest_bytes
    }

    /// Reads what follows: whom the proxy speaks for, or `None` if it speaks for itself.
    pub fn ends(self, rest: &[u8]) -> Result<Option<Ends>, HeaderError> {
        let ends = match self.origin {
            Origin::Proxy => return Ok(None),
            Origin::Ipv4 => {
                let (addresses, ports) = split::<4, IPV4_BYTES>(rest)?;
                let [client, server] = addresses.map(|octets| IpAddr::V4(Ipv4Addr::from(octets)));
                [(client, ports[0]), (server, ports[1])]
            }
            Origin::Ipv6 => {
                let (addresses, ports) = split::<16, IPV6_BYTES>(rest)?;
                // A proxy with a dual-stack socket may write IPv4 addresses in this form.
                let [client, server] = addresses.map(|octets| IpAddr::V6(Ipv6Addr::from(octets)).to_canonical());
                [(client, ports[0]), (server, ports[1])]
            }
        };
        let [client, server] = ends.map(SocketAddr::from);
        Ok(Some(Ends { client, server }))
    }
}

/// Both addresses and both ports, client's first; what stands behind them is passed over.
fn split<const ADDRESS: usize, const ALL: usize>(rest: &[u8]) -> Result<([[u8; ADDRESS]; 2], [u16; 2]), HeaderError> {
    let Some(block) = rest.first_chunk::<ALL>() else { return Err(HeaderError::TooShort) };
    let address = |at: usize| {
        let octets = block[at..at + ADDRESS].first_chunk::<ADDRESS>();
        *octets.expect("the block holds two addresses")
    };
    let port = |at: usize| u16::from_be_bytes([block[at], block[at + 1]]);
    Ok(([address(0), address(ADDRESS)], [port(2 * ADDRESS), port(2 * ADDRESS + 2)]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use veche_base::limits::PROXY_HEADER_BYTES_MAX;

    use super::{Ends, HeaderError, PREFIX_BYTES, Prefix, SIGNATURE};

    fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, rest].concat()
    }

    fn read(bytes: &[u8]) -> Result<Option<Ends>, HeaderError> {
        let (prefix, rest) = bytes.split_first_chunk::<PREFIX_BYTES>().unwrap();
        let prefix = Prefix::read(prefix)?;
        assert_eq!(prefix.rest_bytes(), rest.len());
        prefix.ends(rest)
    }

    fn ends(client: &str, server: &str) -> Ends {
        Ends { client: client.parse().unwrap(), server: server.parse().unwrap() }
    }

    #[test]
    fn addresses_of_both_families_are_read() {
        let ipv4 = [203, 0, 113, 9, 10, 0, 0, 1, 0xC0, 0x01, 0x01, 0xBB];
        let told = ends("203.0.113.9:49153", "10.0.0.1:443");
        assert_eq!(read(&header(0x21, 0x11, &ipv4)), Ok(Some(told)));
        // The same with an extension behind it: type 4 (padding), two bytes.
        assert_eq!(read(&header(0x21, 0x11, &[&ipv4[..], &[4, 0, 2, 0, 0]].concat())), Ok(Some(told)));

        let mut ipv6 = [0_u8; 36];
        ipv6[..4].copy_from_slice(&[0x20, 0x01, 0x0D, 0xB8]);
        ipv6[15] = 7;
        ipv6[31] = 1;
        ipv6[32..].copy_from_slice(&[0x00, 0x50, 0x01, 0xBB]);
        assert_eq!(read(&header(0x21, 0x21, &ipv6)), Ok(Some(ends("[2001:db8::7]:80", "[::1]:443"))));

        let mut mapped = [0_u8; 36];
        mapped[10..16].copy_from_slice(&[0xFF, 0xFF, 203, 0, 113, 9]);
        mapped[26..32].copy_from_slice(&[0xFF, 0xFF, 10, 0, 0, 1]);
        mapped[32..].copy_from_slice(&[0xC0, 0x01, 0x01, 0xBB]);
        assert_eq!(read(&header(0x21, 0x21, &mapped)), Ok(Some(told)));
    }

    #[test]
    fn proxy_may_speak_for_itself_in_any_form() {
        for (family, rest) in [(0x00, &[][..]), (0x11, &[1; 12]), (0x31, &[0; 216]), (0xFF, &[9])] {
            assert_eq!(read(&header(0x20, family, rest)), Ok(None), "{family:#x}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for (family, rest) in [(0x11, 0), (0x11, 11), (0x21, 35)] {
            assert_eq!(read(&header(0x21, family, &vec![0; rest])), Err(HeaderError::TooShort), "{family:#x} {rest}");
        }
        for family in [0x00, 0x12, 0x22, 0x31, 0x32, 0x10, 0xFF] {
            assert_eq!(read(&header(0x21, family, &[0; 216])), Err(HeaderError::NotTcp), "{family:#x}");
        }
        for command in [0x00, 0x11, 0x1F, 0x22, 0x2F, 0x31, 0xFF] {
            assert_eq!(read(&header(command, 0x11, &[0; 12])), Err(HeaderError::UnknownCommand), "{command:#x}");
        }
        for foreign in [&b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n"[..], b"GET / HTTP/1.1\r\n", &[0; 16], &SIGNATURE] {
            let mut prefix = [0xAA; PREFIX_BYTES];
            let length = foreign.len().min(PREFIX_BYTES);
            prefix[..length].copy_from_slice(&foreign[..length]);
            let refused = Prefix::read(&prefix);
            assert!(matches!(refused, Err(HeaderError::Foreign | HeaderError::UnknownCommand)), "{foreign:?}");
        }
    }

    #[test]
    fn header_has_a_longest_length() {
        let with_rest = |bytes: usize| {
            let all = header(0x21, 0x11, &vec![0; bytes]);
            Prefix::read(all.first_chunk().unwrap())
        };
        assert!(with_rest(PROXY_HEADER_BYTES_MAX - PREFIX_BYTES).is_ok());
        assert_eq!(with_rest(PROXY_HEADER_BYTES_MAX - PREFIX_BYTES + 1), Err(HeaderError::TooLong));
        assert_eq!(with_rest(usize::from(u16::MAX)), Err(HeaderError::TooLong));
    }

    proptest! {
        /// Whatever a proxy writes, it is read or refused, and only what was written is told.
        #[test]
        fn any_bytes_are_read_or_refused(command: u8, family: u8, rest in prop::collection::vec(any::<u8>(), 0..300)) {
            for command in [command, 0x20, 0x21] {
                for family in [family, 0x11, 0x21] {
                    if let Ok(Some(told)) = read(&header(command, family, &rest)) {
                        let ports = [told.client.port().to_be_bytes(), told.server.port().to_be_bytes()].concat();
                        let at = if family == 0x11 { 8 } else { 32 };
                        prop_assert_eq!(&ports[..], &rest[at..at + 4]);
                    }
                }
            }
        }
    }
}
