//! Port 80, connections that a proxy passes on, and clients that dawdle.

use std::net::SocketAddr;
use std::ops::RangeInclusive;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use veche_test_harness::{Client, LIMIT, Server};

use crate::{NAME, command, tls};

/// What the proxy writes before everything else (PROXY protocol, version 2).
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

fn port_80(server: &Server) -> SocketAddr {
    server.ready().line["redirect"].as_str().and_then(|address| address.parse().ok()).expect("port 80 is on")
}

/// Sends bytes, and reads until the other side closes.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    // Whoever is refused may be closed before he has said all.
    let _ = stream.write_all(bytes).await;
    rest(stream).await
}

/// Everything until the other side closes; a reset is an end, too.
async fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = timeout(LIMIT, stream.read_to_end(&mut answer)).await.expect("the connection was closed in time");
    String::from_utf8_lossy(&answer).into_owned()
}

/// The header of a proxy that speaks for a client with this address.
fn header(client: SocketAddr, server: SocketAddr) -> Vec<u8> {
    let (family, addresses) = match (client, server) {
        (SocketAddr::V4(client), SocketAddr::V4(server)) => {
            (0x11, [client.ip().octets(), server.ip().octets()].concat())
        }
        (SocketAddr::V6(client), SocketAddr::V6(server)) => {
            (0x21, [client.ip().octets(), server.ip().octets()].concat())
        }
        _ => unreachable!("both ends are of one family"),
    };
    let ports = [client.port().to_be_bytes(), server.port().to_be_bytes()].concat();
    let length = u16::try_from(addresses.len() + ports.len()).expect("addresses are short").to_be_bytes();
    [&SIGNATURE[..], &[0x21, family], &length, &addresses, &ports].concat()
}

