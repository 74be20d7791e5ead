//! A server with a movable clock and clients that speak to it, for tests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use veche_base::Secret;
use veche_base::testing::SeededEntropy;

use crate::stun::{Algorithm, Class, LongTermKey, Message, MessageWriter, Method, attribute};
use crate::{
    AllowList, Config, Destination, FiveTuple, HEADROOM_BYTES, Limits, Network, Now, Outside, Packet, PeerPolicy,
    Server, TAILROOM_BYTES, Transport, credentials,
};

/// Where the SFU is.
pub(crate) const SINK: &str = "203.0.113.5:7882";
/// A peer that is allowed outside.
pub(crate) const OUTSIDE: &str = "198.51.100.200:40000";
/// How long credentials are good.
pub(crate) const CREDENTIALS_SECS: u64 = 300;
/// 2026-01-01.
const START_MS: u64 = 1_767_225_600_000;

/// Text to address.
pub(crate) fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// The secret of the server under test.
pub(crate) fn secret() -> Secret<Vec<u8>> {
    Secret::new(b"a shared secret".to_vec())
}

/// The settings of the server under test.
pub(crate) fn config() -> Config {
    Config {
        secrets: vec![secret()],
        credentials_lifetime: Duration::from_secs(CREDENTIALS_SECS),
        external_ipv4: Some("203.0.113.5".parse().unwrap()),
        external_ipv6: Some("2001:db8::5".parse().unwrap()),
        sinks: vec![at(SINK)],
        ..Config::default()
    }
}

/// A server and its time.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) now: Now,
    ids: u64,
}

impl World {
    /// A world in which 198.51.100.0/24 may be reached outside.
    pub(crate) fn new(config: Config) -> Self {
        let networks = vec![Network::new("198.51.100.0".parse().unwrap(), 24).unwrap()];
        let own = vec!["203.0.113.5".parse().unwrap(), "10.1.1.5".parse().unwrap()];
        let policy = AllowList::new(&config, own, Outside { internet: false, networks });
        Self::with_policy(config, Box::new(policy))
    }

    /// A world with another policy.
    pub(crate) fn with_policy(config: Config, policy: Box<dyn PeerPolicy>) -> Self {
        let server = Server::new(config, policy, Arc::new(SeededEntropy::new(7))).unwrap();
        Self { server, now: Now { monotonic: Duration::from_secs(1_000), wall_ms: START_MS }, ids: 0 }
    }

    /// A world with these limits.
    pub(crate) fn with_limits(limits: Limits) -> Self {
        Self::new(Config { limits, ..config() })
    }

    /// Lets time pass without telling the server.
    pub(crate) fn pass(&mut self, seconds: u64) {
        self.now.monotonic += Duration::from_secs(seconds);
        self.now.wall_ms += seconds * 1_000;
    }

    /// A new transaction id.
    pub(crate) fn id(&mut self) -> [u8; 12] {
        self.ids += 1;
        let mut id = [0; 12];
        id[4..].copy_from_slice(&self.ids.to_be_bytes());
        id
    }

    /// Feeds bytes of a client; what is relayed comes back.
    pub(crate) fn feed(&mut self, from: FiveTuple, bytes: &[u8]) -> Option<(Destination, Vec<u8>)> {
        let now = self.now;
        with_room(bytes, |packet| self.server.handle_datagram(now, from, packet))
    }

    /// Feeds bytes of a peer outside.
    pub(crate) fn feed_peer(&mut self, peer: SocketAddr, bytes: &[u8]) -> Option<(Destination, Vec<u8>)> {
        let now = self.now;
        with_room(bytes, |packet| self.server.handle_peer_datagram(now, peer, packet))
    }

    /// Feeds bytes of the SFU.
    pub(crate) fn feed_sink(&mut self, relayed: SocketAddr, bytes: &[u8]) -> Option<(Destination, Vec<u8>)> {
        let now = self.now;
        with_room(bytes, |packet| self.server.handle_sink_datagram(now, at(SINK), relayed, packet))
    }

    /// Feeds a request and takes the one answer, if there is one.
    pub(crate) fn ask(&mut self, from: FiveTuple, request: &[u8]) -> Option<Answer> {
        assert_eq!(self.feed(from, request), None);
        let answer = self.server.poll_transmit()?;
        assert_eq!(answer.to, Destination::Client(from));
        assert_eq!(self.server.poll_transmit(), None);
        assert_eq!(answer.bytes[8..20], request[8..20], "transaction id");
        Some(Answer(answer.bytes))
    }

