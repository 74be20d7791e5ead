//! The SFU's thread: waits for packets and commands, feeds the rooms, sends what comes out.
//!
//! It works in rounds. In each, every socket that has something gets one batch and every command is obeyed; then the rooms that
//! this has changed are settled ([`Rooms`]). A panic that is no single room's ends all rooms, and the thread goes on.

use std::collections::HashMap;
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token, Waker};
use tracing::error;
use veche_base::metrics::Registry;
use veche_base::{Clock, Entropy};
use veche_sfu::engine::str0m::Str0mEngine;
use veche_sfu::engine::{FiveTuple, Transmit, Transport};

use super::connections::{Connections, Hearers};
use super::demux::Demux;
use super::handle::Command;
use super::load::{self, Load};
use super::metrics::{Metrics, RoomMetrics};
use super::probe::Probes;
use super::rooms::{Rooms, World};
use super::settings::{SfuLimits, SfuSettings};
use super::site::{Bound, IceServers, RoomNews, Site};
use super::watch::Way;
use crate::bridge::BridgeEnd;
use crate::handle::StartError;
use crate::settings::Limits;
use crate::sockets::{CLIENTS, RELAYS, WAKER};
use crate::thread::Inbox;
use crate::udp::{Incoming, UdpPort};

/// Events taken from the kernel at once.
const EVENTS_MAX: usize = 256;
/// Relayed addresses that are remembered before those are forgotten from which nobody comes any longer.
const RELAYED_MAX: usize = 4_096;
/// How often metrics are told.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// How long the thread sleeps at most, so that what a lost wake-up left behind is found.
const PATIENCE_MAX: Duration = Duration::from_secs(5);
/// Rounds in a row that may panic. If starting afresh does not help, the thread ends, and whoever asks is told.
const PANICS_IN_A_ROW_MAX: usize = 10;

/// See the module.
pub(crate) struct Worker {
    poll: Poll,
    outlets: Outlets,
    incoming: Incoming,
    inbox: Inbox<Command>,
    rooms: Rooms<Str0mEngine>,
    probes: Probes,
    /// Something has gone wrong that is no single room's.
    must_begin_anew: bool,
    clock: Arc<dyn Clock>,
    inodes: Vec<u64>,
    tcp_addresses: Vec<SocketAddr>,
    next_telling: Duration,
    load: Load,
}

/// Ways out.
struct Outlets {
    ports: Vec<UdpPort>,
    connections: Connections,
    bridge: Option<BridgeEnd>,
    /// Those who come through the relay, each with the address of ours that he came to.
    relayed: HashMap<SocketAddr, SocketAddr>,
    metrics: Metrics,
}

impl Worker {
    /// A worker that has yet to run, and what wakes it.
    pub(crate) fn new(
        settings: SfuSettings,
        relays: Box<dyn IceServers>,
        news: Box<dyn Fn(RoomNews) + Send>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        inbox: Inbox<Command>,
        registry: &Registry,
    ) -> Result<(Self, Arc<Waker>), StartError> {
        let limits = settings.limits;
        let ports = bind(&settings.listen, &limits)?;
        let mut connections = Connections::bind(&settings.listen_tcp, &limits, &registry.scope("sfu"))?;
        let (poll, waker, ports) = watch(ports).map_err(StartError::Thread)?;
        connections.register(poll.registry()).map_err(StartError::Thread)?;
        let tcp_addresses = connections.addresses().map_err(StartError::Thread)?;
        if let Some(bridge) = &settings.bridge {
            bridge.wake_with(&waker);
        }
        let bound = Bound { udp: ports.iter().map(|port| port.address).collect(), tcp: tcp_addresses.clone() };
        let site = Site::new(bound, &settings.whereabouts, relays);
        let engine = Str0mEngine::new(any_instant()).map_err(|error| StartError::Thread(io::Error::other(error)))?;
        let next_telling = clock.monotonic();
        let world = World { engine, demux: Demux::default(), site, clock: Arc::clone(&clock), entropy };
        let worker = Self {
            poll,
            inodes: ports.iter().filter_map(|port| port.inode).collect(),
            outlets: Outlets {
                ports,
                connections,
                bridge: settings.bridge,
                relayed: HashMap::new(),
                metrics: Metrics::new(registry),
            },
            incoming: Incoming::new(),
            inbox,
            rooms: Rooms::new(world, news, limits, RoomMetrics::new(registry)),
            probes: Probes::default(),
            tcp_addresses,
            must_begin_anew: false,
            clock,
            next_telling,
            load: Load::new(next_telling),
        };
        Ok((worker, waker))
    }

