//! One publisher, many subscribers, no sockets: what the server's side costs. The clients are str0m's for both engines, and
//! their work is not counted.

use std::time::Duration;

use veche_sfu::engine::{
    Engine, EngineError, Event, Extensions, FiveTuple, MediaKind, Mid, Output, Peer, ReceiveStream, ReceivedRtp,
    Retransmit, RtpToSend, SendStream, Transport,
};
use veche_sfu::testing::{self, Network, Profile, VP8, vp8_payload};

use crate::counting::{Cost, live_bytes};

/// What a room is.
#[derive(Clone, Copy)]
pub struct Room {
    /// How many get the packets.
    pub subscribers: u16,
    /// How many packets there are; a multiple of [`CHUNK`].
    pub packets: usize,
    /// Their payload.
    pub payload_bytes: usize,
    /// How many of them are written to a subscriber before it is polled; divides [`CHUNK`].
    pub burst: usize,
    /// Whether the way to subscribers is estimated, and packets are paced.
    pub estimate_from_bps: Option<u64>,
}

/// Packets that come in together, so that reading the clock weighs nothing.
pub const CHUNK: usize = 50;
/// From one packet to the next: 2.4 Mbit/s.
const PACE: Duration = Duration::from_millis(4);
/// When everything begins, on the monotonic clock.
const START: Duration = Duration::from_secs(10);
const PUBLISHED: u32 = 1_000;
const FORWARDED: u32 = 2_000;

/// What it has cost.
#[derive(Default)]
pub struct Costs {
    /// Taking the publisher's packets.
    pub inward: Cost,
    /// Writing packets and taking out datagrams, where they are not held back by a pacer.
    pub outward: Cost,
    /// Timers, and the subscribers' reports.
    pub upkeep: Cost,
    /// Packets of the publisher that came out of the engine.
    pub packets_in: usize,
    /// RTP datagrams to subscribers.
    pub packets_out: usize,
    /// Their length.
    pub datagram_bytes: usize,
}

type Link<C, S> = Network<<C as Engine>::Peer, <S as Engine>::Peer>;

fn mid() -> Mid {
    Mid::new("0").expect("a short name")
}

/// Connects a client; `published` and `forwarded` are streams of the client and of the server.
fn member<C: Engine, S: Engine>(
    engines: (&C, &S),
    now: Duration,
    number: u16,
    profile: &Profile,
) -> Result<Link<C, S>, EngineError> {
    let mut link = testing::connect(engines.0, engines.1, now, number, profile)?;
    link.client.peer.add_media(mid(), MediaKind::Video, &[])?;
    link.server.peer.add_media(mid(), MediaKind::Video, &[])?;
    let ssrc = if number == 0 { PUBLISHED } else { FORWARDED };
    let sent = SendStream { ssrc, retransmission: Some(ssrc + 1), rid: None };
    let received = ReceiveStream { ssrc, retransmission: Some(ssrc + 1) };
    if number == 0 {
        link.client.peer.send_stream(mid(), sent)?;
        link.server.peer.receive_stream(mid(), received)?;
    } else {
        link.server.peer.send_stream(mid(), sent)?;
        link.client.peer.receive_stream(mid(), received)?;
    }
    link.run_until_connected();
    // What is left of the handshake, and the first reports.
    link.run(Duration::from_secs(1));
    if let Some(ended) = link.client.ended.take().or(link.server.ended.take()) {
        return Err(ended);
    }
    if !link.client.is_connected() || !link.server.is_connected() {
        return Err(EngineError::Ended(format!("client {number} does not connect")));
    }
    Ok(link)
}

/// Polls until a time; that time, with what came before it.
fn drain<P: Peer>(
    peer: &mut P,
    mut event: impl FnMut(Event<P::Payload>),
    datagrams: &mut Vec<Vec<u8>>,
) -> Result<Duration, EngineError> {
    loop {
        match peer.poll()? {
            Output::Transmit(transmit) => datagrams.push(transmit.bytes),
            Output::Event(what) => event(what),
            Output::Timeout(at) => return Ok(at),
        }
    }
}