    /// Whether bytes of a client have no effect that he could see.
    pub(crate) fn ask_silently(&mut self, from: FiveTuple, bytes: &[u8]) -> bool {
        self.feed(from, bytes).is_none() && self.server.poll_transmit().is_none()
    }

    /// A client that knows the realm and a nonce already.
    pub(crate) fn client(&mut self, transport: Transport, remote: &str, user: &str) -> Client {
        let (username, password) = credentials(&secret(), user, CREDENTIALS_SECS, self.now.wall_ms);
        let tuple = FiveTuple { transport, local: at("203.0.113.5:3478"), remote: at(remote) };
        let mut client = Client { tuple, username, password: password.into_exposed(), nonce: Vec::new() };
        client.learn_nonce(self);
        client
    }

    /// A client with an allocation, and its relayed address.
    pub(crate) fn allocated(&mut self, transport: Transport, remote: &str, user: &str) -> (Client, SocketAddr) {
        let client = self.client(transport, remote, user);
        let answer = client.allocate(self, &[]);
        assert_eq!(answer.code(), None);
        let relayed = answer.address(attribute::XOR_RELAYED_ADDRESS);
        (client, relayed)
    }
}

fn with_room(
    bytes: &[u8],
    handle: impl FnOnce(&mut Packet<'_>) -> Option<Destination>,
) -> Option<(Destination, Vec<u8>)> {
    let mut buffer = vec![0xEE; HEADROOM_BYTES];
    buffer.extend_from_slice(bytes);
    let end = buffer.len();
    buffer.resize(end + TAILROOM_BYTES, 0xEE);
    let mut packet = Packet::new(&mut buffer, HEADROOM_BYTES..end);
    let to = handle(&mut packet)?;
    Some((to, packet.bytes().to_vec()))
}

/// An answer of the server.
#[derive(Debug)]
pub(crate) struct Answer(pub(crate) Vec<u8>);

impl Answer {
    /// The message.
    pub(crate) fn message(&self) -> Message<'_> {
        Message::parse(&self.0).unwrap()
    }

    /// The error code; `None` for success.
    pub(crate) fn code(&self) -> Option<u16> {
        let message = self.message();
        let error = message.attribute(attribute::ERROR_CODE);
        assert_eq!(error.is_some(), message.class() == Class::Error);
        error.map(|error| u16::from(error.value[2]) * 100 + u16::from(error.value[3]))
    }

    /// The value of an attribute that must be there.
    pub(crate) fn value(&self, kind: u16) -> Vec<u8> {
        self.message().attribute(kind).unwrap().value.to_vec()
    }

    /// An address that must be there.
    pub(crate) fn address(&self, kind: u16) -> SocketAddr {
        let message = self.message();
        message.xor_address(&message.attribute(kind).unwrap()).unwrap()
    }
}

/// What a client knows.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) tuple: FiveTuple,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) nonce: Vec<u8>,
}

