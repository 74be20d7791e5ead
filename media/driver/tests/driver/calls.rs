//! Calls over TCP, and probes of their sockets: whatever stands on a connection, and however it comes, the others are served.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use livekit_protocol::signal_response::Message as Said;
use livekit_protocol::{JoinRequest, SessionDescription, SignalResponse};
use prost::Message as _;
use veche_base::metrics::Registry;
use veche_base::{Clock, Secret};
use veche_media_driver::{
    Arrival, Connection, Grants, IceServer, IceServers, Outbox, Probe, Protocol, SfuDriver, SfuLimits, SfuSettings,
    Way, Whereabouts,
};
use veche_runtime::{OsEntropy, SystemClock};
use veche_turn::stun::{Algorithm, Class, Message, MessageWriter, Method, TransactionId, attribute};

use crate::site::{PATIENCE, at};

/// A client with a data channel and a line for sound.
const OFFER: &str = "v=0\r\n\
o=- 1 2 IN IP4 127.0.0.1\r\n\
s=-\r\n\
t=0 0\r\n\
a=group:BUNDLE 0 1\r\n\
m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n\
c=IN IP4 0.0.0.0\r\n\
a=ice-ufrag:Chrm\r\n\
a=ice-pwd:asd88fgpdd777uzjYhagZg1x\r\n\
a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08\r\n\
a=setup:actpass\r\n\
a=mid:0\r\n\
a=sctp-port:5000\r\n\
m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
c=IN IP4 0.0.0.0\r\n\
a=ice-ufrag:Chrm\r\n\
a=ice-pwd:asd88fgpdd777uzjYhagZg1x\r\n\
a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08\r\n\
a=setup:actpass\r\n\
a=mid:1\r\n\
a=recvonly\r\n\
a=rtcp-mux\r\n\
a=rtpmap:111 opus/48000/2\r\n";

struct NoRelays;

impl IceServers for NoRelays {
    fn for_participant(&self, _: &str) -> Vec<IceServer> {
        Vec::new()
    }
}

struct Ear(Sender<Vec<u8>>);

impl Outbox for Ear {
    fn send(&self, message: Vec<u8>) -> bool {
        self.0.send(message).is_ok()
    }
}

/// A running SFU. It is stopped when the test ends.
struct Sfu {
    driver: SfuDriver,
    registry: Registry,
}

/// Somebody in a call, as far as ICE.
struct Guest {
    ufrag: String,
    pwd: String,
    answer: String,
    _connection: Connection,
    _heard: Receiver<Vec<u8>>,
}

impl Sfu {
    fn start(limits: SfuLimits) -> Self {
        let settings = SfuSettings {
            listen: vec![at("127.0.0.1:0")],
            listen_tcp: vec![at("127.0.0.1:0")],
            whereabouts: Whereabouts::default(),
            bridge: None,
            limits,
        };
        let (clock, entropy, registry) = (Arc::new(SystemClock::new()), Arc::new(OsEntropy), Registry::new());
        let driver = SfuDriver::start(settings, Box::new(NoRelays), Box::new(drop), clock, entropy, &registry).unwrap();
        Self { driver, registry }
    }

    fn tcp(&self) -> SocketAddr {
        self.driver.tcp_addresses()[0]
    }

    fn join(&self, identity: &str) -> Guest {
        let (mouth, heard) = channel();
        let offer =
            SessionDescription { r#type: "offer".to_owned(), sdp: OFFER.to_owned(), id: 1, ..Default::default() };
        let request = JoinRequest { publisher_offer: Some(offer), ..JoinRequest::default() };
        let arrival = Arrival { request, protocol: Protocol::One };
        let grants = Grants::participant(identity, "room");
        let connection = self.driver.handle().join(grants, arrival, Box::new(Ear(mouth))).unwrap();
        loop {
            let said = SignalResponse::decode(&heard.recv_timeout(PATIENCE).unwrap()[..]).unwrap();
            if let Some(Said::Answer(SessionDescription { sdp, .. })) = said.message {
                let word = |name: &str| sdp.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
                let (ufrag, pwd) = (word("a=ice-ufrag:"), word("a=ice-pwd:"));
                return Guest { ufrag, pwd, answer: sdp, _connection: connection, _heard: heard };
            }
        }
    }

    /// What the SFU's thread has come to when it has done all that was asked before.
    fn wait(&self) {
        let (done, is_done) = channel();
        self.driver.handle().echo(Box::new(move || done.send(()).unwrap())).unwrap();
        is_done.recv_timeout(PATIENCE).unwrap();
    }

    fn metric(&self, name: &str) -> u64 {
        let text = self.registry.encode();
        let found = ["_total", ""].iter().find_map(|end| {
            let start = format!("veche_sfu_{name}{end} ");
            text.lines().find_map(|line| line.strip_prefix(&start).map(str::to_owned))
        });
        found.unwrap_or_else(|| panic!("there is no metric {name} in\n{text}")).parse().unwrap()
    }

    fn wait_until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let clock = SystemClock::new();
        let end = clock.monotonic() + PATIENCE;
        while !is_so(self) {
            assert!(clock.monotonic() < end, "{what}\n{}", self.registry.encode());
            self.wait();
        }
    }
}