#[tokio::test]
async fn port_80_sends_browsers_to_our_own_name_and_nobody_elsewhere() {
    let settings =
        [("listen.redirect", "127.0.0.1:0"), ("server.name", NAME), ("server.public_url", "https://chat.example.org")];
    let server = Server::start_with(&settings).await;
    let address = port_80(&server);
    for (request, status, location) in [
        ("GET /a/b?c=%2F HTTP/1.1\r\nhost: evil.example", 308, Some("https://chat.example.org/a/b?c=%2F")),
        ("HEAD / HTTP/1.1\r\nhost: chat.example.org", 308, Some("https://chat.example.org/")),
        ("GET http://evil.example/x HTTP/1.1\r\nhost: evil.example", 308, Some("https://chat.example.org/x")),
        ("GET //evil.example/ HTTP/1.1\r\nhost: a", 308, Some("https://chat.example.org//evil.example/")),
        ("GET / HTTP/1.0", 308, Some("https://chat.example.org/")),
        ("GET /.well-known/acme-challenge/unknown HTTP/1.1\r\nhost: a", 404, None),
        (
            "GET /.well-known/veche/root-ca.pem HTTP/1.1\r\nhost: a",
            308,
            Some("https://chat.example.org/.well-known/veche/root-ca.pem"),
        ),
        ("GET /health HTTP/1.1\r\nhost: a", 308, Some("https://chat.example.org/health")),
        ("POST /_matrix/client/v3/login HTTP/1.1\r\nhost: a\r\ncontent-length: 0", 403, None),
        ("OPTIONS / HTTP/1.1\r\nhost: a", 403, None),
    ] {
        let answer = exchange(address, format!("{request}\r\n\r\n").as_bytes()).await;
        assert_eq!(answer.split(' ').nth(1), Some(status.to_string().as_str()), "{request}: {answer}");
        let found = answer.lines().find_map(|line| line.strip_prefix("location: "));
        assert_eq!(found, location, "{request}: {answer}");
    }
    for garbage in [&b"\x16\x03\x01\x02\0\x01\0\x01\xFC\x03\x03"[..], b"\0\x01\0\0\x21\x12\xA4\x42", b"GET /\r\n\r\n"] {
        let answer = exchange(address, garbage).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
}

#[tokio::test]
async fn redirect_that_leads_nowhere_stops_the_start() {
    for settings in [
        &[("listen.redirect", "127.0.0.1:0"), ("server.public_url", "http://chat.example.org")][..],
        &[("listen.redirect", "127.0.0.1:0"), ("listen.https", "off")],
    ] {
        let local = [
            ("listen.http", "127.0.0.1:0"),
            ("listen.https", "127.0.0.1:0"),
            ("listen.turn", "off"),
            ("listen.sfu", "off"),
        ];
        let log = Server::try_start_with(&[&local[..], settings].concat()).await.err().expect("it refuses");
        assert!(log.contains("listen.redirect: it sends browsers to https"), "{log}");
    }
}

#[tokio::test]
async fn listed_proxy_says_for_whom_it_connects() {
    let settings = [("server.name", NAME), ("network.proxy_protocol_from", r#"["127.0.0.1", "10.0.0.0/8"]"#)];
    let server = Server::start_with(&settings).await;
    let https = server.ready().https.expect("HTTPS is on");
    let root = command::root(server.dir());
    // Plain HTTP is for this machine: no proxy passes strangers on to it.
    let alice = server.user("alice").await;
    let authorization = format!("authorization: Bearer {}\r\n", alice.access_token);
    for client in ["203.0.113.9:49153", "[2001:db8::9]:49153"] {
        let client: SocketAddr = client.parse().expect("an address");
        let meant = if client.is_ipv4() { "198.51.100.1:443" } else { "[2001:db8::1]:443" };
        let mut stream = TcpStream::connect(https).await.expect("the server listens");
        let introduction = header(client, meant.parse().expect("an address"));
        // In two pieces, as a slow network brings them.
        stream.write_all(&introduction[..7]).await.expect("the server reads");
        stream.flush().await.expect("the server reads");
        stream.write_all(&introduction[7..]).await.expect("the server reads");
        let mut stream = tls::handshake(stream, &root, &["http/1.1"]).await.expect("the handshake follows the header");
        let (status, devices) = tls::get(&mut stream, "/_matrix/client/v3/devices", &authorization).await;
        let devices: serde_json::Value = serde_json::from_str(&devices).expect("JSON");
        assert_eq!((status, &devices["devices"][0]["last_seen_ip"]), (200, &client.ip().to_string().into()));
    }
    // The proxy looks whether the server lives.
    let mut stream = TcpStream::connect(https).await.expect("the server listens");
    stream.write_all(&[&SIGNATURE[..], &[0x20, 0, 0, 0]].concat()).await.expect("the server reads");
    let mut stream = tls::handshake(stream, &root, &["http/1.1"]).await.expect("the handshake follows the header");
    assert_eq!(tls::get(&mut stream, "/health", "").await.0, 200);
    // It may not be left out.
    assert!(tls::connect(https, &root, &[]).await.is_err());
    assert_eq!(exchange(https, b"PROXY TCP4 203.0.113.9 198.51.100.1 1 443\r\n").await, "");
}

#[tokio::test]
async fn header_of_an_unlisted_proxy_is_no_header() {
    let settings = [
        ("server.name", NAME),
        ("listen.redirect", "127.0.0.1:0"),
        ("network.proxy_protocol_from", r#"["10.0.0.0/8"]"#),
    ];
    let server = Server::start_with(&settings).await;
    let https = server.ready().https.expect("HTTPS is on");
    let root = command::root(server.dir());
    let forged = header("203.0.113.9:1".parse().expect("an address"), "198.51.100.1:443".parse().expect("an address"));
    let mut stream = TcpStream::connect(https).await.expect("the server listens");
    stream.write_all(&forged).await.expect("the server reads");
    assert!(tls::handshake(stream, &root, &["http/1.1"]).await.is_err());
    let answer = exchange(port_80(&server), &[&forged[..], b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"].concat()).await;
    assert!(!answer.contains("308"), "{answer}");
    let mut stream = tls::connect(https, &root, &["http/1.1"]).await.expect("everybody else comes as always");
    assert_eq!(tls::get(&mut stream, "/health", "").await.0, 200);
}

#[tokio::test]
async fn header_fields_of_a_proxy_are_believed_from_listed_networks_only() {
    for (listed, seen, hsts) in [(r#"["127.0.0.0/8"]"#, "203.0.113.9", true), (r#"["10.0.0.0/8"]"#, "127.0.0.1", false)]
    {
        let server = Server::start_with(&[("network.trusted_proxies", listed)]).await;
        let alice = server.user("alice").await;
        let request = alice
            .request(reqwest::Method::GET, "/_matrix/client/v3/devices")
            .header("x-forwarded-for", "198.51.100.7, 203.0.113.9")
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-host", "evil.example");
        let answer = alice.answer(request).await;
        assert_eq!(answer.headers.contains_key("strict-transport-security"), hsts, "{listed}");
        assert_eq!(answer.ok()["devices"][0]["last_seen_ip"], seen, "{listed}");
        let request = alice.request(reqwest::Method::GET, "/.well-known/matrix/client");
        let answer = alice.answer(request.header("x-forwarded-host", "evil.example")).await;
        assert!(!answer.ok().to_string().contains("evil.example"), "{listed}");
    }
}

/// Everybody who dawdles at once, so that the waiting is done once.
#[tokio::test]
async fn clients_that_dawdle_are_closed_and_hold_nobody_up() {
    let server = Server::start_with(&[("server.name", NAME), ("listen.redirect", "127.0.0.1:0")]).await;
    let https = server.ready().https.expect("HTTPS is on");
    let root = command::root(server.dir());
    let hello = b"\x16\x03\x01\x02\0\x01\0\x01\xFC\x03\x03";
    let mut silent = Vec::new();
    for _ in 0..50 {
        for (address, words) in [(https, &b""[..]), (https, &hello[..]), (port_80(&server), b"GET / HT")] {
            let mut stream = TcpStream::connect(address).await.expect("the server listens");
            stream.write_all(words).await.expect("the server reads");
            silent.push(stream);
        }
    }
    let mut after_handshake = Vec::new();
    for words in [&b""[..], b"\0", b"G", b"GET / HTTP/1.1\r\nx-slow: ", b"PRI * HTTP/2.0\r\n\r\nSM\r\n"] {
        let mut stream = tls::connect(https, &root, &["http/1.1"]).await.expect("a handshake");
        stream.write_all(words).await.expect("the server reads");
        after_handshake.push(stream);
    }
    let mut lively = tls::connect(https, &root, &["http/1.1"]).await.expect("a handshake");
    assert_eq!(tls::get(&mut lively, "/health", "").await.0, 200);
    until_open(&server, "redirect", 50..=50).await;
    for stream in silent {
        rest(stream).await;
    }
    for mut stream in after_handshake {
        let mut answer = Vec::new();
        let _ = timeout(LIMIT, stream.read_to_end(&mut answer)).await.expect("the connection was closed in time");
    }
    until_open(&server, "redirect", 0..=0).await;
    // The one that asks for the metrics, and the lively one, which may say nothing for longer between two requests.
    until_open(&server, "server", 1..=2).await;
    assert_eq!(tls::get(&mut lively, "/health", "").await.0, 200);
}

/// Waits until so many connections to a listener are open.
async fn until_open(server: &Server, listener: &str, wanted: RangeInclusive<u32>) {
    let client = Client::anonymous(&server.base_url());
    let name = format!("veche_{listener}_connections ");
    let waiting = async {
        loop {
            let metrics = String::from_utf8(client.get("/metrics").await.bytes).expect("metrics are text");
            let open = metrics.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok());
            if wanted.contains(&open.expect("connections are counted")) {
                return;
            }
        }
    };
    timeout(LIMIT, waiting).await.unwrap_or_else(|_| panic!("{wanted:?} connections of {listener} are not reached"));
}
