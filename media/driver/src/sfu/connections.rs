//! Connections over TCP of those whose networks let no UDP through (ICE-TCP, RFC 6544): the client connects, and what stands
//! on the connection is packets (RFC 4571), which are his like datagrams from then on.
//!
//! A connection is nobody's until a check of ICE has come on it that is signed as somebody's ([`super::Demux::find`]). Before
//! that it holds next to nothing, and not for long. A slow one loses its oldest media, and the thread never waits for it.
//!
//! Invariant: a way over TCP is known as long as its connection lives and no longer, so that whoever gets the same port next
//! has to say who he is.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use mio::{Interest, Token};
use tracing::debug;
use veche_base::metrics::{Counter, Scope};
use veche_sfu::engine::{Engine, FiveTuple, Transport};
use veche_turn::{FiveTuple as Client, Priority, Transport as ClientTransport};

use super::frames::{Frames, Strange, Whose, framed};
use super::probe::Probes;
use super::rooms::Rooms;
use super::settings::SfuLimits;
use super::watch::Way;
use crate::handle::StartError;
use crate::metrics::StreamMetrics;
use crate::settings::Limits;
use crate::sockets::{Accepted, LISTENERS, Listener, STREAMS};
use crate::stream::Stream;
use crate::streams::Streams;

/// How often connections of no use are looked for.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// What is read at once.
const READ_BYTES: usize = 16 * 1_024;
/// Reads from one connection in one round, so that no flood on one holds up the others.
const READS_PER_ROUND: usize = 4;
/// First bytes up to here are those of STUN (RFC 7983). Checks and their answers are few, and without them a way is lost.
const STUN_FIRST_BYTE_MAX: u8 = 3;

/// See the module.
pub(crate) struct Connections {
    listeners: Vec<Listener>,
    streams: Streams<Frames>,
    /// Those that have ended, until the rooms are told.
    ended: HashSet<FiveTuple>,
    scratch: Vec<u8>,
    media_bytes_max: usize,
    next_sweep: Duration,
    metrics: StreamMetrics,
    strangers: Counter,
}

/// What a packet is asked by.
pub(crate) struct Hearers<'a, E: Engine> {
    pub(crate) rooms: &'a mut Rooms<E>,
    pub(crate) probes: &'a mut Probes,
}

impl Connections {
    /// Binds the sockets.
    pub(crate) fn bind(listen: &[SocketAddr], limits: &SfuLimits, scope: &Scope) -> Result<Self, StartError> {
        let bound =
            |address: &SocketAddr| Listener::bind(*address).map_err(|error| StartError::BindTcp(*address, error));
        let listeners = listen.iter().map(bound).collect::<Result<_, _>>()?;
        let of_streams = Limits {
            streams_max: limits.streams_max,
            streams_per_address_max: limits.streams_per_address_max,
            stream_idle: limits.stream_idle,
            stream_media_bytes_max: limits.stream_media_bytes_max,
            ..Limits::default()
        };
        Ok(Self {
            listeners,
            streams: Streams::new(STREAMS, of_streams),
            ended: HashSet::new(),
            scratch: vec![0; READ_BYTES],
            media_bytes_max: limits.stream_media_bytes_max,
            next_sweep: Duration::ZERO,
            metrics: StreamMetrics::new(scope),
            strangers: scope.counter("streams_strange", "TCP connections closed because they were nobody's"),
        })
    }