/// A publisher's packet, as it goes to a subscriber.
fn copy<P: Clone>(packet: &ReceivedRtp<P>) -> RtpToSend<P> {
    RtpToSend {
        ssrc: FORWARDED,
        payload_type: packet.payload_type,
        sequence: packet.sequence,
        timestamp: packet.timestamp,
        captured: Duration::MAX,
        marker: packet.marker,
        extensions: packet.extensions.clone(),
        vp8: None,
        retransmit: Retransmit::OnRequest,
        payload: packet.payload.clone(),
    }
}

fn is_rtp(datagram: &[u8]) -> bool {
    datagram.len() > 12 && datagram[0] >> 6 == 2 && matches!(datagram[1] & 0x7F, VP8 | testing::VP8_RTX)
}

/// The subscribers' side of a run.
struct Audience<C: Peer, S: Peer> {
    clients: Vec<C>,
    servers: Vec<S>,
    due: Vec<Duration>,
    to_clients: Vec<(usize, Vec<Vec<u8>>)>,
}

impl<C: Peer, S: Peer> Audience<C, S> {
    fn server_tuple(number: usize) -> FiveTuple {
        let number = u16::try_from(number + 1).expect("a small room");
        let (local, remote) = (testing::server_address(), testing::client_address(number));
        FiveTuple { transport: Transport::Udp, local, remote }
    }

    fn client_tuple(number: usize) -> FiveTuple {
        let tuple = Self::server_tuple(number);
        FiveTuple { local: tuple.remote, remote: tuple.local, ..tuple }
    }

    /// Hands packets to everybody.
    fn forward(&mut self, now: Duration, burst: &[ReceivedRtp<S::Payload>]) -> Result<(), EngineError> {
        for (number, server) in self.servers.iter_mut().enumerate() {
            for packet in burst {
                server.write_rtp(now, copy(packet))?;
            }
            self.due[number] = drain(server, |_| (), &mut self.to_clients[number].1)?;
        }
        Ok(())
    }

    /// Lets the clients see what was sent, and gives back what they say to it.
    fn deliver(&mut self, now: Duration, costs: &mut Costs) -> Result<Vec<(usize, Vec<u8>)>, EngineError> {
        let mut reports = Vec::new();
        for (number, datagrams) in &mut self.to_clients {
            let client = &mut self.clients[*number];
            let mut answers = Vec::new();
            for datagram in datagrams.drain(..) {
                if is_rtp(&datagram) {
                    costs.packets_out += 1;
                    costs.datagram_bytes = costs.datagram_bytes.max(datagram.len());
                }
                client.handle_input(now, &Self::client_tuple(*number), &datagram)?;
                drain(client, |_| (), &mut answers)?;
            }
            client.handle_timeout(now)?;
            drain(client, |_| (), &mut answers)?;
            reports.extend(answers.into_iter().map(|answer| (*number, answer)));
        }
        Ok(reports)
    }

    /// What the server does besides forwarding: reports and timers.
    fn keep_up(&mut self, now: Duration, reports: &[(usize, Vec<u8>)]) -> Result<(), EngineError> {
        for (number, report) in reports {
            let server = &mut self.servers[*number];
            server.handle_input(now, &Self::server_tuple(*number), report)?;
            self.due[*number] = drain(server, |_| (), &mut self.to_clients[*number].1)?;
        }
        for (number, server) in self.servers.iter_mut().enumerate() {
            if self.due[number] <= now {
                server.handle_timeout(now)?;
                self.due[number] = drain(server, |_| (), &mut self.to_clients[number].1)?;
            }
        }
        Ok(())
    }
}

