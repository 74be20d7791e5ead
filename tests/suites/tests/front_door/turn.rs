//! TURN beside HTTPS: told apart by the first bytes after the handshake, however they are cut and whatever the client
//! calls its protocol.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use veche_test_harness::{LIMIT, Server};

use crate::{NAME, command, tls};

/// A Binding request (RFC 8489 §14) without attributes.
const BINDING: [u8; 20] = [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const COOKIE: u16 = 0x2112;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;

/// The port in the XOR-MAPPED-ADDRESS of a success response to [`BINDING`].
fn mapped_port(answer: &[u8]) -> Option<u16> {
    let (head, mut attributes) = answer.split_at_checked(20)?;
    assert_eq!(head[..2], [1, 1], "a success response");
    assert_eq!(head[4..], BINDING[4..], "to this request");
    while let [kind_high, kind_low, length_high, length_low, rest @ ..] = attributes {
        let length = usize::from(u16::from_be_bytes([*length_high, *length_low]));
        if u16::from_be_bytes([*kind_high, *kind_low]) == XOR_MAPPED_ADDRESS {
            return Some(u16::from_be_bytes([rest[2], rest[3]]) ^ COOKIE);
        }
        attributes = rest.get(length.next_multiple_of(4)..)?;
    }
    None
}

#[tokio::test]
async fn turn_is_served_beside_https_however_its_first_bytes_are_cut() {
    let server = Server::start_with(&[("server.name", NAME)]).await;
    let https = server.ready().https.expect("HTTPS is on");
    let root = command::root(server.dir());
    for protocols in [&[][..], &["stun.turn"], &["http/1.1"], &["h2", "http/1.1"]] {
        for cuts in [&[][..], &[1], &[1, 2, 3, 4, 5, 6, 7, 8], &[7], &[8], &[19]] {
            let mut stream = tls::connect(https, &root, protocols).await.expect("ALPN is never demanded");
            let port = stream.get_ref().0.local_addr().expect("an address").port();
            let ends = cuts.iter().copied().chain([BINDING.len()]);
            let mut start = 0;
            for end in ends {
                stream.write_all(&BINDING[start..end]).await.expect("the server reads");
                stream.flush().await.expect("the server reads");
                start = end;
            }
            let mut answer = vec![0; 20];
            timeout(LIMIT, stream.read_exact(&mut answer)).await.expect("an answer in time").expect("an answer");
            let mut rest = vec![0; usize::from(u16::from_be_bytes([answer[2], answer[3]]))];
            timeout(LIMIT, stream.read_exact(&mut rest)).await.expect("an answer in time").expect("an answer");
            answer.append(&mut rest);
            assert_eq!(mapped_port(&answer), Some(port), "{protocols:?} {cuts:?}");
        }
    }
    let mut stream = tls::connect(https, &root, &["http/1.1"]).await.expect("a handshake");
    assert_eq!(tls::get(&mut stream, "/health", "").await.0, 200, "HTTP is spoken on the same port");
    let mut stream = tls::connect(https, &root, &["something/else"]).await.expect("ALPN is never demanded");
    assert_eq!(tls::get(&mut stream, "/health", "").await.0, 200);
}

#[tokio::test]
async fn turn_that_is_off_closes_its_connections() {
    let server = Server::start_with(&[("server.name", NAME), ("listen.turn", "off")]).await;
    let https = server.ready().https.expect("HTTPS is on");
    let root = command::root(server.dir());
    let mut stream = tls::connect(https, &root, &[]).await.expect("a handshake");
    stream.write_all(&BINDING).await.expect("the server reads");
    let mut answer = Vec::new();
    let _ = timeout(LIMIT, stream.read_to_end(&mut answer)).await.expect("the connection was closed in time");
    assert!(answer.is_empty(), "{answer:?}");
}
