//! The SFU's thread: waits for packets and commands, feeds the rooms, sends what comes out.
//!
//! It works in rounds. In each, every socket that has something gets one batch and every command is obeyed; then the rooms that
//! this has changed are settled, so that what many packets bring for one subscriber is written and sent together.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use livekit_protocol::DisconnectReason;
use mio::{Events, Interest, Poll, Token, Waker};
use tracing::{debug, error};
use veche_base::metrics::Registry;
use veche_base::{Clock, Entropy};
use veche_sfu::engine::str0m::Str0mEngine;
use veche_sfu::engine::{FiveTuple, Transmit, Transport};
use veche_sfu::{Counters, ParticipantId};

use super::RoomId;
use super::demux::Demux;
use super::handle::{Command, ConnectionId, Join, Listing};
use super::metrics::Metrics;
use super::settings::{SfuLimits, SfuSettings};
use super::site::{IceServers, RoomNews, Site};
use super::watch::{Watch, Way};
use crate::bridge::BridgeEnd;
use crate::handle::StartError;
use crate::settings::Limits;
use crate::signal::{Concern, Context, Room, ServiceError, ServiceRequest, SessionId};
use crate::sockets::WAKER;
use crate::udp::{Incoming, UdpPort};

/// Events taken from the kernel at once.
const EVENTS_MAX: usize = 256;
/// The first token of the sockets.
const PORTS: usize = 1;
/// Relayed addresses that are remembered before those are forgotten from which nobody comes any longer.
const RELAYED_MAX: usize = 4_096;
/// How often metrics are told.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// How long the thread sleeps at most, so that what a lost wake-up left behind is found.
const PATIENCE_MAX: Duration = Duration::from_secs(5);

type Rooms = BTreeMap<RoomId, Hosted>;

/// A room, and what was last counted of it.
struct Hosted {
    room: Room<Str0mEngine>,
    counted: Counters,
    watches: HashMap<ParticipantId, Watch>,
}

/// See the module.
pub(crate) struct Worker {
    poll: Poll,
    outlets: Outlets,
    incoming: Incoming,
    inbox: Receiver<Command>,
    is_stopping: Arc<AtomicBool>,
    world: World,
    rooms: Rooms,
    /// By name.
    names: HashMap<String, RoomId>,
    connections: HashMap<ConnectionId, (RoomId, SessionId)>,
    /// The connection over which each session is heard now.
    heard: HashMap<SessionId, ConnectionId>,
    /// Rooms that something has happened in since they were settled.
    touched: BTreeSet<RoomId>,
    news: Box<dyn Fn(RoomNews) + Send>,
    inodes: Vec<u64>,
    limits: SfuLimits,
    next_id: u64,
    next_telling: Duration,
}

/// Ways out.
struct Outlets {
    ports: Vec<UdpPort>,
    bridge: Option<BridgeEnd>,
    /// Those who come through the relay, each with the address of ours that he came to.
    relayed: HashMap<SocketAddr, SocketAddr>,
    metrics: Metrics,
}

/// What rooms need of the world, kept apart from them so that both can be borrowed.
struct World {
    engine: Str0mEngine,
    demux: Demux,
    site: Site,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl World {
    fn context(&mut self) -> Context<'_, Str0mEngine> {
        Context {
            now: self.clock.monotonic(),
            wall_ms: self.clock.wall_ms(),
            engine: &self.engine,
            entropy: self.entropy.as_ref(),
            site: &self.site,
            demux: &mut self.demux,
        }
    }
}

