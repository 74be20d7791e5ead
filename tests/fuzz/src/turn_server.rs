//! The TURN server core, driven by a script of datagrams, requests with the right password, and time.
//!
//! Random bytes never guess a password, so the script also has steps whose attributes are the input's and whose
//! integrity is right: what stands behind the password is reached as well.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use veche_base::Secret;
use veche_base::testing::SeededEntropy;
use veche_turn::stun::{Algorithm, Class, LongTermKey, Message, MessageWriter, Method, attribute};
use veche_turn::{
    AllowList, Config, Destination, FiveTuple, HEADROOM_BYTES, Limits, Network, Now, Occupancy, Outside, Packet,
    Server, TAILROOM_BYTES, Transport, credentials,
};

const REALM: &str = "turn";
/// 2026-01-01.
const START_MS: u64 = 1_767_225_600_000;
/// How long credentials are good.
const CREDENTIALS_SECS: u64 = 86_400;
/// Steps after which a script ends: enough for every order of things, few enough to be quick.
const STEPS_MAX: usize = 64;
/// Whose the clients are.
const USERS: [&str; 4] = ["alice.phone", "alice.phone", "alice.desk", "bob"];
const SINK: &str = "203.0.113.5:7882";
const METHODS: [Method; 6] =
    [Method::BINDING, Method::ALLOCATE, Method::REFRESH, Method::SEND, Method::CREATE_PERMISSION, Method::CHANNEL_BIND];

/// Each step is one byte that says what, one that says who or how, one of length, and so many bytes.
pub fn feed(input: &[u8]) {
    let mut world = World::new();
    let mut rest = input;
    for _ in 0..STEPS_MAX {
        let Some(([what, who, length], more)) = rest.split_first_chunk::<3>() else { break };
        let (bytes, more) = more.split_at(usize::from(*length).min(more.len()));
        rest = more;
        world.step(*what, *who, bytes);
        world.check();
    }
    world.end();
}

fn at(text: &str) -> SocketAddr {
    text.parse().expect("an address of this file")
}

struct World {
    server: Server,
    limits: Limits,
    now: Now,
    clients: [Client; 4],
    transactions: u64,
}

struct Client {
    tuple: FiveTuple,
    username: String,
    key: LongTermKey,
    nonce: Vec<u8>,
}

impl World {
    fn new() -> Self {
        // Small, so that they are reached.
        let limits = Limits {
            allocations_max: 3,
            permissions_max: 3,
            channels_max: 2,
            outside_peers_max: 3,
            barred_users_max: 2,
            ..Limits::default()
        };
        let secret = Secret::new(b"a shared secret".to_vec());
        let config = Config {
            realm: REALM.to_owned(),
            secrets: vec![secret],
            credentials_lifetime: Duration::from_secs(CREDENTIALS_SECS),
            external_ipv4: Some([203, 0, 113, 5].into()),
            external_ipv6: Some("2001:db8::5".parse().expect("an address of this file")),
            sinks: vec![at(SINK)],
            limits: limits.clone(),
            ..Config::default()
        };
        let networks = vec![Network::new([198, 51, 100, 0].into(), 24).expect("a prefix of IPv4")];
        let outside = Outside { internet: false, networks };
        let policy = AllowList::new(&config, vec![[203, 0, 113, 5].into()], outside);
        let clients = [
            (Transport::Udp, "198.51.100.10:5000"),
            (Transport::Udp, "[2001:db8:1::7]:5001"),
            (Transport::Tcp, "192.0.2.9:5002"),
            (Transport::Tls, "192.0.2.10:5003"),
        ];
        let mut users = USERS.into_iter();
        let clients = clients.map(|(transport, remote)| {
            Client::new(&config, transport, at(remote), users.next().expect("each client has a user"))
        });
        let server = Server::new(config, Box::new(policy), Arc::new(SeededEntropy::new(7)));
        let server = server.expect("the settings of this file are right");
        let now = Now { monotonic: Duration::from_secs(1_000), wall_ms: START_MS };
        Self { server, limits, now, clients, transactions: 0 }
    }

    fn step(&mut self, what: u8, who: u8, bytes: &[u8]) {
        let client = usize::from(who & 3);
        match what % 8 {
            0 => self.datagram(client, bytes),
            1 | 2 => {
                let method = METHODS[usize::from(who >> 2) % METHODS.len()];
                let request = self.signed(client, method, bytes);
                self.datagram(client, &request);
            }
            3 => {
                let id = self.transaction();
                let class = if who & 4 == 0 { Class::Indication } else { Class::Request };
                let method = METHODS[usize::from(who >> 3) % METHODS.len()];
                let plain = with_attributes(MessageWriter::new(class, method, id), bytes).finish();
                self.datagram(client, &plain);
            }
            4 => {
                let peer = SocketAddr::new([198, 51, 100, who].into(), 40_000);
                let now = self.now;
                with_room(bytes, |packet| self.server.handle_peer_datagram(now, peer, packet));
            }
            5 => {
                let relayed = SocketAddr::new([203, 0, 113, 5].into(), 49_152 + u16::from(who));
                let now = self.now;
                with_room(bytes, |packet| self.server.handle_sink_datagram(now, at(SINK), relayed, packet));
            }
            6 => self.pass(u64::from(who) * 4),
            _ if who & 4 == 0 => {
                let tuple = self.clients[client].tuple;
                self.server.connection_closed(&tuple);
            }
            _ if who & 8 == 0 => self.server.bar(self.now, USERS[client]),
            _ => self.server.bar_all_but(self.now, vec![USERS[client].to_owned()]),
        }
    }