impl Client {
    /// Takes the nonce of a refusal.
    pub(crate) fn learn_nonce(&mut self, world: &mut World) {
        let id = world.id();
        let first = MessageWriter::new(Class::Request, Method::ALLOCATE, id)
            .attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0])
            .finish();
        let answer = world.ask(self.tuple, &first).unwrap();
        assert_eq!(answer.code(), Some(401));
        self.nonce = answer.value(attribute::NONCE);
    }

    /// The key of the long-term credential.
    pub(crate) fn key(&self) -> LongTermKey {
        LongTermKey::new(self.username.as_bytes(), b"turn", self.password.as_bytes())
    }

    /// A signed request with these attributes.
    pub(crate) fn request(&self, method: Method, id: [u8; 12], attributes: &[(u16, Vec<u8>)]) -> Vec<u8> {
        let writer = MessageWriter::new(Class::Request, method, id);
        let writer = attributes.iter().fold(writer, |writer, (kind, value)| writer.attribute(*kind, value));
        writer
            .attribute(attribute::USERNAME, self.username.as_bytes())
            .attribute(attribute::REALM, b"turn")
            .attribute(attribute::NONCE, &self.nonce)
            .integrity(Algorithm::Sha1, self.key().as_bytes())
            .fingerprint()
            .finish()
    }

    /// Sends a signed request; checks that the answer is signed too.
    pub(crate) fn ask(&self, world: &mut World, method: Method, attributes: &[(u16, Vec<u8>)]) -> Answer {
        let id = world.id();
        let answer = world.ask(self.tuple, &self.request(method, id, attributes)).unwrap();
        let message = answer.message();
        assert_eq!(message.fingerprint(), Some(true));
        if !matches!(answer.code(), Some(401 | 438)) {
            let integrity = message.attribute(attribute::MESSAGE_INTEGRITY).unwrap();
            assert!(message.is_intact(&integrity, self.key().as_bytes()));
        }
        answer
    }

    /// Sends an Allocate for UDP with more attributes.
    pub(crate) fn allocate(&self, world: &mut World, more: &[(u16, Vec<u8>)]) -> Answer {
        let mut attributes = vec![(attribute::REQUESTED_TRANSPORT, vec![17, 0, 0, 0])];
        attributes.extend_from_slice(more);
        self.ask(world, Method::ALLOCATE, &attributes)
    }

    /// Sends a Refresh.
    pub(crate) fn refresh(&self, world: &mut World, seconds: u32) -> Answer {
        self.ask(world, Method::REFRESH, &[(attribute::LIFETIME, seconds.to_be_bytes().to_vec())])
    }

    /// Sends a CreatePermission; the code of the answer.
    pub(crate) fn permit(&self, world: &mut World, peers: &[SocketAddr]) -> Option<u16> {
        let id = world.id();
        let peers: Vec<(u16, Vec<u8>)> =
            peers.iter().map(|peer| (attribute::XOR_PEER_ADDRESS, xor(*peer, id))).collect();
        world.ask(self.tuple, &self.request(Method::CREATE_PERMISSION, id, &peers)).unwrap().code()
    }

    /// Sends a ChannelBind; the code of the answer.
    pub(crate) fn bind(&self, world: &mut World, number: u16, peer: SocketAddr) -> Option<u16> {
        let id = world.id();
        let [high, low] = number.to_be_bytes();
        let attributes =
            [(attribute::CHANNEL_NUMBER, vec![high, low, 0, 0]), (attribute::XOR_PEER_ADDRESS, xor(peer, id))];
        world.ask(self.tuple, &self.request(Method::CHANNEL_BIND, id, &attributes)).unwrap().code()
    }

    /// Sends data in a Send indication.
    pub(crate) fn send(&self, world: &mut World, peer: SocketAddr, data: &[u8]) -> Option<(Destination, Vec<u8>)> {
        let id = world.id();
        let indication = MessageWriter::new(Class::Indication, Method::SEND, id)
            .xor_address(attribute::XOR_PEER_ADDRESS, peer)
            .attribute(attribute::DATA, data)
            .finish();
        world.feed(self.tuple, &indication)
    }

    /// Sends data on a channel.
    pub(crate) fn send_channel(&self, world: &mut World, number: u16, data: &[u8]) -> Option<(Destination, Vec<u8>)> {
        let mut frame = crate::channel_data::header(number, data.len()).unwrap().to_vec();
        frame.extend_from_slice(data);
        if self.tuple.transport.is_stream() {
            frame.resize(frame.len().next_multiple_of(4), 0);
        }
        world.feed(self.tuple, &frame)
    }
}

/// The value of an XOR address attribute.
pub(crate) fn xor(address: SocketAddr, id: [u8; 12]) -> Vec<u8> {
    let written = MessageWriter::new(Class::Request, Method::BINDING, id)
        .xor_address(attribute::XOR_PEER_ADDRESS, address)
        .finish();
    written[24..].to_vec()
}

/// Takes a Data indication apart.
pub(crate) fn data_of(bytes: &[u8]) -> (SocketAddr, Vec<u8>) {
    let message = Message::parse(bytes).unwrap();
    assert_eq!((message.class(), message.method()), (Class::Indication, Method::DATA));
    let peer = message.xor_address(&message.attribute(attribute::XOR_PEER_ADDRESS).unwrap()).unwrap();
    (peer, message.attribute(attribute::DATA).unwrap().value.to_vec())
}