impl Guest {
    /// A check of ICE, as the client signs it.
    fn check(&self, id: u8) -> Vec<u8> {
        check(&format!("{}:Chrm", self.ufrag), &self.pwd, [id; 12])
    }
}

fn check(username: &str, pwd: &str, id: TransactionId) -> Vec<u8> {
    MessageWriter::new(Class::Request, Method::BINDING, id)
        .attribute(attribute::USERNAME, username.as_bytes())
        // PRIORITY, ICE-CONTROLLING and USE-CANDIDATE.
        .attribute(0x0024, &[0x6E, 0, 0, 0xFF])
        .attribute(0x802A, &[1; 8])
        .attribute(0x0025, &[])
        .integrity(Algorithm::Sha1, pwd.as_bytes())
        .fingerprint()
        .finish()
}

fn framed(packet: &[u8]) -> Vec<u8> {
    [&u16::try_from(packet.len()).unwrap().to_be_bytes(), packet].concat()
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// The next packet on a connection; nothing, if the server has closed it.
fn next(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 2];
    match stream.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => return None,
        Err(error) => panic!("{error}"),
    }
    let mut packet = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut packet).unwrap();
    Some(packet)
}

/// Waits for the answer to a check among what else comes.
fn assert_answered(stream: &mut TcpStream, id: u8) {
    loop {
        let packet = next(stream).expect("the connection lives");
        if let Ok(message) = Message::parse(&packet)
            && (message.class(), message.transaction_id()) == (Class::Success, [id; 12])
        {
            return;
        }
    }
}

#[test]
fn a_check_on_a_connection_is_answered_there_however_it_is_cut() {
    let sfu = Sfu::start(SfuLimits::default());
    let anna = sfu.join("anna");
    let port = sfu.tcp().port();
    let candidates: Vec<&str> = anna.answer.lines().filter(|line| line.starts_with("a=candidate:")).collect();
    let of = |word: &str| candidates.iter().find(|line| line.contains(word)).unwrap();
    assert!(
        of(" tcp ").ends_with(&format!(" 127.0.0.1 {port} typ host tcptype passive generation 0")),
        "{candidates:?}"
    );
    let priority = |line: &str| line.split(' ').nth(3).unwrap().parse::<u32>().unwrap();
    assert!(priority(of(" tcp ")) < priority(of(" udp ")));
    let frame = framed(&anna.check(1));
    for cut in 0..=frame.len() {
        let mut stream = connect(sfu.tcp());
        stream.write_all(&frame[..cut]).unwrap();
        sfu.wait();
        stream.write_all(&frame[cut..]).unwrap();
        assert_answered(&mut stream, 1);
    }
}

#[test]
fn what_is_nobodys_is_closed_at_once() {
    let sfu = Sfu::start(SfuLimits::default());
    let anna = sfu.join("anna");
    let whole = anna.check(1);
    let unsigned = MessageWriter::new(Class::Request, Method::BINDING, [1; 12])
        .attribute(attribute::USERNAME, format!("{}:Chrm", anna.ufrag).as_bytes())
        .finish();
    let first: [Vec<u8>; 8] = [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00".to_vec(),
        b"\xFF\xFF".to_vec(),
        vec![0, 0],
        framed(&[0x80; 40]),
        framed(&unsigned),
        framed(&check(&format!("{}:Chrm", anna.ufrag), "guessed", [1; 12])),
        framed(&check("nobody:Chrm", &anna.pwd, [1; 12])),
    ];
    for bytes in &first {
        let mut stream = connect(sfu.tcp());
        stream.write_all(bytes).unwrap();
        assert_eq!(next(&mut stream), None, "{bytes:?}");
    }
    assert_eq!(sfu.metric("streams_strange"), u64::try_from(first.len()).unwrap());
    // Whoever has been let in once is no stranger, but a packet of his own needs no connection of others.
    let mut stream = connect(sfu.tcp());
    stream.write_all(&framed(&whole)).unwrap();
    assert_answered(&mut stream, 1);
}