    fn pass(&mut self, seconds: u64) {
        self.now.monotonic += Duration::from_secs(seconds);
        self.now.wall_ms += seconds * 1_000;
        self.server.handle_timeout(self.now);
        assert!(self.server.poll_timeout().is_none_or(|next| next > self.now.monotonic), "a deadline was left behind");
    }

    fn transaction(&mut self) -> [u8; 12] {
        self.transactions += 1;
        let mut id = [0; 12];
        id[4..].copy_from_slice(&self.transactions.to_be_bytes());
        id
    }

    /// A request of this client with the attributes that the input spells and with the right integrity.
    fn signed(&mut self, client: usize, method: Method, bytes: &[u8]) -> Vec<u8> {
        let id = self.transaction();
        let client = &self.clients[client];
        with_attributes(MessageWriter::new(Class::Request, method, id), bytes)
            .attribute(attribute::USERNAME, client.username.as_bytes())
            .attribute(attribute::REALM, REALM.as_bytes())
            .attribute(attribute::NONCE, &client.nonce)
            .integrity(Algorithm::Sha1, client.key.as_bytes())
            .fingerprint()
            .finish()
    }

    fn datagram(&mut self, client: usize, bytes: &[u8]) {
        let (now, tuple) = (self.now, self.clients[client].tuple);
        with_room(bytes, |packet| self.server.handle_datagram(now, tuple, packet));
        while let Some(sent) = self.server.poll_transmit() {
            let Destination::Client(to) = sent.to else { continue };
            let Some(client) = self.clients.iter_mut().find(|client| client.tuple == to) else {
                panic!("an answer to somebody who never asked: {to:?}");
            };
            let Ok(message) = Message::parse(&sent.bytes) else { continue };
            assert_ne!(message.class(), Class::Request, "a server asks nothing");
            assert_ne!(message.fingerprint(), Some(false), "the fingerprint of an answer is right");
            if let Some(nonce) = message.attribute(attribute::NONCE) {
                client.nonce = nonce.value.to_vec();
            }
        }
    }

    fn check(&mut self) {
        while self.server.poll_transmit().is_some() {}
        let held = self.server.occupancy();
        assert!(held.allocations <= self.limits.allocations_max, "{held:?}");
        assert!(held.outside_peers <= self.limits.outside_peers_max, "{held:?}");
        assert!(held.users <= held.allocations && held.deadlines <= held.allocations, "{held:?}");
        assert!(held.persons <= held.users && held.barred_users <= self.limits.barred_users_max + 1, "{held:?}");
    }

    /// Whatever happened, nothing of it is held once every lifetime is over.
    fn end(mut self) {
        self.pass(self.limits.lifetime_max.as_secs() + CREDENTIALS_SECS);
        assert_eq!(self.server.occupancy(), Occupancy::default());
        assert_eq!(self.server.poll_timeout(), None);
    }
}

impl Client {
    fn new(config: &Config, transport: Transport, remote: SocketAddr, user: &str) -> Self {
        let (username, password) = credentials(&config.secrets[0], user, CREDENTIALS_SECS, START_MS);
        let key = LongTermKey::new(username.as_bytes(), REALM.as_bytes(), password.into_exposed().as_bytes());
        let tuple = FiveTuple { transport, local: at("203.0.113.5:3478"), remote };
        Self { tuple, username, key, nonce: Vec::new() }
    }
}

/// Attributes as the input spells them: one byte for a kind that means something here, one of length, the value.
fn with_attributes(mut writer: MessageWriter, mut bytes: &[u8]) -> MessageWriter {
    const KINDS: [u16; 12] = [
        attribute::REQUESTED_TRANSPORT,
        attribute::XOR_PEER_ADDRESS,
        attribute::CHANNEL_NUMBER,
        attribute::LIFETIME,
        attribute::DATA,
        attribute::EVEN_PORT,
        attribute::RESERVATION_TOKEN,
        attribute::REQUESTED_ADDRESS_FAMILY,
        attribute::ADDITIONAL_ADDRESS_FAMILY,
        attribute::DONT_FRAGMENT,
        0x7FFF,
        0xC001,
    ];
    while let Some(([kind, length], more)) = bytes.split_first_chunk::<2>() {
        let (value, more) = more.split_at(usize::from(*length & 0x3F).min(more.len()));
        writer = writer.attribute(KINDS[usize::from(*kind) % KINDS.len()], value);
        bytes = more;
    }
    writer
}

fn with_room(bytes: &[u8], handle: impl FnOnce(&mut Packet<'_>) -> Option<Destination>) {
    let mut buffer = vec![0xEE; HEADROOM_BYTES];
    buffer.extend_from_slice(bytes);
    let end = buffer.len();
    buffer.resize(end + TAILROOM_BYTES, 0xEE);
    let mut packet = Packet::new(&mut buffer, HEADROOM_BYTES..end);
    if let Some(Destination::Client(_)) = handle(&mut packet) {
        // A peer may be sent a datagram without data (RFC 8656 §12.6), a client always hears who sent it.
        assert!(!packet.range().is_empty(), "what a client is sent has a head");
    }
}