    /// Where packets come.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.outlets.ports.iter().map(|port| port.address).collect()
    }

    /// Where connections come.
    pub(crate) fn tcp_addresses(&self) -> Vec<SocketAddr> {
        self.tcp_addresses.clone()
    }

    /// How busy it is.
    pub(crate) fn load(&self) -> load::Told {
        self.load.told()
    }

    /// Serves until it is told to stop.
    pub(crate) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS_MAX);
        let mut panics_in_a_row = 0;
        while !self.inbox.is_stopping() {
            // What was left halfway is thrown away; sockets and inbox are whole after each call.
            match catch_unwind(AssertUnwindSafe(|| self.round(&mut events))) {
                Ok(Ok(())) => panics_in_a_row = 0,
                Ok(Err(error)) => {
                    error!(%error, "sockets cannot be waited for; calls stop");
                    return;
                }
                Err(_) if panics_in_a_row == PANICS_IN_A_ROW_MAX => {
                    error!("the thread of calls panics again and again, and ends");
                    return;
                }
                Err(_) => {
                    panics_in_a_row += 1;
                    error!("the thread of calls panicked; all rooms end, and their people are told to come back");
                    self.outlets.metrics.fresh_starts.inc();
                    self.must_begin_anew = true;
                }
            }
        }
        self.rooms.say_goodbye();
    }

    fn round(&mut self, events: &mut Events) -> io::Result<()> {
        let waits_from = self.clock.monotonic();
        match self.poll.poll(events, Some(self.patience())) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            Ok(()) | Err(_) => {}
        }
        self.load.waited(waits_from, self.clock.monotonic());
        for event in &*events {
            match event.token() {
                Token(token @ CLIENTS..RELAYS) => self.outlets.ports[token - CLIENTS].is_ready = true,
                _ => self.outlets.connections.note(event),
            }
        }
        if mem::take(&mut self.must_begin_anew) {
            self.rooms.begin_anew();
        }
        self.obey();
        self.receive();
        self.receive_from_relay();
        self.receive_from_connections();
        self.rooms.let_time_pass();
        self.rooms.settle(|packet| self.outlets.send(&packet));
        self.outlets.flush(&mut self.rooms);
        self.tell();
        Ok(())
    }

    /// How long nothing needs to be done.
    fn patience(&self) -> Duration {
        let Outlets { ports, connections, .. } = &self.outlets;
        if self.must_begin_anew || connections.is_ready() || ports.iter().any(|port| port.is_ready) {
            return Duration::ZERO;
        }
        let now = self.clock.monotonic();
        let next = [self.rooms.poll_timeout(), connections.poll_timeout()].into_iter().flatten().min();
        next.map_or(PATIENCE_MAX, |at| at.saturating_sub(now).min(PATIENCE_MAX))
    }

    /// One batch of each socket.
    fn receive(&mut self) {
        for index in 0..self.outlets.ports.len() {
            if !self.outlets.ports[index].is_ready {
                continue;
            }
            let Self { outlets: Outlets { ports, metrics, .. }, incoming, rooms, probes, clock, .. } = self;
            let more = incoming.receive(&ports[index], &metrics.sockets);
            let now = clock.monotonic();
            let mut answers = Vec::new();
            let received = incoming.datagrams(|local, remote, packet| {
                let tuple = FiveTuple { transport: Transport::Udp, local, remote };
                if rooms.take_datagram(now, &tuple, Way::Direct, packet.bytes()) {
                    return;
                }
                match probes.answer(now, remote, packet.bytes()) {
                    Some(answer) => answers.push((tuple, answer)),
                    None => _ = metrics.dropped_strangers.inc(),
                }
            });
            for (tuple, answer) in answers {
                ports[index].push(tuple.remote, Some(tuple.local.ip()), &answer, &metrics.sockets);
            }
            received.count(&metrics.sockets);
            ports[index].is_ready = more;
        }
    }

    /// What has come over the bridge.
    fn receive_from_relay(&mut self) {
        let Self { outlets, rooms, clock, .. } = self;
        let now = clock.monotonic();
        while let Some(crossing) = outlets.bridge.as_ref().and_then(BridgeEnd::next) {
            let Some(local) = rooms.local_of(crossing.sink) else { continue };
            let tuple = FiveTuple { transport: Transport::Udp, local, remote: crossing.relayed };
            let way = crossing.by.map_or(Way::Direct, Way::Relayed);
            if !rooms.take_datagram(now, &tuple, way, &crossing.bytes) {
                outlets.metrics.dropped_strangers.inc();
                continue;
            }
            if outlets.relayed.len() >= RELAYED_MAX {
                outlets.relayed.retain(|relayed, _| rooms.knows(*relayed));
            }
            outlets.relayed.insert(crossing.relayed, crossing.sink);
        }
    }

    /// Who waits is let in, and each connection that has something is read for a round.
    fn receive_from_connections(&mut self) {
        let now = self.clock.monotonic();
        let Self { outlets: Outlets { connections, metrics, .. }, rooms, probes, poll, .. } = self;
        connections.accept(now, poll.registry());
        connections.receive(now, &mut Hearers { rooms, probes }, &metrics.dropped_strangers);
        connections.sweep(now, rooms);
    }

    fn obey(&mut self) {
        while let Some(command) = self.inbox.next() {
            match command {
                Command::Join(join) => self.rooms.join(*join),
                Command::Message(connection, bytes) => self.rooms.take_message(connection, &bytes),
                Command::HangUp(connection) => self.rooms.hang_up(connection),
                Command::Remove { room, identity } => self.rooms.remove(&room, &identity),
                Command::MoveTo(whereabouts) => self.rooms.move_to(&whereabouts),
                Command::List(take) => take(self.rooms.list()),
                Command::ExpectProbe(probe) => self.probes.expect(self.clock.monotonic(), probe),
                Command::Serve(request, reply) => reply.send(self.rooms.serve(&request)),
                Command::Echo(answer) => answer(),
            }
        }
    }

    /// Brings the metrics up to date, now and then.
    fn tell(&mut self) {
        let now = self.clock.monotonic();
        if now >= self.next_telling {
            self.rooms.tell(TELL_EVERY + now.saturating_sub(self.next_telling));
            self.next_telling = now + TELL_EVERY;
            self.outlets.metrics.busy.set(i64::from(self.load.told().permille()));
            self.outlets.metrics.sockets.look_at_kernel(&self.inodes);
        }
    }
}

