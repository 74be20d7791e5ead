//! HTTP/2, frame by frame: clients that only live, clients that take nothing, and floods.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{House, LIMIT, PATIENCE, Patience};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Types of frames (RFC 9113 §6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Error code 11, "the peer misbehaves".
const ENHANCE_YOUR_CALM: u32 = 11;

#[derive(Debug)]
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A literal header field (RFC 7541 §6.2.2), with a name of the static table at this place.
fn literal(name: u8, value: &[u8]) -> Vec<u8> {
    [&[name, u8::try_from(value.len()).unwrap()], value].concat()
}

/// A whole GET request for a path.
fn get(stream: u32, path: &str) -> Vec<u8> {
    // :method GET, :scheme http, then :path and :authority by name.
    let block = [&[0x82, 0x86][..], &literal(4, path.as_bytes()), &literal(1, b"a")].concat();
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &block)
}

struct Client {
    stream: TcpStream,
}

impl Client {
    /// Says the preface with these settings.
    async fn connect(address: SocketAddr, settings: &[(u16, u32)]) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let settings: Vec<u8> =
            settings.iter().flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect();
        stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &settings)].concat()).await.unwrap();
        Self { stream }
    }

    /// The server may have closed already, which is then seen by reading.
    async fn say(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    async fn next(&mut self) -> io::Result<Frame> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).await?;
        let [a, b, c, kind, flags, s1, s2, s3, s4] = head;
        let mut payload = vec![0; usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap()];
        self.stream.read_exact(&mut payload).await?;
        Ok(Frame { kind, flags, stream: u32::from_be_bytes([s1, s2, s3, s4]), payload })
    }

    /// Reads to the end, and does what a living client does: answers pings, and sends some itself. Gives back the code of
    /// the last GOAWAY, if there was one.
    async fn live_on(&mut self) -> Option<u32> {
        let mut code = None;
        let living = async {
            while let Ok(heard) = self.next().await {
                match (heard.kind, heard.flags & ACK) {
                    (SETTINGS, 0) => self.say(&frame(SETTINGS, ACK, 0, &[])).await,
                    (PING, 0) => self.say(&frame(PING, ACK, 0, &heard.payload)).await,
                    // The answer to ours: here is another one.
                    (PING, _) => self.say(&frame(PING, 0, 0, &heard.payload)).await,
                    (GOAWAY, _) => code = Some(u32::from_be_bytes(*heard.payload[4..].first_chunk().unwrap())),
                    _ => {}
                }
            }
        };
        timeout(LIMIT, living).await.expect("the connection was closed in time");
        code
    }

    /// The body of the answer on a stream.
    async fn answer(&mut self, stream: u32) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let frame = timeout(LIMIT, self.next()).await.unwrap().unwrap();
            if frame.stream == stream && frame.kind == DATA {
                body.extend_from_slice(&frame.payload);
            }
            if frame.stream == stream && frame.flags & END_STREAM != 0 {
                return body;
            }
        }
    }
}

#[tokio::test]
async fn requests_are_answered() {
    let house = House::start(10, Patience::default()).await;
    let mut client = Client::connect(house.address, &[]).await;
    client.say(&[get(1, "/peer"), get(3, "/peer")].concat()).await;
    assert_eq!(client.answer(1).await, b"127.0.0.1");
}

#[tokio::test]
async fn connection_that_only_pings_is_closed_in_order() {
    let house = House::start(10, PATIENCE).await;
    let mut client = Client::connect(house.address, &[]).await;
    client.say(&frame(PING, 0, 0, &[7; 8])).await;
    assert_eq!(client.live_on().await, Some(0), "no error");
    // Also after it was of use once.
    let mut client = Client::connect(house.address, &[]).await;
    client.say(&get(1, "/peer")).await;
    assert_eq!(client.answer(1).await, b"127.0.0.1");
    client.say(&frame(PING, 0, 0, &[7; 8])).await;
    assert_eq!(client.live_on().await, Some(0), "no error");
    house.wait_until("connections", 0).await;
}

#[tokio::test]
async fn long_poll_keeps_its_connection() {
    let house = House::start(10, PATIENCE).await;
    let mut client = Client::connect(house.address, &[]).await;
    client.say(&get(1, "/slow")).await;
    house.gate.reached.notified().await;
    let waited = timeout(PATIENCE.idle * 4, client.answer(1)).await;
    assert!(waited.is_err(), "it is not answered yet: {waited:?}");
    house.gate.open.add_permits(1);
    assert_eq!(client.answer(1).await, b"done");
}

#[tokio::test]
async fn client_that_opens_no_window_is_let_go() {
    let house = House::start(10, PATIENCE).await;
    // SETTINGS_INITIAL_WINDOW_SIZE: nothing may be sent to it.
    let mut client = Client::connect(house.address, &[(4, 0)]).await;
    client.say(&get(1, "/endless")).await;
    client.say(&frame(PING, 0, 0, &[7; 8])).await;
    client.live_on().await;
    house.wait_until("connections", 0).await;
}

#[tokio::test]
async fn streams_that_are_reset_at_once_end_the_connection() {
    let house = House::start(10, Patience::default()).await;
    let mut client = Client::connect(house.address, &[]).await;
    let flood: Vec<u8> = (0..500_u32)
        .flat_map(|n| [get(2 * n + 1, "/slow"), frame(RST_STREAM, 0, 2 * n + 1, &[0, 0, 0, 8])].concat())
        .collect();
    client.say(&flood).await;
    assert_eq!(client.live_on().await, Some(ENHANCE_YOUR_CALM));
}

#[tokio::test]
async fn headers_without_end_end_the_connection() {
    let house = House::start(10, Patience::default()).await;
    let mut client = Client::connect(house.address, &[]).await;
    client.say(&frame(HEADERS, END_STREAM, 1, &[0x82, 0x86])).await;
    let flood: Vec<u8> = (0..1_000).flat_map(|_| frame(CONTINUATION, 0, 1, &[])).collect();
    client.say(&flood).await;
    assert_eq!(client.live_on().await, Some(ENHANCE_YOUR_CALM));
}

#[tokio::test]
async fn headers_have_a_size() {
    let house = House::start(10, Patience::default()).await;
    let mut client = Client::connect(house.address, &[]).await;
    // Put into the table once (RFC 7541 §6.2.1), then named by one byte each: 100 bytes become 200,000.
    let mut block = vec![0x82, 0x86];
    block.extend(literal(4, b"/peer"));
    block.extend([0x40, 1, b'x', 100]);
    block.extend([b'y'; 100]);
    block.extend([0xBE; 2_000]);
    client.say(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &block)).await;
    assert_eq!(client.live_on().await, Some(ENHANCE_YOUR_CALM));
}