impl Worker {
    /// A worker that has yet to run, and what wakes it.
    #[expect(clippy::too_many_arguments, reason = "everything that the thread is given, once")]
    pub(crate) fn new(
        settings: SfuSettings,
        relays: Box<dyn IceServers>,
        news: Box<dyn Fn(RoomNews) + Send>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        inbox: Receiver<Command>,
        is_stopping: Arc<AtomicBool>,
        registry: &Registry,
    ) -> Result<(Self, Arc<Waker>), StartError> {
        let limits = settings.limits;
        let ports = bind(&settings.listen, &limits)?;
        let (poll, waker, ports) = watch(ports).map_err(StartError::Thread)?;
        if let Some(bridge) = &settings.bridge {
            bridge.wake_with(&waker);
        }
        let site = Site::new(ports.iter().map(|port| port.address).collect(), &settings.whereabouts, relays);
        let engine = Str0mEngine::new(any_instant()).map_err(|error| StartError::Thread(io::Error::other(error)))?;
        let next_telling = clock.monotonic();
        let worker = Self {
            poll,
            inodes: ports.iter().filter_map(|port| port.inode).collect(),
            outlets: Outlets {
                ports,
                bridge: settings.bridge,
                relayed: HashMap::new(),
                metrics: Metrics::new(registry),
            },
            incoming: Incoming::new(),
            inbox,
            is_stopping,
            world: World { engine, demux: Demux::default(), site, clock, entropy },
            rooms: BTreeMap::new(),
            names: HashMap::new(),
            connections: HashMap::new(),
            heard: HashMap::new(),
            touched: BTreeSet::new(),
            news,
            limits,
            next_id: 1,
            next_telling,
        };
        Ok((worker, waker))
    }