/// Runs a room.
///
/// # Errors
/// If an engine fails, or packets get lost.
pub fn run<C: Engine, S: Engine>(client: &C, server: &S, room: Room) -> Result<Costs, EngineError> {
    let profile = Profile { estimate_from_bps: room.estimate_from_bps, ..Profile::browser() };
    let mut publisher = member((client, server), START, 0, &Profile::browser())?;
    let mut now = publisher.now;
    let mut audience: Audience<C::Peer, S::Peer> =
        Audience { clients: Vec::new(), servers: Vec::new(), due: Vec::new(), to_clients: Vec::new() };
    for number in 0..room.subscribers {
        let link = member((client, server), START, number + 1, &profile)?;
        now = now.max(link.now);
        audience.clients.push(link.client.peer);
        audience.servers.push(link.server.peer);
        audience.due.push(link.now);
        audience.to_clients.push((usize::from(number), Vec::new()));
    }
    publisher.run(now - publisher.now);
    let tuple = publisher.server_tuple();
    let mut costs = Costs::default();
    for chunk in 0..room.packets / CHUNK {
        let published = publish(&mut publisher, chunk * CHUNK, room.payload_bytes)?;
        let mut received = Vec::with_capacity(CHUNK);
        let mut reports = Vec::new();
        let taken = &mut publisher.server.peer;
        costs.inward.of(|| {
            for (at, datagram) in &published {
                taken.handle_input(*at, &tuple, datagram)?;
                let event = |event| {
                    if let Event::Rtp(packet) = event {
                        received.push(packet)
                    }
                };
                drain(taken, event, &mut reports)?;
            }
            Ok::<_, EngineError>(())
        })?;
        costs.packets_in += received.len();
        publisher.run(PACE * u32::try_from(CHUNK).expect("a small chunk"));
        for burst in received.chunks(room.burst) {
            let at = burst.last().expect("chunks are not empty").received;
            costs.outward.of(|| audience.forward(at, burst))?;
            let reports = audience.deliver(at, &mut costs)?;
            costs.upkeep.of(|| audience.keep_up(at, &reports))?;
        }
    }
    Ok(costs)
}

/// Lets the publisher send as many packets as come in together; the datagrams, with their times.
fn publish<C: Peer, S: Peer>(
    publisher: &mut Network<C, S>,
    first: usize,
    payload_bytes: usize,
) -> Result<Vec<(Duration, Vec<u8>)>, EngineError> {
    let mut datagrams = Vec::new();
    let mut sent = Vec::with_capacity(CHUNK);
    for (number, at) in (first..first + CHUNK).zip((0..).map(|step| publisher.now + PACE * step)) {
        let packet = packet(PUBLISHED, number, vp8_payload(u16::try_from(number % 32_768).unwrap_or(0), payload_bytes));
        publisher.client.peer.write_rtp(at, packet)?;
        drain(&mut publisher.client.peer, |_| (), &mut datagrams)?;
        sent.extend(datagrams.drain(..).map(|datagram| (at, datagram)));
    }
    Ok(sent)
}

fn packet<P: From<Vec<u8>>>(ssrc: u32, number: usize, payload: Vec<u8>) -> RtpToSend<P> {
    RtpToSend {
        ssrc,
        payload_type: VP8,
        sequence: number as u64,
        timestamp: u32::try_from(number * 360).unwrap_or(0),
        captured: Duration::MAX,
        marker: number % 10 == 9,
        extensions: Extensions::default(),
        vp8: None,
        retransmit: Retransmit::OnRequest,
        payload: payload.into(),
    }
}

/// What a subscriber takes of memory.
pub struct Memory {
    /// Connected, with a stream on which nothing has been sent.
    pub idle_bytes: u64,
    /// With all that is kept for retransmissions; the payloads, which subscribers share, by their share.
    pub busy_bytes: u64,
}

/// Connects the subscribers of a room, lets their clients go, and looks what is left.
///
/// # Errors
/// If an engine fails.
pub fn memory<C: Engine, S: Engine>(client: &C, server: &S, room: Room) -> Result<Memory, EngineError> {
    let profile = Profile { estimate_from_bps: room.estimate_from_bps, ..Profile::browser() };
    let before = live_bytes();
    let mut servers = Vec::with_capacity(room.subscribers.into());
    let mut now = START;
    for number in 0..room.subscribers {
        let link = member((client, server), START, number + 1, &profile)?;
        now = now.max(link.now);
        servers.push(link.server.peer);
    }
    let each = |bytes: u64| bytes.saturating_sub(before) / u64::from(room.subscribers);
    let idle_bytes = each(live_bytes());
    let mut datagrams = Vec::new();
    for number in 0..room.packets {
        let packet: RtpToSend<<S::Peer as Peer>::Payload> =
            packet(FORWARDED, number, vp8_payload(0, room.payload_bytes));
        now += PACE;
        for server in &mut servers {
            server.write_rtp(now, packet.clone())?;
            if drain(server, |_| (), &mut datagrams)? <= now {
                server.handle_timeout(now)?;
                drain(server, |_| (), &mut datagrams)?;
            }
            datagrams.clear();
        }
    }
    drop(datagrams);
    Ok(Memory { idle_bytes, busy_bytes: each(live_bytes()) })
}
