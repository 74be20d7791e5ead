//! The server as its driver sees it: what is fed in, what comes out, and who a request is from.

mod allocate;
mod peers;
mod relay;
mod renumber;
mod request;

#[cfg(test)]
mod tests;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use veche_base::{Entropy, Secret};

use self::request::{BAD_REQUEST, Proof, Refusal, Request, full_refusal, seal, short_refusal};
use crate::address::{Destination, FiveTuple, Priority, Transmit};
use crate::allocation::Allocation;
use crate::bars::Bars;
use crate::config::{Config, ConfigError, Now};
use crate::credentials::Username;
use crate::hash::random_u64;
use crate::nonce::{Judged, Nonces};
use crate::packet::Packet;
use crate::policy::PeerPolicy;
use crate::rate::{Bucket, Strangers};
use crate::relay_ports::RelayPorts;
use crate::stun::{Class, Message, MessageWriter, Method, attribute};
use crate::table::{Occupancy, Table};

/// Answers that the driver has not taken yet; it takes them after every packet.
const TRANSMITS_MAX: usize = 4_096;

/// What has passed and what was dropped, since the start. For metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Packets relayed.
    pub relayed_packets: u64,
    /// Their bytes without headers.
    pub relayed_bytes: u64,
    /// Relayed packets that had to be copied because there was no room around them.
    pub copied_packets: u64,
    /// Requests answered with success.
    pub granted_requests: u64,
    /// Requests answered with an error.
    pub refused_requests: u64,
    /// Requests from unproved addresses left without answer, because too much was answered already.
    pub dropped_strangers: u64,
    /// Packets that are no STUN, no ChannelData, or not for us to handle.
    pub dropped_malformed: u64,
    /// Data without allocation, channel, permission, or a peer that may be reached.
    pub dropped_forbidden: u64,
    /// Data above the bandwidth of its allocation, or of all together.
    pub dropped_bandwidth: u64,
}

/// STUN and TURN server without input or output; see the crate.
pub struct Server {
    config: Config,
    policy: Box<dyn PeerPolicy>,
    entropy: Arc<dyn Entropy>,
    table: Table,
    nonces: Nonces,
    bars: Bars,
    strangers: Strangers,
    /// Bytes of all allocations together.
    total: Bucket,
    transmits: VecDeque<Transmit>,
    counters: Counters,
    next_indication: u64,
}

impl Server {
    /// A server without allocations.
    ///
    /// # Errors
    /// [`ConfigError`] if the settings cannot work.
    pub fn new(config: Config, policy: Box<dyn PeerPolicy>, entropy: Arc<dyn Entropy>) -> Result<Self, ConfigError> {
        config.check()?;
        let table = Table::new(RelayPorts::new(config.relay_ports.clone()), &*entropy);
        let nonces = Nonces::new(&*entropy, config.limits.nonce_lifetime);
        let strangers = Strangers::new(&config.limits.strangers, &*entropy);
        let next_indication = random_u64(&*entropy);
        let limits = config.limits;
        let bars = Bars::new(config.credentials_lifetime, limits.barred_users_max, &*entropy);
        let total =
            Bucket::new(limits.bandwidth_total_bytes_per_second, limits.bandwidth_total_burst_bytes, Duration::ZERO);
        let (transmits, counters) = (VecDeque::new(), Counters::default());
        Ok(Self {
            config,
            policy,
            entropy,
            table,
            nonces,
            bars,
            strangers,
            total,
            transmits,
            counters,
            next_indication,
        })
    }

    /// One datagram, or one frame of a stream, from a client.
    ///
    /// If it is to be relayed, the packet is changed to what is sent on and the destination is
    /// returned; otherwise nothing is. Answers are taken with [`Server::poll_transmit`].
    pub fn handle_datagram(&mut self, now: Now, client: FiveTuple, packet: &mut Packet<'_>) -> Option<Destination> {
        match packet.bytes().first().map(|first| first >> 6) {
            Some(0b01) => self.handle_channel_data(now.monotonic, &client, packet),
            Some(0b00) => {
                let Ok(message) = Message::parse(packet.bytes()) else {
                    self.counters.dropped_malformed += 1;
                    return None;
                };
                let request = Request::new(message);
                match (message.class(), message.method()) {
                    _ if message.fingerprint() == Some(false) => self.counters.dropped_malformed += 1,
                    (Class::Indication, Method::SEND) => {
                        let part = self.check_send(now.monotonic, &client, &request);
                        return part.and_then(|sending| self.send_on(now.monotonic, sending, packet));
                    }
                    (Class::Request, _) => self.handle_request(now, client, &request),
                    // Keep-alives, and answers to questions that we never ask.
                    _ => {}
                }
                None
            }
            _ => {
                self.counters.dropped_malformed += 1;
                None
            }
        }
    }