    /// Where packets come.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.outlets.ports.iter().map(|port| port.address).collect()
    }

    /// Serves until it is told to stop.
    pub(crate) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS_MAX);
        while !self.is_stopping.load(Ordering::Acquire) {
            match self.poll.poll(&mut events, Some(self.patience())) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    error!(%error, "sockets cannot be waited for; calls stop");
                    break;
                }
            }
            for event in &events {
                let Token(token) = event.token();
                if let Some(port) = token.checked_sub(PORTS).and_then(|at| self.outlets.ports.get_mut(at)) {
                    port.is_ready = true;
                }
            }
            self.obey();
            self.receive();
            self.receive_from_relay();
            self.let_time_pass();
            self.settle();
        }
        let now = self.world.clock.monotonic();
        for hosted in self.rooms.values_mut() {
            hosted.room.say_goodbye(now);
        }
    }

    /// How long nothing needs to be done.
    fn patience(&self) -> Duration {
        if !self.touched.is_empty() || self.outlets.ports.iter().any(|port| port.is_ready) {
            return Duration::ZERO;
        }
        let of_rooms = self.rooms.values().filter_map(|hosted| hosted.room.poll_timeout());
        let now = self.world.clock.monotonic();
        of_rooms.min().map_or(PATIENCE_MAX, |at| at.saturating_sub(now).min(PATIENCE_MAX))
    }

    /// One batch of each socket.
    fn receive(&mut self) {
        for index in 0..self.outlets.ports.len() {
            if !self.outlets.ports[index].is_ready {
                continue;
            }
            let Self { outlets: Outlets { ports, metrics, .. }, incoming, world, rooms, touched, .. } = self;
            let more = incoming.receive(&ports[index], &metrics.sockets);
            let now = world.clock.monotonic();
            let received = incoming.datagrams(|local, remote, packet| {
                let tuple = FiveTuple { transport: Transport::Udp, local, remote };
                let Some(place) = world.demux.find(&tuple, packet.bytes()) else {
                    metrics.dropped_strangers.inc();
                    return;
                };
                if let Some(hosted) = rooms.get_mut(&place.room) {
                    hosted.feed(now, place.participant, &tuple, Way::Direct, packet.bytes());
                    touched.insert(place.room);
                }
            });
            received.count(&metrics.sockets);
            ports[index].is_ready = more;
        }
    }

    /// What has come over the bridge.
    fn receive_from_relay(&mut self) {
        let Self { outlets, world, rooms, touched, .. } = self;
        let now = world.clock.monotonic();
        while let Some(crossing) = outlets.bridge.as_ref().and_then(BridgeEnd::next) {
            let Some(local) = world.site.local_of(crossing.sink) else { continue };
            let tuple = FiveTuple { transport: Transport::Udp, local, remote: crossing.relayed };
            let Some(place) = world.demux.find(&tuple, &crossing.bytes) else {
                outlets.metrics.dropped_strangers.inc();
                continue;
            };
            if outlets.relayed.len() >= RELAYED_MAX {
                let demux = &world.demux;
                outlets.relayed.retain(|relayed, _| demux.knows(*relayed));
            }
            let way = crossing.by.map_or(Way::Direct, Way::Relayed);
            outlets.relayed.insert(crossing.relayed, crossing.sink);
            if let Some(hosted) = rooms.get_mut(&place.room) {
                hosted.feed(now, place.participant, &tuple, way, &crossing.bytes);
                touched.insert(place.room);
            }
        }
    }

    fn let_time_pass(&mut self) {
        let now = self.world.clock.monotonic();
        for (id, hosted) in &mut self.rooms {
            if hosted.room.poll_timeout().is_some_and(|at| at <= now) {
                hosted.room.handle_timeout(&mut self.world.context());
                self.touched.insert(*id);
            }
        }
        if now >= self.next_telling {
            self.tell(now);
            self.next_telling = now + TELL_EVERY;
        }
    }

    /// Sends what the rooms want sent, and ends those that nobody is in.
    fn settle(&mut self) {
        for id in std::mem::take(&mut self.touched) {
            let Some(hosted) = self.rooms.get_mut(&id) else { continue };
            let (outlets, Hosted { room, watches, .. }) = (&mut self.outlets, &mut *hosted);
            room.settle(&mut self.world.context(), |participant, packet| {
                watches.entry(participant).or_default().sent(packet.bytes.len());
                outlets.send(&packet);
            });
            hosted.room.take_news().into_iter().for_each(&self.news);
            let counters = hosted.room.call.counters();
            outlets.metrics.add(&hosted.counted, &counters);
            hosted.counted = counters;
            if hosted.room.is_empty() {
                self.names.remove(&hosted.room.name);
                self.rooms.remove(&id);
            }
        }
        self.outlets.flush();
    }

    fn obey(&mut self) {
        while let Ok(command) = self.inbox.try_recv() {
            match command {
                Command::Join(join) => self.join(*join),
                Command::Message(connection, bytes) => {
                    if let Some((id, session)) = self.connections.get(&connection).copied()
                        && let Some(hosted) = self.rooms.get_mut(&id)
                    {
                        hosted.room.take_message(&mut self.world.context(), session, &bytes);
                        self.touched.insert(id);
                    }
                }
                Command::HangUp(connection) => self.hang_up(connection),
                Command::Remove { room, identity } => {
                    let id = self.names.get(&room).copied();
                    let hosted = id.and_then(|id| self.rooms.get_mut(&id));
                    if let (Some(id), Some(hosted)) = (id, hosted)
                        && let Some(session) = hosted.room.find(&identity)
                    {
                        let reason = DisconnectReason::ParticipantRemoved;
                        hosted.room.remove(&mut self.world.context(), session, reason, true);
                        self.touched.insert(id);
                    }
                }
                Command::MoveTo(whereabouts) => self.world.site.move_to(&whereabouts),
                Command::List(take) => take(self.list()),
                Command::Serve(request, reply) => {
                    let outcome = self.serve(&request);
                    reply.send(outcome);
                }
            }
        }
    }

    /// Does what is asked of a room, or of several.
    fn serve(&mut self, request: &ServiceRequest) -> Result<Vec<u8>, ServiceError> {
        let room = match request.concern() {
            Concern::Rooms => {
                let rooms = self.rooms.values().map(|hosted| &hosted.room);
                let rooms = rooms.filter(|room| request.is_listed(&room.name));
                return Ok(request.rooms(rooms.map(Room::info).collect()));
            }
            Concern::Room { room, .. } | Concern::Participant { room, .. } => room,
        };
        let Some(id) = self.names.get(room).copied() else { return request.nobody() };
        let Some(hosted) = self.rooms.get_mut(&id) else { return request.nobody() };
        self.touched.insert(id);
        hosted.room.serve(&mut self.world.context(), request)
    }

    fn join(&mut self, join: Join) {
        let Join { connection, grants, request, outbox } = join;
        let participants: usize = self.rooms.values().map(|hosted| hosted.room.len()).sum();
        let is_there = self.names.contains_key(&grants.room);
        let may_open = is_there || (grants.room_create && self.rooms.len() < self.limits.rooms_max);
        if !may_open || participants >= self.limits.participants_max || !grants.is_within_limits() {
            debug!(may_open, participants, "somebody was not let into a call");
            self.outlets.metrics.refused.inc();
            // The connection ends without a word, and the client says that it could not connect.
            return;
        }
        let room = grants.room.clone();
        let id = self.names.get(&room).copied().unwrap_or_else(|| self.open(room));
        let Some(hosted) = self.rooms.get_mut(&id) else { return };
        let session = SessionId(self.next_id);
        self.next_id += 1;
        let joined = hosted.room.join(&mut self.world.context(), session, grants, request, outbox);
        if let Some(session) = joined {
            self.outlets.metrics.joined.inc();
            self.connections.insert(connection, (id, session));
            self.heard.insert(session, connection);
        }
        self.touched.insert(id);
    }

    fn open(&mut self, name: String) -> RoomId {
        let id = RoomId(self.next_id);
        self.next_id += 1;
        let room = Room::new(id, name.clone(), &self.world.context());
        self.rooms.insert(id, Hosted { room, counted: Counters::default(), watches: HashMap::new() });
        self.names.insert(name, id);
        id
    }

    /// A connection has ended. Its client may be heard over another already.
    fn hang_up(&mut self, connection: ConnectionId) {
        let Some((id, session)) = self.connections.remove(&connection) else { return };
        if self.heard.get(&session) != Some(&connection) {
            return;
        }
        self.heard.remove(&session);
        if let Some(hosted) = self.rooms.get_mut(&id) {
            hosted.room.hung_up(self.world.clock.monotonic(), session);
            self.touched.insert(id);
        }
    }

    fn list(&self) -> Vec<Listing> {
        let listed = |hosted: &Hosted| Listing {
            room: hosted.room.name.clone(),
            since_ms: hosted.room.created_ms,
            members: hosted.room.members(|participant| hosted.watches.get(&participant)),
        };
        self.rooms.values().map(listed).collect()
    }

    /// Brings the metrics up to date, and what is known of everybody's packets.
    fn tell(&mut self, now: Duration) {
        let elapsed = TELL_EVERY + now.saturating_sub(self.next_telling);
        for Hosted { room, watches, .. } in self.rooms.values_mut() {
            let there = room.participants();
            watches.retain(|participant, _| there.contains(participant));
            watches.values_mut().for_each(|watch| watch.tick(elapsed));
        }
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let metrics = &self.outlets.metrics;
        metrics.rooms.set(gauge(self.rooms.len()));
        metrics.participants.set(gauge(self.rooms.values().map(|hosted| hosted.room.len()).sum()));
        metrics.sockets.look_at_kernel(&self.inodes);
    }
}

impl Hosted {
    fn feed(&mut self, now: Duration, participant: ParticipantId, tuple: &FiveTuple, way: Way, bytes: &[u8]) {
        self.watches.entry(participant).or_default().received(now, way, bytes);
        if let Err(error) = self.room.call.handle_input(now, participant, tuple, bytes) {
            // He has just left.
            debug!(%error, "a datagram was not taken");
        }
    }
}

impl Outlets {
    fn send(&mut self, packet: &Transmit) {
        let (local, remote) = (packet.tuple.local, packet.tuple.remote);
        let sockets = &self.metrics.sockets;
        let is_sent = match (self.relayed.get(&remote), &mut self.bridge) {
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

    fn flush(&mut self) {
        self.ports.iter_mut().for_each(|port| port.flush(&self.metrics.sockets));
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
        poll.registry().register(&mut port.socket, Token(PORTS + index), Interest::READABLE)?;
    }
    Ok((poll, waker, ports))
}

#[expect(clippy::disallowed_methods, reason = "an instant is made in no other way, and only differences to it count")]
fn any_instant() -> Instant {
    Instant::now()
}