#[test]
fn who_never_says_who_he_is_is_closed_and_so_is_who_begins_to() {
    let sfu = Sfu::start(SfuLimits { stream_idle: Duration::from_secs(1), ..SfuLimits::default() });
    let anna = sfu.join("anna");
    let mut known = connect(sfu.tcp());
    known.write_all(&framed(&anna.check(1))).unwrap();
    assert_answered(&mut known, 1);
    let frame = framed(&anna.check(2));
    for begun in [0, 1, 2, frame.len() - 1] {
        let mut stream = connect(sfu.tcp());
        stream.write_all(&frame[..begun]).unwrap();
        assert_eq!(next(&mut stream), None, "after {begun} bytes");
    }
    // His connection has been silent for as long, and is his.
    known.write_all(&framed(&anna.check(3))).unwrap();
    assert_answered(&mut known, 3);
    // It ends when he has gone.
    drop(anna);
    sfu.driver.handle().remove("room", "anna").unwrap();
    while next(&mut known).is_some() {}
    sfu.wait_until("nothing is left", |sfu| sfu.metric("streams") == 0);
}

#[test]
fn the_longest_frame_is_passed_over_and_what_follows_is_heard() {
    let sfu = Sfu::start(SfuLimits::default());
    let anna = sfu.join("anna");
    let mut stream = connect(sfu.tcp());
    stream.write_all(&framed(&anna.check(1))).unwrap();
    assert_answered(&mut stream, 1);
    stream.write_all(&framed(&vec![0x80; 65_535])).unwrap();
    stream.write_all(&[0, 0]).unwrap();
    stream.write_all(&framed(&anna.check(2))).unwrap();
    assert_answered(&mut stream, 2);
    // As the first, it is too long for anybody.
    let mut stream = connect(sfu.tcp());
    stream.write_all(&65_535_u16.to_be_bytes()).unwrap();
    assert_eq!(next(&mut stream), None);
}

#[test]
fn a_connection_that_breaks_in_the_middle_of_a_frame_leaves_nothing() {
    let sfu = Sfu::start(SfuLimits::default());
    let anna = sfu.join("anna");
    for id in 1..=20 {
        let mut stream = connect(sfu.tcp());
        stream.write_all(&framed(&anna.check(id))).unwrap();
        assert_answered(&mut stream, id);
        stream.write_all(&[4, 0, 0x80, 0x80]).unwrap();
        // Closing with something unread resets it.
        stream.write_all(&framed(&anna.check(id))).unwrap();
        drop(stream);
    }
    sfu.wait_until("all are closed", |sfu| sfu.metric("streams") == 0);
    let mut stream = connect(sfu.tcp());
    stream.write_all(&framed(&anna.check(99))).unwrap();
    assert_answered(&mut stream, 99);
}

#[test]
fn one_address_has_so_many_connections_and_no_more() {
    let sfu = Sfu::start(SfuLimits { streams_per_address_max: 2, ..SfuLimits::default() });
    let anna = sfu.join("anna");
    let mut held: Vec<TcpStream> = Vec::new();
    for id in 1..=2 {
        let mut stream = connect(sfu.tcp());
        stream.write_all(&framed(&anna.check(id))).unwrap();
        assert_answered(&mut stream, id);
        held.push(stream);
    }
    assert_eq!(next(&mut connect(sfu.tcp())), None);
    assert_eq!(sfu.metric("streams_refused"), 1);
    held.pop();
    sfu.wait_until("one has gone", |sfu| sfu.metric("streams") == 1);
    let mut stream = connect(sfu.tcp());
    stream.write_all(&framed(&anna.check(3))).unwrap();
    assert_answered(&mut stream, 3);
}

