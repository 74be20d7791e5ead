//! The thread: waits for sockets, feeds the engine, sends what comes out.
//!
//! It works in rounds. In each, every socket that has something gets one batch, so that no flood on
//! one can hold up the others; then everything that came out is sent; then time is looked at.

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Events, Poll, Token, Waker};
use rustls::ServerConnection;
use tracing::{debug, error, warn};
use veche_base::Clock;
use veche_base::metrics::Registry;
use veche_turn::{FiveTuple, Framer, HEADROOM_BYTES, Now, Packet, Server, TAILROOM_BYTES, Transport};

use crate::bridge::BridgeEnd;
use crate::handle::Command;
use crate::metrics::Metrics;
use crate::settings::Limits;
use crate::sockets::{Accepted, CLIENTS, LISTENERS, Listener, Outlets, RELAYS, STREAMS, Sockets, WAKER};
use crate::stream::{Stream, TlsStream};
use crate::streams::Streams;
use crate::thread::Inbox;
use crate::udp::Incoming;

/// Events taken from the kernel at once.
const EVENTS_MAX: usize = 256;
/// How often idle connections are looked for and metrics told, while anything happens.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// Reads from one connection in one round.
const READS_PER_ROUND: usize = 4;

/// See the module.
pub(crate) struct Worker {
    poll: Poll,
    server: Server,
    outlets: Outlets,
    listeners: Vec<Listener>,
    incoming: Incoming,
    limits: Limits,
    clock: Arc<dyn Clock>,
    inbox: Inbox<Command>,
    next_sweep: Duration,
    /// Whether anything has happened since the last sweep.
    is_unswept: bool,
    inodes: Vec<u64>,
}

