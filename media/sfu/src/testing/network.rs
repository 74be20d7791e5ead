//! A network of two, with a delay and a seeded loss.

use std::collections::VecDeque;
use std::time::Duration;

use crate::engine::{EngineError, Event, FiveTuple, Output, Peer, Transmit};

/// How long a packet is under way.
const DELAY: Duration = Duration::from_millis(10);
/// Time moves by at least this much, so that a peer that is never content cannot stop it.
const STEP: Duration = Duration::from_micros(100);

/// One end of the network.
pub struct Side<P: Peer> {
    /// The peer.
    pub peer: P,
    /// What it has told, in order; to be taken out by whoever wants to know.
    pub events: Vec<Event<P::Payload>>,
    /// Why it has ended, if it has.
    pub ended: Option<EngineError>,
    pub(super) timeout: Duration,
}

impl<P: Peer> Side<P> {
    pub(super) fn new(peer: P, now: Duration) -> Self {
        Self { peer, events: Vec::new(), ended: None, timeout: now }
    }

    /// Asks the peer until it names a time.
    pub(super) fn drain(&mut self, sent: &mut Vec<Transmit>) {
        while self.ended.is_none() {
            match self.peer.poll() {
                Ok(Output::Transmit(transmit)) => sent.push(transmit),
                Ok(Output::Event(event)) => self.events.push(event),
                Ok(Output::Timeout(at)) => return self.timeout = at,
                Err(error) => self.ended = Some(error),
            }
        }
    }

    pub(super) fn note(&mut self, done: Result<(), EngineError>) {
        if let Err(error) = done {
            self.ended = Some(error);
        }
    }

    /// Whether it has told that media can flow. Does not forget it.
    pub fn is_connected(&self) -> bool {
        self.events.iter().any(|event| matches!(event, Event::Connected))
    }
}

/// How many packets are lost, and which.
#[derive(Clone, Copy, Debug)]
pub struct Loss {
    /// Of a thousand, in each direction.
    pub per_mille: u64,
    /// The same seed loses the same packets.
    pub seed: u64,
    others: u64,
}

/// Two peers and what is under way between them. The first is called the client.
pub struct Network<C: Peer, S: Peer> {
    /// The time.
    pub now: Duration,
    /// The client.
    pub client: Side<C>,
    /// The server.
    pub server: Side<S>,
    /// First bytes of every packet that has been lost on its way to the server, then to the client.
    pub lost: (Vec<[u8; 12]>, Vec<[u8; 12]>),
    loss: Loss,
    tuple: FiveTuple,
    to_server: VecDeque<(Duration, Vec<u8>)>,
    to_client: VecDeque<(Duration, Vec<u8>)>,
}

impl<C: Peer, S: Peer> Network<C, S> {
    /// `tuple` is the way of packets as the client sees it.
    pub fn new(now: Duration, tuple: FiveTuple, client: C, server: S) -> Self {
        Self {
            now,
            client: Side::new(client, now),
            server: Side::new(server, now),
            lost: (Vec::new(), Vec::new()),
            loss: Loss::new(0, 0),
            tuple,
            to_server: VecDeque::new(),
            to_client: VecDeque::new(),
        }
    }

    /// From now on packets are lost.
    pub fn lose(&mut self, loss: Loss) {
        self.loss = loss;
    }

    /// The way of packets as the server sees it.
    #[must_use]
    pub fn server_tuple(&self) -> FiveTuple {
        FiveTuple { local: self.tuple.remote, remote: self.tuple.local, ..self.tuple }
    }

    /// Lets this much time pass, with everything that happens in it.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.collect();
            let due = self.to_server.front().into_iter().chain(self.to_client.front()).map(|(due, _)| *due);
            let next = due.chain([self.client.timeout, self.server.timeout]).min().unwrap_or(end);
            let next = next.max(self.now + STEP);
            if next > end || self.client.ended.is_some() || self.server.ended.is_some() {
                break self.now = end;
            }
            self.now = next;
            self.deliver();
            if self.client.timeout <= self.now {
                let done = self.client.peer.handle_timeout(self.now);
                self.client.note(done);
            }
            if self.server.timeout <= self.now {
                let done = self.server.peer.handle_timeout(self.now);
                self.server.note(done);
            }
        }
    }

    /// Runs until both sides are connected; whether they are after ten seconds at most.
    pub fn run_until_connected(&mut self) -> bool {
        for _ in 0..1_000 {
            if self.client.is_connected() && self.server.is_connected() {
                return true;
            }
            self.run(Duration::from_millis(10));
        }
        false
    }

    /// Hands over what has arrived, each packet followed by asking its receiver.
    fn deliver(&mut self) {
        let server_tuple = self.server_tuple();
        while let Some((_, bytes)) = self.to_server.pop_front_if(|(due, _)| *due <= self.now) {
            let done = self.server.peer.handle_input(self.now, &server_tuple, &bytes);
            self.server.note(done);
            self.collect();
        }
        while let Some((_, bytes)) = self.to_client.pop_front_if(|(due, _)| *due <= self.now) {
            let done = self.client.peer.handle_input(self.now, &self.tuple, &bytes);
            self.client.note(done);
            self.collect();
        }
    }

    /// Takes what both want to send, and loses some of it.
    fn collect(&mut self) {
        let due = self.now + DELAY;
        let mut sent = Vec::new();
        self.client.drain(&mut sent);
        for transmit in sent.drain(..) {
            if self.loss.strikes(&transmit.bytes) {
                self.lost.0.push(head(&transmit.bytes));
            } else {
                self.to_server.push_back((due, transmit.bytes));
            }
        }
        self.server.drain(&mut sent);
        for transmit in sent {
            if self.loss.strikes(&transmit.bytes) {
                self.lost.1.push(head(&transmit.bytes));
            } else {
                self.to_client.push_back((due, transmit.bytes));
            }
        }
    }
}

impl Loss {
    /// This many of a thousand.
    #[must_use]
    pub const fn new(per_mille: u64, seed: u64) -> Self {
        Self { per_mille, seed, others: 0 }
    }

    /// Whether this packet is lost. Of media it depends on the seed and the packet alone, so that two engines lose the same;
    /// of all else also on how many there were (splitmix64).
    pub(super) fn strikes(&mut self, bytes: &[u8]) -> bool {
        if self.per_mille == 0 {
            return false;
        }
        let head = head(bytes);
        let is_rtp = head[0] >> 6 == 2 && !(64..96).contains(&(head[1] & 0x7F));
        let mut word = self.seed;
        if is_rtp {
            let [_, _, high, low, .., a, b, c, d] = head;
            word ^= u64::from_be_bytes([0, 0, high, low, a, b, c, d]).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        } else {
            self.others += 1;
            word ^= self.others.rotate_right(8);
        }
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (word ^ (word >> 31)) % 1_000 < self.per_mille
    }
}

fn head(bytes: &[u8]) -> [u8; 12] {
    bytes.first_chunk().copied().unwrap_or_default()
}