    /// Where clients connect to.
    pub(crate) fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        self.listeners.iter().map(|listener| listener.socket.local_addr()).collect()
    }

    /// Has their events told.
    pub(crate) fn register(&mut self, registry: &mio::Registry) -> io::Result<()> {
        for (index, listener) in self.listeners.iter_mut().enumerate() {
            registry.register(&mut listener.socket, Token(LISTENERS + index), Interest::READABLE)?;
        }
        Ok(())
    }

    /// Notes what the kernel tells of a socket here.
    pub(crate) fn note(&mut self, event: &mio::event::Event) {
        let Token(token) = event.token();
        if token >= STREAMS {
            if event.is_readable() || event.is_read_closed() || event.is_error() {
                self.streams.set_ready(token);
            }
            if event.is_writable() {
                self.streams.set_writable(token);
            }
        } else if let Some(listener) = token.checked_sub(LISTENERS).and_then(|at| self.listeners.get_mut(at)) {
            listener.is_ready = true;
        }
    }

    /// Whether something waits to be read, or somebody to be let in.
    pub(crate) fn is_ready(&self) -> bool {
        self.streams.is_ready() || self.listeners.iter().any(|listener| listener.is_ready)
    }

    /// When [`Connections::sweep`] has something to look at.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let is_starved = self.listeners.iter().any(|listener| listener.is_starved);
        (is_starved || self.streams.len() > 0).then_some(self.next_sweep)
    }

    /// Lets in who waits for it.
    pub(crate) fn accept(&mut self, now: Duration, registry: &mio::Registry) {
        for index in 0..self.listeners.len() {
            if !self.listeners[index].is_ready {
                continue;
            }
            for Accepted { socket, local, remote } in self.listeners[index].accept() {
                let client = Client { transport: ClientTransport::Tcp, local, remote };
                if !self.streams.has_room_for(&client) {
                    self.metrics.refused.inc();
                    continue;
                }
                let stream = Stream::new(client, socket, None, Box::new(()), self.media_bytes_max, now);
                match stream.and_then(|stream| self.streams.insert(stream, registry)) {
                    Ok(_) => {
                        self.metrics.opened.inc();
                        self.metrics.open.inc();
                    }
                    Err(error) => debug!(%error, "a connection for calls was gone at once"),
                }
            }
        }
    }

    /// Reads for one round, and hands over what has come.
    pub(crate) fn receive<E: Engine>(&mut self, now: Duration, to: &mut Hearers<'_, E>, nobodys: &Counter) {
        for number in self.streams.take_ready() {
            match self.read(now, number, to, nobodys) {
                Ok(true) => self.streams.set_ready(number),
                Ok(false) => {}
                Err(error) => {
                    debug!(%error, "a connection for calls has ended");
                    self.close(number);
                }
            }
        }
        self.tell_ended(to.rooms);
    }

    /// Reads from one connection for one round; whether more may wait.
    fn read<E: Engine>(
        &mut self,
        now: Duration,
        number: usize,
        to: &mut Hearers<'_, E>,
        nobodys: &Counter,
    ) -> io::Result<bool> {
        for _ in 0..READS_PER_ROUND {
            let Some(stream) = self.streams.get_mut(number) else { return Ok(false) };
            let read = match stream.read(&mut self.scratch) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            };
            let tuple = tuple(&stream.client);
            let mut answers = Vec::new();
            let fed = stream.framer.feed(&self.scratch[..read], |packet| {
                if to.rooms.take_datagram(now, &tuple, Way::Tcp, packet) {
                    return Whose::Participants;
                }
                let Some(answer) = to.probes.answer(now, tuple.remote, packet) else {
                    nobodys.inc();
                    return Whose::Nobodys;
                };
                answers.push(answer);
                Whose::Probes
            });
            if let Err(strange @ Strange) = fed {
                self.strangers.inc();
                return Err(io::Error::other(strange));
            }
            for answer in answers {
                self.send(&tuple, &answer);
            }
        }
        Ok(true)
    }

    /// Queues a packet; false if there is no such connection.
    pub(crate) fn send(&mut self, to: &FiveTuple, packet: &[u8]) -> bool {
        let Some(frame) = framed(packet) else { return false };
        let is_check = packet.first().is_some_and(|first| *first <= STUN_FIRST_BYTE_MAX);
        let priority = if is_check { Priority::Control } else { Priority::Media };
        self.streams.send(&client(to), priority, frame, &self.metrics)
    }

    /// Writes what waits, as far as the sockets take it.
    pub(crate) fn flush<E: Engine>(&mut self, rooms: &mut Rooms<E>) {
        for number in self.streams.flush() {
            self.close(number);
        }
        self.tell_ended(rooms);
    }

    /// Closes the connections that have been nobody's for too long. To be called again and again.
    pub(crate) fn sweep<E: Engine>(&mut self, now: Duration, rooms: &mut Rooms<E>) {
        if now < self.next_sweep {
            return;
        }
        self.next_sweep = now + SWEEP_INTERVAL;
        for number in self.streams.unused(now, |client| rooms.is_way(&tuple(client))) {
            self.strangers.inc();
            self.close(number);
        }
        for listener in self.listeners.iter_mut().filter(|listener| listener.is_starved) {
            listener.is_ready = true;
        }
        self.tell_ended(rooms);
    }

    fn close(&mut self, number: usize) {
        if let Some(client) = self.streams.remove(number) {
            self.metrics.open.dec();
            self.ended.insert(tuple(&client));
        }
    }

    /// What comes next from the same address need not be the same client's.
    fn tell_ended<E: Engine>(&mut self, rooms: &mut Rooms<E>) {
        self.ended.drain().for_each(|tuple| rooms.forget_way(&tuple));
    }
}

const fn tuple(client: &Client) -> FiveTuple {
    FiveTuple { transport: Transport::Tcp, local: client.local, remote: client.remote }
}

const fn client(tuple: &FiveTuple) -> Client {
    Client { transport: ClientTransport::Tcp, local: tuple.local, remote: tuple.remote }
}
