//! Clients on a network that loses, repeats and reorders, in jumping time, against a model of what
//! the server has granted: nobody ever gets what he may not hear, and in the end nothing is left.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use veche_base::Entropy;
use veche_base::testing::SeededEntropy;

use crate::stun::{Class, MessageWriter, Method, attribute};
use crate::testing::{Answer, CREDENTIALS_SECS, Client, OUTSIDE, SINK, World, at, config, secret, xor};
use crate::{Destination, FiveTuple, Occupancy, Transport, credentials};

/// What the server has granted to one client.
#[derive(Default)]
struct Grant {
    relayed: Option<(SocketAddr, Duration)>,
    permissions: BTreeMap<IpAddr, Duration>,
}

impl Grant {
    fn lives(&self, now: Duration) -> bool {
        self.relayed.is_some_and(|(_, expires)| expires > now)
    }
}

/// Everything that is random.
struct Dice(SeededEntropy);

impl Dice {
    fn below(&self, end: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes) % end
    }

    fn index(&self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).unwrap())).unwrap()
    }

    fn chance(&self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// A request under way, with what it asks for.
#[derive(Clone)]
struct UnderWay {
    client: usize,
    bytes: Vec<u8>,
    permits: Option<IpAddr>,
}

struct Simulation {
    dice: Dice,
    world: World,
    clients: Vec<Client>,
    grants: BTreeMap<FiveTuple, Grant>,
    network: Vec<UnderWay>,
    relayed: u64,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let mut world = World::new(config());
        let transports = [Transport::Udp, Transport::Udp, Transport::Tcp, Transport::Tls];
        let clients = (0..12_usize)
            .map(|index| {
                let remote = format!("192.0.2.{}:{}", 10 + index / 2, 5_000 + index);
                world.client(transports[index % 4], &remote, &format!("user{}", index / 3))
            })
            .collect();
        let dice = Dice(SeededEntropy::new(seed));
        Self { dice, world, clients, grants: BTreeMap::new(), network: Vec::new(), relayed: 0 }
    }

    /// Somebody else's relayed address, the sink, or a peer outside.
    fn peer(&self) -> SocketAddr {
        let relayed: Vec<SocketAddr> =
            self.grants.values().filter_map(|grant| grant.relayed.map(|(address, _)| address)).collect();
        match self.dice.below(6) {
            0 => at(SINK),
            1 => SocketAddr::new(at(OUTSIDE).ip(), 40_000 + u16::try_from(self.dice.below(20)).unwrap()),
            _ if relayed.is_empty() => at(SINK),
            _ => relayed[self.dice.index(relayed.len())],
        }
    }

    /// A client sends something.
    fn act(&mut self) {
        let client = self.dice.index(self.clients.len());
        let id = self.world.id();
        let peer = self.peer();
        let peer_attribute = (attribute::XOR_PEER_ADDRESS, xor(peer, id));
        let him = &self.clients[client];
        let seconds = |seconds: u32| (attribute::LIFETIME, seconds.to_be_bytes().to_vec());
        let number = 0x4000 + u16::try_from(self.dice.below(4)).unwrap();
        let [high, low] = number.to_be_bytes();
        let permits = Some(peer.ip());
        let (bytes, permits) = match self.dice.below(10) {
            0 => (him.request(Method::ALLOCATE, id, &[(attribute::REQUESTED_TRANSPORT, vec![17, 0, 0, 0])]), None),
            1 => (him.request(Method::REFRESH, id, &[seconds(if self.dice.chance(30) { 0 } else { 900 })]), None),
            2 | 3 => (him.request(Method::CREATE_PERMISSION, id, &[peer_attribute]), permits),
            4 => {
                let channel = (attribute::CHANNEL_NUMBER, vec![high, low, 0, 0]);
                (him.request(Method::CHANNEL_BIND, id, &[channel, peer_attribute]), permits)
            }
            5..=7 => (vec![high, low, 0, 4, b'd', b'a', b't', b'a'], None),
            _ => {
                let indication = MessageWriter::new(Class::Indication, Method::SEND, id)
                    .xor_address(attribute::XOR_PEER_ADDRESS, peer)
                    .attribute(attribute::DATA, b"data");
                (indication.finish(), None)
            }
        };
        self.network.push(UnderWay { client, bytes, permits });
    }

    /// Something arrives, not in the order in which it was sent, perhaps twice, perhaps never.
    fn arrive(&mut self) {
        if self.network.is_empty() {
            return;
        }
        let under_way = self.network.swap_remove(self.dice.index(self.network.len()));
        if self.dice.chance(5) {
            self.network.push(under_way.clone());
        }
        if self.dice.chance(10) {
            return;
        }
        let tuple = self.clients[under_way.client].tuple;
        let relayed = self.world.feed(tuple, &under_way.bytes);
        if let Some((to, _)) = relayed {
            self.check_relayed(tuple, to);
        }
        if let Some(answer) = self.world.server.poll_transmit() {
            assert_eq!(answer.to, Destination::Client(tuple));
            self.take_answer(&under_way, &Answer(answer.bytes));
        }
        assert_eq!(self.world.server.poll_transmit(), None);
    }

    /// What is relayed was allowed on both sides.
    fn check_relayed(&mut self, from: FiveTuple, to: Destination) {
        self.relayed += 1;
        let now = self.world.now.monotonic;
        assert!(self.grants[&from].lives(now), "the sender's allocation is over");
        if let Destination::Client(to) = to {
            let (grant, source) = (&self.grants[&to], self.grants[&from].relayed.unwrap().0);
            assert!(grant.lives(now), "the receiver's allocation is over");
            assert!(grant.permissions.get(&source.ip()).is_some_and(|expires| *expires > now), "no permission");
        }
    }

    /// Notes what was granted. Answers may be lost on their way: then only the client does not know.
    fn take_answer(&mut self, asked: &UnderWay, answer: &Answer) {
        let client = &mut self.clients[asked.client];
        let (tuple, now) = (client.tuple, self.world.now.monotonic);
        if matches!(answer.code(), Some(401 | 438)) {
            client.nonce = answer.value(attribute::NONCE);
        }
        if answer.code() == Some(401) {
            // His credentials have expired: the homeserver gives him new ones.
            let user = format!("user{}", asked.client / 3);
            let (username, password) = credentials(&secret(), &user, CREDENTIALS_SECS, self.world.now.wall_ms);
            (client.username, client.password) = (username, password.into_exposed());
        }
        if answer.code().is_some() {
            return;
        }
        let lifetime =
            || Duration::from_secs(u32::from_be_bytes(answer.value(attribute::LIFETIME).try_into().unwrap()).into());
        let method = answer.message().method();
        if method == Method::ALLOCATE {
            let relayed = answer.address(attribute::XOR_RELAYED_ADDRESS);
            let grant = self.grants.entry(tuple).or_default();
            if grant.relayed.is_none_or(|(address, _)| address != relayed) {
                *grant = Grant { relayed: Some((relayed, now + lifetime())), permissions: BTreeMap::new() };
            }
            return;
        }
        let grant = self.grants.get_mut(&tuple).expect("only who has an allocation is granted more");
        assert!(grant.lives(now));
        if method == Method::REFRESH && lifetime().is_zero() {
            self.grants.remove(&tuple);
        } else if method == Method::REFRESH {
            grant.relayed = grant.relayed.map(|(address, _)| (address, now + lifetime()));
        } else if let Some(ip) = asked.permits {
            grant.permissions.insert(ip, now + Duration::from_secs(300));
        }
    }

    /// Time passes; the driver may be late.
    fn pass(&mut self) {
        let seconds = if self.dice.chance(5) { 400 } else { 3 };
        self.world.pass(self.dice.below(seconds));
        if self.dice.chance(50) {
            self.world.server.handle_timeout(self.world.now);
        }
        if self.dice.chance(2) {
            let tuple = self.clients[self.dice.index(self.clients.len())].tuple;
            if tuple.transport.is_stream() {
                self.world.server.connection_closed(&tuple);
                self.grants.remove(&tuple);
            }
        }
        if self.dice.chance(2) {
            let number = self.dice.index(self.clients.len()) / 3;
            self.world.server.bar(self.world.now, &format!("user{number}"));
            for client in &self.clients[number * 3..number * 3 + 3] {
                self.grants.remove(&client.tuple);
            }
        }
    }

    /// Nobody comes any more.
    fn end(mut self) -> u64 {
        while let Some(next) = self.world.server.poll_timeout() {
            let held = self.world.server.occupancy();
            assert!(next > self.world.now.monotonic || held.allocations > 0 || held.barred_users > 0);
            let later = next.saturating_sub(self.world.now.monotonic).as_secs() + 1;
            self.world.pass(later);
            self.world.server.handle_timeout(self.world.now);
        }
        assert_eq!(self.world.server.occupancy(), Occupancy::default());
        self.relayed
    }
}