impl Worker {
    /// A worker that has yet to run, and what wakes it.
    pub(crate) fn new(
        server: Server,
        mut sockets: Sockets,
        limits: Limits,
        clock: Arc<dyn Clock>,
        inbox: Inbox<Command>,
        registry: &Registry,
    ) -> io::Result<(Self, Arc<Waker>)> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        if let Some(bridge) = &sockets.bridge {
            bridge.wake_with(&waker);
        }
        sockets.register(poll.registry())?;
        let Sockets { clients, relays, listeners, bridge } = sockets;
        let inodes = clients.iter().chain(&relays).filter_map(|port| port.inode).collect();
        let streams = Streams::new(STREAMS, limits);
        let outlets = Outlets { clients, relays, streams, bridge, metrics: Metrics::new(registry) };
        let next_sweep = clock.monotonic();
        let incoming = Incoming::new();
        let is_unswept = false;
        let worker =
            Self { poll, server, outlets, listeners, incoming, limits, clock, inbox, next_sweep, is_unswept, inodes };
        Ok((worker, waker))
    }

    /// Serves until it is told to stop.
    pub(crate) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS_MAX);
        while !self.inbox.is_stopping() {
            match self.poll.poll(&mut events, self.patience()) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    error!(%error, "sockets cannot be waited for; TURN stops");
                    break;
                }
            }
            for event in &events {
                self.note(event);
            }
            self.obey();
            self.work();
            self.look_at_time();
        }
        for number in self.outlets.streams.numbers() {
            self.close(number);
        }
        self.tell();
    }

    fn now(&self) -> Now {
        Now { monotonic: self.clock.monotonic(), wall_ms: self.clock.wall_ms() }
    }

    /// How long nothing needs to be done.
    fn patience(&self) -> Option<Duration> {
        let ports = self.outlets.clients.iter().chain(&self.outlets.relays);
        let is_ready = ports.map(|port| port.is_ready).chain(self.listeners.iter().map(|listener| listener.is_ready));
        if self.outlets.streams.is_ready() || is_ready.into_iter().any(|is_ready| is_ready) {
            return Some(Duration::ZERO);
        }
        let is_starved = self.listeners.iter().any(|listener| listener.is_starved);
        let sweep = (self.is_unswept || is_starved || self.outlets.streams.len() > 0).then_some(self.next_sweep);
        let next = [self.server.poll_timeout(), sweep].into_iter().flatten().min()?;
        Some(next.saturating_sub(self.clock.monotonic()))
    }

    fn note(&mut self, event: &mio::event::Event) {
        let Token(token) = event.token();
        match token {
            CLIENTS..RELAYS => self.outlets.clients[token - CLIENTS].is_ready = true,
            RELAYS..LISTENERS => self.outlets.relays[token - RELAYS].is_ready = true,
            LISTENERS..STREAMS => self.listeners[token - LISTENERS].is_ready = true,
            STREAMS.. => {
                if event.is_readable() || event.is_read_closed() || event.is_error() {
                    self.outlets.streams.set_ready(token);
                }
                if event.is_writable() {
                    self.outlets.streams.set_writable(token);
                }
            }
            _ => {}
        }
    }

    fn obey(&mut self) {
        while let Some(command) = self.inbox.next() {
            self.is_unswept = true;
            let now = self.now();
            match command {
                Command::Take(stream) => self.take(*stream),
                Command::SetSecrets(secrets) => {
                    if let Err(error) = self.server.set_secrets(secrets) {
                        warn!(%error, "the shared secrets of TURN stay as they are");
                    }
                }
                Command::Bar(user) => self.server.bar(now, &user),
                Command::BarAllBut(users) => self.server.bar_all_but(now, users),
                Command::Renumber(to) => {
                    if let Err(error) = self.server.renumber(to.ipv4, to.ipv6, to.former, to.sinks, to.policy) {
                        warn!(%error, "the addresses of TURN stay as they are");
                    }
                }
            }
        }
    }

    /// One round.
    fn work(&mut self) {
        for index in 0..self.outlets.clients.len() {
            if self.outlets.clients[index].is_ready {
                self.outlets.clients[index].is_ready = self.receive_from_clients(index);
            }
        }
        for index in 0..self.outlets.relays.len() {
            if self.outlets.relays[index].is_ready {
                self.outlets.relays[index].is_ready = self.receive_from_peers(index);
            }
        }
        self.receive_from_calls();
        for index in 0..self.listeners.len() {
            if self.listeners[index].is_ready {
                self.accept(index);
            }
        }
        for number in self.outlets.streams.take_ready() {
            if !self.read(number) {
                self.close(number);
            }
        }
        self.flush();
    }

    fn flush(&mut self) {
        let Outlets { clients, relays, streams, bridge, metrics } = &mut self.outlets;
        bridge.iter_mut().for_each(BridgeEnd::flush);
        clients.iter_mut().chain(relays).for_each(|port| port.flush(&metrics.sockets));
        for number in streams.flush() {
            self.close(number);
        }
    }

    /// One batch; whether more may wait.
    fn receive_from_clients(&mut self, index: usize) -> bool {
        self.is_unswept = true;
        let now = self.now();
        let Self { server, outlets, incoming, .. } = self;
        let more = incoming.receive(&outlets.clients[index], &outlets.metrics.sockets);
        let received = incoming.datagrams(|local, remote, packet| {
            let client = FiveTuple { transport: Transport::Udp, local, remote };
            let to = server.handle_datagram(now, client, packet);
            outlets.send_all(server, to, packet);
        });
        received.count(&outlets.metrics.sockets);
        more
    }

    /// One batch; whether more may wait.
    fn receive_from_peers(&mut self, index: usize) -> bool {
        self.is_unswept = true;
        let now = self.now();
        let Self { server, outlets, incoming, .. } = self;
        let more = incoming.receive(&outlets.relays[index], &outlets.metrics.sockets);
        let received = incoming.datagrams(|_, peer, packet| {
            let to = server.handle_peer_datagram(now, peer, packet);
            outlets.send_all(server, to, packet);
        });
        received.count(&outlets.metrics.sockets);
        more
    }

    /// What has come over the bridge: as much as there is room for on it, so that it cannot hold up the others.
    fn receive_from_calls(&mut self) {
        let now = self.now();
        let Self { server, outlets, is_unswept, .. } = self;
        while let Some(crossing) = outlets.bridge.as_ref().and_then(BridgeEnd::next) {
            *is_unswept = true;
            let end = HEADROOM_BYTES + crossing.bytes.len();
            let mut buffer = vec![0; end + TAILROOM_BYTES];
            buffer[HEADROOM_BYTES..end].copy_from_slice(&crossing.bytes);
            let mut packet = Packet::new(&mut buffer, HEADROOM_BYTES..end);
            let to = server.handle_sink_datagram(now, crossing.sink, crossing.relayed, &mut packet);
            outlets.send_all(server, to, &packet);
        }
    }

    /// Some connections.
    fn accept(&mut self, index: usize) {
        self.is_unswept = true;
        for Accepted { socket, local, remote } in self.listeners[index].accept() {
            let client = FiveTuple { transport: Transport::Tcp, local, remote };
            self.add(client, socket, None, Box::new(()));
        }
    }

    /// A connection that was handed over.
    fn take(&mut self, handed: TlsStream) {
        let TlsStream { socket, tls, first_bytes, local, remote, place } = handed;
        let client = FiveTuple { transport: Transport::Tls, local, remote };
        if let Err(error) = socket.set_nonblocking(true) {
            debug!(%error, "a TURN connection was gone at once");
            return;
        }
        let Some(number) = self.add(client, TcpStream::from_std(socket), Some(tls), place) else { return };
        let mut rest = &first_bytes[..];
        while !rest.is_empty() {
            let Some(stream) = self.outlets.streams.get_mut(number) else { return };
            let mut framer = std::mem::take(&mut stream.framer);
            let space = framer.space();
            let taken = rest.len().min(space.len());
            space[..taken].copy_from_slice(&rest[..taken]);
            framer.filled(taken);
            rest = &rest[taken..];
            if !self.handle_frames(client, &mut framer) {
                self.close(number);
                return;
            }
            if let Some(stream) = self.outlets.streams.get_mut(number) {
                stream.framer = framer;
            }
        }
    }

    fn add(
        &mut self,
        client: FiveTuple,
        socket: TcpStream,
        tls: Option<ServerConnection>,
        place: Box<dyn Any + Send>,
    ) -> Option<usize> {
        let Outlets { streams, metrics, .. } = &mut self.outlets;
        if !streams.has_room_for(&client) {
            metrics.streams.refused.inc();
            return None;
        }
        let media_bytes_max = self.limits.stream_media_bytes_max;
        let stream = Stream::new(client, socket, tls, place, media_bytes_max, self.clock.monotonic());
        match stream.and_then(|stream| streams.insert(stream, self.poll.registry())) {
            Ok(number) => {
                metrics.streams.opened.inc();
                metrics.streams.open.inc();
                Some(number)
            }
            Err(error) => {
                debug!(%error, "a TURN connection was gone at once");
                None
            }
        }
    }

    /// Reads from a connection for one round; false if it is to be closed.
    fn read(&mut self, number: usize) -> bool {
        self.is_unswept = true;
        let Some(stream) = self.outlets.streams.get_mut(number) else { return true };
        let client = stream.client;
        // Taken out, because a frame may be relayed to any connection, also to this one.
        let mut framer = std::mem::take(&mut stream.framer);
        let mut may_have_more = true;
        for _ in 0..READS_PER_ROUND {
            let Some(stream) = self.outlets.streams.get_mut(number) else { return true };
            match stream.read(framer.space()) {
                Ok(0) => return false,
                Ok(read) => framer.filled(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    may_have_more = false;
                    break;
                }
                Err(error) => {
                    debug!(%error, "a TURN connection broke");
                    return false;
                }
            }
            if !self.handle_frames(client, &mut framer) {
                return false;
            }
        }
        framer.release();
        if let Some(stream) = self.outlets.streams.get_mut(number) {
            stream.framer = framer;
        }
        if may_have_more {
            self.outlets.streams.set_ready(number);
        }
        // TLS may have something to say itself.
        self.outlets.streams.set_dirty(number);
        true
    }

    /// Handles the whole messages that a connection has brought; false if there is none to be found.
    fn handle_frames(&mut self, client: FiveTuple, framer: &mut Framer) -> bool {
        let now = self.now();
        let Self { server, outlets, .. } = self;
        loop {
            let mut packet = match framer.next_frame() {
                Ok(Some(packet)) => packet,
                Ok(None) => return true,
                Err(error) => {
                    debug!(%error, "a TURN connection speaks something else");
                    return false;
                }
            };
            let to = server.handle_datagram(now, client, &mut packet);
            outlets.send_all(server, to, &packet);
        }
    }

    fn close(&mut self, number: usize) {
        if let Some(client) = self.outlets.streams.remove(number) {
            self.outlets.metrics.streams.open.dec();
            self.server.connection_closed(&client);
        }
    }

    fn look_at_time(&mut self) {
        let now = self.now();
        if self.server.poll_timeout().is_some_and(|due| due <= now.monotonic) {
            self.server.handle_timeout(now);
            self.is_unswept = true;
        }
        if now.monotonic < self.next_sweep {
            return;
        }
        self.next_sweep = now.monotonic + SWEEP_INTERVAL;
        self.is_unswept = false;
        let Self { server, outlets, .. } = self;
        for number in outlets.streams.unused(now.monotonic, |client| server.has_allocation(now, client)) {
            self.close(number);
        }
        for listener in self.listeners.iter_mut().filter(|listener| listener.is_starved) {
            listener.is_ready = true;
        }
        self.tell();
    }

    /// Brings the metrics up to date.
    fn tell(&self) {
        let metrics = &self.outlets.metrics;
        metrics.publish(&self.server.counters(), &self.server.occupancy());
        metrics.sockets.look_at_kernel(&self.inodes);
    }
}