    /// Ends what has expired. To be called at the time that [`Server::poll_timeout`] tells; late
    /// calls only keep dead things in memory.
    pub fn handle_timeout(&mut self, now: Now) {
        self.table.expire(now.monotonic);
        if self.bars.deadline().is_some_and(|deadline| deadline <= now.monotonic) {
            self.bars.forget(now);
        }
    }

    /// When [`Server::handle_timeout`] has something to do, on the monotonic clock.
    pub fn poll_timeout(&self) -> Option<Duration> {
        [self.table.next_deadline(), self.bars.deadline()].into_iter().flatten().min()
    }

    /// The next packet that the server made or copied. To be called until `None` after every input.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// Whether a client has an allocation that lives. A driver closes streams that have none.
    pub fn has_allocation(&self, now: Now, client: &FiveTuple) -> bool {
        let allocation = self.table.of_client(client).and_then(|slot| self.table.get(slot));
        allocation.is_some_and(|allocation| allocation.is_alive(now.monotonic))
    }

    /// A stream was closed: its allocation ends (RFC 8656 §3.2).
    pub fn connection_closed(&mut self, client: &FiveTuple) {
        if let Some(slot) = self.table.of_client(client) {
            self.table.remove(slot);
        }
    }

    /// What a user, named as in [`crate::credentials`], was given until now is worth nothing any more, because his session
    /// has ended: his allocations end, and what was made for him until now opens no new one. What is made later does.
    pub fn bar(&mut self, now: Now, user: &str) {
        self.end_allocations(|other| other == user);
        self.bars.bar(now, user);
    }

    /// As [`Server::bar`] for everybody but these users: for when it is not known who was to be barred meanwhile.
    pub fn bar_all_but(&mut self, now: Now, users: Vec<String>) {
        let kept: HashSet<&str> = users.iter().map(String::as_str).collect();
        self.end_allocations(|user| !kept.contains(user));
        self.bars.bar_all_but(now, users);
    }

    /// Ends the allocations of users for whom the test is true.
    fn end_allocations(&mut self, is_meant: impl Fn(&str) -> bool) {
        for slot in self.table.of_users(is_meant) {
            self.table.remove(slot);
        }
    }

    /// Replaces the shared secrets, the newest first. Allocations that exist go on.
    ///
    /// # Errors
    /// [`ConfigError::Secrets`] if there is none or one is empty; the old ones stay.
    pub fn set_secrets(&mut self, secrets: Vec<Secret<Vec<u8>>>) -> Result<(), ConfigError> {
        let before = std::mem::replace(&mut self.config.secrets, secrets);
        self.config.check().inspect_err(|_| self.config.secrets = before)
    }

    /// What has passed and what was dropped.
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// How many of everything there are.
    pub fn occupancy(&self) -> Occupancy {
        Occupancy { barred_users: self.bars.len(), ..self.table.occupancy() }
    }

    fn handle_request(&mut self, now: Now, client: FiveTuple, request: &Request<'_>) {
        match request.message.method() {
            Method::BINDING => self.handle_binding(now.monotonic, client, request),
            Method::ALLOCATE | Method::REFRESH | Method::CREATE_PERMISSION | Method::CHANNEL_BIND => {
                match self.authenticate(now, &client, request) {
                    Ok((proof, username)) => self.handle_proved(now.monotonic, client, request, &proof, &username),
                    Err((refusal, is_address_proved)) => {
                        self.refuse_stranger(now.monotonic, client, request, &refusal, is_address_proved);
                    }
                }
            }
            _ => self.counters.dropped_malformed += 1,
        }
    }

    /// RFC 8489 §2: what the client's address looks like from here.
    fn handle_binding(&mut self, now: Duration, client: FiveTuple, request: &Request<'_>) {
        if let Err(refusal) = request.check_understood() {
            let answer = seal(short_refusal(request, &refusal), request, None);
            self.answer_stranger(now, client, request, answer, false);
            return;
        }
        let answer = MessageWriter::answer(&request.message, Class::Success);
        let answer = answer.xor_address(attribute::XOR_MAPPED_ADDRESS, client.remote);
        self.answer_stranger(now, client, request, seal(answer, request, None), false);
    }