#[test]
fn on_a_bad_network_nobody_hears_what_he_may_not_and_nothing_is_left() {
    let mut relayed = 0;
    for seed in 0..20 {
        let mut simulation = Simulation::new(seed);
        for _ in 0..1_500 {
            simulation.act();
            simulation.arrive();
            if simulation.dice.chance(20) {
                simulation.pass();
            }
            assert!(simulation.world.server.occupancy().allocations <= simulation.clients.len(), "seed {seed}");
        }
        relayed += simulation.end();
    }
    assert!(relayed > 1_000, "only {relayed} packets were relayed: the simulation tests nothing");
}

#[test]
fn ten_thousand_allocations_come_and_go_and_leave_nothing() {
    const TRANSPORTS: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Tls];
    let mut world = World::new(config());
    for cycle in 0..10_000_usize {
        let remote = format!("192.0.{}.{}:5000", cycle / 250, cycle % 250);
        let (client, relayed) = world.allocated(TRANSPORTS[cycle % 3], &remote, &format!("user{}", cycle % 7));
        let peer = SocketAddr::new(at(OUTSIDE).ip(), relayed.port());
        assert_eq!(client.bind(&mut world, 0x4000, peer), None);
        assert!(client.send_channel(&mut world, 0x4000, b"data").is_some());
        match cycle % 3 {
            0 => assert_eq!(client.refresh(&mut world, 0).code(), None),
            1 => world.server.connection_closed(&client.tuple),
            _ => {
                world.pass(600);
                world.server.handle_timeout(world.now);
            }
        }
        assert_eq!(world.server.occupancy(), Occupancy::default(), "cycle {cycle}");
    }
    assert_eq!(world.server.poll_timeout(), None);
    assert_eq!(world.server.counters().relayed_packets, 10_000);
}
