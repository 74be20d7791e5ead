//! The header in which a proxy says for whom it connects (PROXY protocol, version 2).

use std::net::SocketAddr;

use veche_base::limits::PROXY_HEADER_BYTES_MAX;
use veche_server::listeners::proxy_protocol::{Ends, HeaderError, PREFIX_BYTES, Prefix};

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// The input is a whole header, or begins with one. Its signature is put before it if the first byte is odd, because it
/// would take long to guess.
pub fn feed(input: &[u8]) {
    let Some((choice, input)) = input.split_first() else { return };
    let header = if choice & 1 == 1 { [SIGNATURE, input].concat() } else { input.to_vec() };
    let Some((first, rest)) = header.split_first_chunk::<PREFIX_BYTES>() else { return };
    let prefix = match Prefix::read(first) {
        Ok(prefix) => prefix,
        Err(error) => {
            assert_eq!(error == HeaderError::Foreign, !header.starts_with(SIGNATURE), "{error}");
            return;
        }
    };
    assert!(PREFIX_BYTES + prefix.rest_bytes() <= PROXY_HEADER_BYTES_MAX, "it would be waited for");
    // What follows the header is the client's, and must make no difference.
    let Some(rest) = rest.get(..prefix.rest_bytes()) else { return };
    match prefix.ends(rest) {
        Ok(Some(ends)) => assert_eq!(read(&write(&ends)), Some(ends), "what is read can be written"),
        Ok(None) => {}
        Err(error) => assert_eq!(error, HeaderError::TooShort),
    }
}

fn read(header: &[u8]) -> Option<Ends> {
    let (first, rest) = header.split_first_chunk::<PREFIX_BYTES>()?;
    Prefix::read(first).ok()?.ends(rest).ok()?
}

/// The header of a proxy that speaks for this client. Addresses of two families are written as IPv6.
fn write(ends: &Ends) -> Vec<u8> {
    let (family, addresses) = match (ends.client, ends.server) {
        (SocketAddr::V4(client), SocketAddr::V4(server)) => {
            (0x11, [client.ip().octets(), server.ip().octets()].concat())
        }
        (client, server) => {
            let octets = |address: SocketAddr| match address {
                SocketAddr::V4(v4) => v4.ip().to_ipv6_mapped().octets(),
                SocketAddr::V6(v6) => v6.ip().octets(),
            };
            (0x21, [octets(client), octets(server)].concat())
        }
    };
    let ports = [ends.client.port().to_be_bytes(), ends.server.port().to_be_bytes()].concat();
    let length = u16::try_from(addresses.len() + ports.len()).expect("addresses are short").to_be_bytes();
    [&SIGNATURE[..], &[0x21, family], &length, &addresses, &ports].concat()
}