#[test]
fn who_does_not_read_his_answers_is_closed_and_the_others_are_served() {
    let sfu = Sfu::start(SfuLimits::default());
    let (anna, boris) = (sfu.join("anna"), sfu.join("boris"));
    let mut stuck = connect(sfu.tcp());
    let checks: Vec<u8> = (0..=255).flat_map(|id| framed(&anna.check(id))).collect();
    // Neither side waits for the other: the server hangs up.
    stuck.set_write_timeout(Some(PATIENCE)).unwrap();
    let end = loop {
        if let Err(error) = stuck.write_all(&checks) {
            break error.kind();
        }
    };
    assert!(matches!(end, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{end}");
    let mut stream = connect(sfu.tcp());
    stream.write_all(&framed(&boris.check(1))).unwrap();
    assert_answered(&mut stream, 1);
}

#[test]
fn the_way_of_another_is_not_taken_with_a_forged_check() {
    let sfu = Sfu::start(SfuLimits::default());
    let (anna, boris) = (sfu.join("anna"), sfu.join("boris"));
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.connect(sfu.driver.addresses()[0]).unwrap();
    let exchange = |request: &[u8]| {
        socket.send(request).unwrap();
        let mut answer = [0; 2_000];
        let length = socket.recv(&mut answer).unwrap();
        Message::parse(&answer[..length]).map(|message| message.transaction_id()).ok()
    };
    assert_eq!(exchange(&anna.check(1)), Some([1; 12]));
    // It comes from Anna's address and names Boris, who has not signed it.
    let before = sfu.metric("dropped_strangers");
    socket.send(&check(&format!("{}:Chrm", boris.ufrag), "guessed", [2; 12])).unwrap();
    sfu.wait_until("it is a stranger's", |sfu| sfu.metric("dropped_strangers") == before + 1);
    assert_eq!(exchange(&anna.check(3)), Some([3; 12]));
    assert_eq!(exchange(&boris.check(4)), Some([4; 12]), "what he signs is his");
}

#[test]
fn a_probe_is_answered_on_both_sockets_and_a_strangers_is_not() {
    let sfu = Sfu::start(SfuLimits::default());
    let probe = Probe { ufrag: "a name that nobody knows".to_owned(), pwd: Secret::new("a password".to_owned()) };
    sfu.driver.handle().expect_probe(probe).unwrap();
    sfu.wait();
    let good = check("a name that nobody knows:x", "a password", [7; 12]);
    let is_signed = |answer: &[u8]| {
        let answer = Message::parse(answer).unwrap();
        let integrity = answer.attribute(attribute::MESSAGE_INTEGRITY).unwrap();
        answer.transaction_id() == [7; 12] && answer.is_intact(&integrity, b"a password")
    };
    let mut stream = connect(sfu.tcp());
    for _ in 0..2 {
        stream.write_all(&framed(&good)).unwrap();
        assert!(is_signed(&next(&mut stream).unwrap()));
    }
    // It makes nobody known.
    stream.write_all(&framed(&[0x80; 40])).unwrap();
    assert_eq!(next(&mut stream), None);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.connect(sfu.driver.addresses()[0]).unwrap();
    let before = sfu.metric("dropped_strangers");
    for bad in [check("a name that nobody knows:x", "guessed", [1; 12]), check("another:x", "a password", [1; 12])] {
        socket.send(&bad).unwrap();
    }
    sfu.wait_until("they are strangers'", |sfu| sfu.metric("dropped_strangers") == before + 2);
    socket.send(&good).unwrap();
    let mut answer = [0; 2_000];
    let length = socket.recv(&mut answer).unwrap();
    assert!(is_signed(&answer[..length]), "the first answer is to the good one");
}

#[test]
fn the_way_that_is_told_is_tcp() {
    let sfu = Sfu::start(SfuLimits::default());
    let anna = sfu.join("anna");
    let mut stream = connect(sfu.tcp());
    stream.write_all(&framed(&anna.check(1))).unwrap();
    assert_answered(&mut stream, 1);
    // A report of RTCP, which nobody can read without keys, is told by its first bytes.
    stream.write_all(&framed(&[0x81, 201, 0, 7, 0, 0, 0, 0])).unwrap();
    stream.write_all(&framed(&anna.check(2))).unwrap();
    assert_answered(&mut stream, 2);
    let (tell, told) = channel();
    sfu.driver.handle().list(Box::new(move |rooms| tell.send(rooms).unwrap())).unwrap();
    assert_eq!(told.recv_timeout(PATIENCE).unwrap()[0].members[0].way, Some(Way::Tcp));
    sfu.wait_until("the metric says so", |sfu| sfu.metric("participants_tcp") == 1);
}