    /// RFC 8489 §9.2.4. The nonce is looked at before the password, because that is one HMAC for us
    /// and proves that the sender is where he says. With the error comes whether it was proved.
    ///
    /// Who ends his own allocation may do so with a nonce that he was given and that has ended: clients say good-bye without
    /// waiting for an answer that would make them say it again. Somebody who has seen an old good-bye could repeat it, but
    /// then it ends only what the same credentials have opened from the same address since, which the client notices and
    /// opens again.
    fn authenticate<'a>(
        &self,
        now: Now,
        client: &FiveTuple,
        request: &Request<'a>,
    ) -> Result<(Proof, Username<'a>), (Refusal, bool)> {
        let unproved = |refusal: Refusal| (refusal, client.transport.is_stream());
        let (algorithm, integrity) = request.integrity().ok_or_else(|| unproved(Refusal::new(401)))?;
        let value =
            |kind| request.attribute(kind).map(|attribute| attribute.value).ok_or_else(|| unproved(BAD_REQUEST));
        let (username, realm) = (value(attribute::USERNAME)?, value(attribute::REALM)?);
        let judged = self.nonces.judge(value(attribute::NONCE)?, now.monotonic, client);
        let is_late_good_bye = judged == Judged::Stale && request.is_good_bye();
        if judged != Judged::Good && !is_late_good_bye {
            return Err(unproved(Refusal::new(438)));
        }
        let unauthenticated = || if is_late_good_bye { unproved(Refusal::new(438)) } else { (Refusal::new(401), true) };
        let username = Username::read(username).ok_or_else(unauthenticated)?;
        if realm != self.config.realm.as_bytes() {
            return Err(unauthenticated());
        }
        let allocation = self.table.of_client(client).and_then(|slot| self.table.get(slot));
        let is_own = |found: &&Allocation| found.is_alive(now.monotonic) && &*found.username == username.whole;
        let own = allocation.filter(is_own);
        // Whoever has an allocation goes on with it, also after his credentials and their secret
        // have expired: only new allocations are refused then.
        let is_new = own.is_none() && request.message.method() == Method::ALLOCATE;
        let is_worthless = is_new && (username.is_expired(now.wall_ms) || self.bars.holds(&username));
        if is_worthless || (is_late_good_bye && own.is_none()) {
            return Err(unauthenticated());
        }
        let own_key = own.map(|allocation| allocation.key.clone());
        let keys = self.config.secrets.iter().map(|secret| username.key(&self.config.realm, secret));
        let mut keys = own_key.into_iter().chain(keys);
        let key = keys.find(|key| request.message.is_intact(&integrity, key.as_bytes())).ok_or_else(unauthenticated)?;
        Ok((Proof { key, algorithm }, username))
    }

    fn handle_proved(
        &mut self,
        now: Duration,
        client: FiveTuple,
        request: &Request<'_>,
        proof: &Proof,
        username: &Username<'_>,
    ) {
        let done = request.check_understood().and_then(|()| match request.message.method() {
            Method::ALLOCATE => self.allocate(now, client, request, proof, username),
            Method::REFRESH => self.refresh(now, &client, request, proof, username),
            Method::CREATE_PERMISSION => self.create_permission(now, &client, request, proof, username),
            _ => self.channel_bind(now, &client, request, proof, username),
        });
        let answer = match done {
            Ok(answer) => {
                self.counters.granted_requests += 1;
                answer
            }
            Err(refusal) => {
                self.counters.refused_requests += 1;
                seal(full_refusal(request, &refusal), request, Some(proof))
            }
        };
        self.transmit(client, answer, Priority::Control);
    }

    /// Refuses a request whose sender is not known; tells him what to sign with.
    fn refuse_stranger(
        &mut self,
        now: Duration,
        client: FiveTuple,
        request: &Request<'_>,
        refusal: &Refusal,
        is_address_proved: bool,
    ) {
        let mut answer = short_refusal(request, refusal);
        if matches!(refusal.code, 401 | 438) {
            let nonce = self.nonces.make(now, &client);
            answer = answer
                .attribute(attribute::REALM, self.config.realm.as_bytes())
                .attribute(attribute::NONCE, nonce.as_bytes());
        }
        self.counters.refused_requests += 1;
        self.answer_stranger(now, client, request, seal(answer, request, None), is_address_proved);
    }

    /// Answers unless the address is unproved and has had enough; see [`crate`] on floods.
    fn answer_stranger(
        &mut self,
        now: Duration,
        client: FiveTuple,
        request: &Request<'_>,
        answer: Vec<u8>,
        is_address_proved: bool,
    ) {
        let asked = request.message.as_bytes().len();
        let is_free = is_address_proved || client.transport.is_stream();
        if is_free || self.strangers.may_answer(client.remote.ip(), asked, answer.len(), now) {
            self.transmit(client, answer, Priority::Control);
        } else {
            self.counters.dropped_strangers += 1;
        }
    }

    fn transmit(&mut self, client: FiveTuple, bytes: Vec<u8>, priority: Priority) {
        self.queue(Transmit { to: Destination::Client(client), bytes, priority });
    }

    /// Drops what a driver that never takes anything would let grow.
    fn queue(&mut self, transmit: Transmit) {
        if self.transmits.len() < TRANSMITS_MAX {
            self.transmits.push_back(transmit);
        }
    }
}