impl Outlets {
    fn send(&mut self, packet: &Transmit) {
        let (local, remote) = (packet.tuple.local, packet.tuple.remote);
        let sockets = &self.metrics.sockets;
        let is_sent = match (self.relayed.get(&remote), &mut self.bridge) {
            _ if packet.tuple.transport == Transport::Tcp => self.connections.send(&packet.tuple, &packet.bytes),
            (Some(sink), Some(bridge)) => bridge.send(remote, *sink, None, &packet.bytes),
            _ => self.ports.iter_mut().find(|port| port.owns(local)).is_some_and(|port| {
                port.push(remote, Some(local.ip()), &packet.bytes, sockets);
                true
            }),
        };
        if !is_sent {
            sockets.dropped_no_route.inc();
        }
    }

    fn flush(&mut self, rooms: &mut Rooms<Str0mEngine>) {
        self.ports.iter_mut().for_each(|port| port.flush(&self.metrics.sockets));
        self.connections.flush(rooms);
        self.bridge.iter_mut().for_each(BridgeEnd::flush);
    }
}

fn bind(listen: &[SocketAddr], limits: &SfuLimits) -> Result<Vec<UdpPort>, StartError> {
    let buffers = Limits {
        receive_buffer_bytes: limits.receive_buffer_bytes,
        send_buffer_bytes: limits.send_buffer_bytes,
        ..Limits::default()
    };
    let bound =
        |address: &SocketAddr| UdpPort::bind(*address, &buffers).map_err(|error| StartError::Bind(*address, error));
    listen.iter().map(bound).collect()
}

fn watch(mut ports: Vec<UdpPort>) -> io::Result<(Poll, Arc<Waker>, Vec<UdpPort>)> {
    let poll = Poll::new()?;
    let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
    for (index, port) in ports.iter_mut().enumerate() {
        poll.registry().register(&mut port.socket, Token(CLIENTS + index), Interest::READABLE)?;
    }
    Ok((poll, waker, ports))
}

#[expect(clippy::disallowed_methods, reason = "an instant is made in no other way, and only differences to it count")]
fn any_instant() -> Instant {
    Instant::now()
}
