//! All rooms of the SFU, without sockets: who is heard over which connection, which packet is for whom, and which room is due.
//!
//! It works in rounds: whatever is fed marks its room, and [`Rooms::settle`] sends and tells what has come of it, so that what
//! many packets bring for one subscriber goes out together.
//!
//! Invariant: whatever goes wrong in a room, a panic of ours or of the engine's included, ends that room and no other. Its
//! people are told to come back, and find a new room of the same name.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::mem;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use livekit_protocol::DisconnectReason;
use tracing::{debug, error};
use veche_base::{Clock, Entropy};
use veche_sfu::engine::{Engine, FiveTuple, Transmit};
use veche_sfu::{Counters, ParticipantId};

use super::RoomId;
use super::demux::{Demux, Place};
use super::handle::{ConnectionId, Join, Listing};
use super::metrics::RoomMetrics;
use super::settings::SfuLimits;
use super::site::{RoomNews, Site, Whereabouts};
use super::strikes::Strikes;
use super::watch::{Watch, Way};
use crate::signal::{Concern, Context, Room, ServiceError, ServiceRequest, SessionId};

/// See the module.
pub(crate) struct Rooms<E: Engine> {
    world: World<E>,
    rooms: BTreeMap<RoomId, Hosted<E>>,
    /// By name.
    names: HashMap<String, RoomId>,
    connections: HashMap<ConnectionId, (RoomId, SessionId)>,
    /// The connection over which each session is heard now.
    heard: HashMap<SessionId, ConnectionId>,
    /// Rooms that something has happened in since they were settled.
    touched: BTreeSet<RoomId>,
    /// When each room wants to be called, the first of them first.
    due: BTreeSet<(Duration, RoomId)>,
    news: Box<dyn Fn(RoomNews) + Send>,
    limits: SfuLimits,
    /// Who has broken rooms.
    strikes: Strikes,
    metrics: RoomMetrics,
    /// What a room has sent to whom, until it is counted; empty in between.
    sent: Vec<(ParticipantId, usize)>,
    next_id: u64,
}

/// A room, and what is known of it outside.
struct Hosted<E: Engine> {
    room: Room<E>,
    counted: Counters,
    /// What is seen of everybody's packets.
    watches: HashMap<ParticipantId, Watch>,
    due: Option<Duration>,
    /// Those of whom was told that they are there, one as often as that.
    present: Vec<String>,
    /// It has panicked. Nothing is asked of it any longer but to whom it spoke.
    is_broken: bool,
}

/// What rooms need of the world, kept apart from them so that both can be borrowed.
pub(crate) struct World<E: Engine> {
    pub(crate) engine: E,
    pub(crate) demux: Demux,
    pub(crate) site: Site,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl<E: Engine> World<E> {
    fn context(&mut self) -> Context<'_, E> {
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

impl<E: Engine> Rooms<E> {
    /// No rooms. `news` hears who comes and goes.
    pub(crate) fn new(
        world: World<E>,
        news: Box<dyn Fn(RoomNews) + Send>,
        limits: SfuLimits,
        metrics: RoomMetrics,
    ) -> Self {
        Self {
            world,
            rooms: BTreeMap::new(),
            names: HashMap::new(),
            connections: HashMap::new(),
            heard: HashMap::new(),
            touched: BTreeSet::new(),
            due: BTreeSet::new(),
            news,
            limits,
            strikes: Strikes::default(),
            metrics,
            sent: Vec::new(),
            next_id: 1,
        }
    }

    /// Takes a datagram that came by this way; false if it is nobody's.
    pub(crate) fn take_datagram(&mut self, now: Duration, tuple: &FiveTuple, way: Way, bytes: &[u8]) -> bool {
        let Some(Place { room, participant }) = self.world.demux.find(tuple, bytes) else { return false };
        if let Some(hosted) = self.rooms.get_mut(&room) {
            hosted.watches.entry(participant).or_default().received(now, way, bytes);
        }
        self.change(room, "a datagram", |room, _| {
            if let Err(error) = room.call.handle_input(now, participant, tuple, bytes) {
                // He has just left.
                debug!(%error, "a datagram was not taken");
            }
        });
        true
    }

    /// Takes a message of a client.
    pub(crate) fn take_message(&mut self, connection: ConnectionId, bytes: &[u8]) {
        let Some((id, session)) = self.connections.get(&connection).copied() else { return };
        let mut identity = String::new();
        let done = self.change(id, "a message", |room, world| {
            room.identity_of(session).unwrap_or_default().clone_into(&mut identity);
            room.take_message(&mut world.context(), session, bytes);
        });
        self.blame(done.is_none(), &identity);
    }

    /// Remembers who has done something, if a room broke by it.
    fn blame(&mut self, is_to_blame: bool, identity: &str) {
        if is_to_blame && !identity.is_empty() {
            self.strikes.add(identity, self.world.clock.monotonic());
        }
    }

    /// Somebody wants into a room.
    pub(crate) fn join(&mut self, join: Join) {
        let Join { connection, grants, arrival, outbox } = join;
        let participants = self.participants();
        let is_there = self.names.contains_key(&grants.room);
        let may_open = is_there || (grants.room_create && self.rooms.len() < self.limits.rooms_max);
        let must_wait = self.strikes.must_wait(&grants.identity, self.world.clock.monotonic());
        if !may_open || must_wait || participants >= self.limits.participants_max || !grants.is_within_limits() {
            debug!(may_open, must_wait, participants, "somebody was not let into a call");
            self.metrics.refused.inc();
            if participants >= self.limits.participants_max {
                (self.news)(RoomNews::NoPlace { room: grants.room, identity: grants.identity, is_room: false });
            }
            // The connection ends without a word, and the client says that it could not connect.
            return;
        }
        let room = grants.room.clone();
        let id = self.names.get(&room).copied().unwrap_or_else(|| self.open(room));
        let session = SessionId(self.next_id);
        self.next_id += 1;
        let identity = grants.identity.clone();
        let is_whole = self.rooms.get(&id).is_some_and(|hosted| !hosted.is_broken);
        let joined = self.change(id, "somebody who comes", |room, world| {
            room.join(&mut world.context(), session, grants, arrival, outbox)
        });
        // A room that had broken before he came is not his doing.
        self.blame(joined.is_none() && is_whole, &identity);
        if let Some(session) = joined.flatten() {
            self.metrics.joined.inc();
            self.connections.insert(connection, (id, session));
            self.heard.insert(session, connection);
        }
    }

    fn open(&mut self, name: String) -> RoomId {
        let id = RoomId(self.next_id);
        self.next_id += 1;
        let room = Room::new(id, name.clone(), &self.world.context());
        let hosted = Hosted {
            room,
            counted: Counters::default(),
            watches: HashMap::new(),
            due: None,
            present: Vec::new(),
            is_broken: false,
        };
        self.rooms.insert(id, hosted);
        self.names.insert(name, id);
        id
    }

    /// A connection has ended. Its client may be heard over another already.
    pub(crate) fn hang_up(&mut self, connection: ConnectionId) {
        let Some((id, session)) = self.connections.remove(&connection) else { return };
        if self.heard.get(&session) != Some(&connection) {
            return;
        }
        self.heard.remove(&session);
        self.change(id, "somebody who hangs up", |room, world| room.hung_up(world.clock.monotonic(), session));
    }

    /// Sends somebody out of a room, if he is there.
    pub(crate) fn remove(&mut self, room: &str, identity: &str) {
        let Some(id) = self.names.get(room).copied() else { return };
        self.change(id, "somebody who has to go", |room, world| {
            if let Some(session) = room.find(identity) {
                room.remove(&mut world.context(), session, DisconnectReason::ParticipantRemoved, true);
            }
        });
    }

    /// Does what is asked of a room from outside, or of several.
    pub(crate) fn serve(&mut self, request: &ServiceRequest) -> Result<Vec<u8>, ServiceError> {
        let room = match request.concern() {
            Concern::Rooms => {
                let rooms = self.rooms.values().map(|hosted| &hosted.room);
                let rooms = rooms.filter(|room| request.is_listed(&room.name));
                return Ok(request.rooms(rooms.map(Room::info).collect()));
            }
            Concern::Room { room, .. } | Concern::Participant { room, .. } => room,
        };
        let Some(id) = self.names.get(room).copied() else { return request.nobody() };
        let served =
            self.change(id, "what is asked from outside", |room, world| room.serve(&mut world.context(), request));
        served.unwrap_or_else(|| request.nobody())
    }

    /// Other addresses, for those who come from now on.
    pub(crate) fn move_to(&mut self, whereabouts: &Whereabouts) {
        self.world.site.move_to(whereabouts);
    }

    /// The address that the engine knows us by: see [`Site::local_of`].
    pub(crate) fn local_of(&self, address: SocketAddr) -> Option<SocketAddr> {
        self.world.site.local_of(address)
    }

    /// Whether somebody comes from there.
    pub(crate) fn knows(&self, remote: SocketAddr) -> bool {
        self.world.demux.knows(remote)
    }

    /// Whether somebody comes this way.
    pub(crate) fn is_way(&self, tuple: &FiveTuple) -> bool {
        self.world.demux.is_way(tuple)
    }

    /// Nobody comes this way any longer.
    pub(crate) fn forget_way(&mut self, tuple: &FiveTuple) {
        self.world.demux.forget_way(tuple);
    }

    /// The rooms, and who is in them.
    pub(crate) fn list(&self) -> Vec<Listing> {
        let listed = |hosted: &Hosted<E>| Listing {
            room: hosted.room.name.clone(),
            since_ms: hosted.room.created_ms,
            members: hosted.room.members(|participant| hosted.watches.get(&participant)),
        };
        self.rooms.values().map(listed).collect()
    }

    /// When [`Rooms::let_time_pass`] has something to do; at once, if there is something to settle.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        if !self.touched.is_empty() {
            return Some(Duration::ZERO);
        }
        self.due.first().map(|(at, _)| *at)
    }

    /// Lets time pass in the rooms that wait for it.
    pub(crate) fn let_time_pass(&mut self) {
        let now = self.world.clock.monotonic();
        while let Some((_, id)) = self.due.first().copied().filter(|(at, _)| *at <= now) {
            self.due.pop_first();
            if let Some(hosted) = self.rooms.get_mut(&id) {
                hosted.due = None;
            }
            self.change(id, "time", |room, world| room.handle_timeout(&mut world.context()));
        }
    }

    /// Sends what the rooms want sent, tells what there is to tell, and ends the rooms that nobody is in.
    pub(crate) fn settle(&mut self, mut transmit: impl FnMut(Transmit)) {
        for id in mem::take(&mut self.touched) {
            let mut sent = mem::take(&mut self.sent);
            self.work(id, "what is to be sent", |room, world| {
                room.settle(&mut world.context(), |participant, packet| {
                    sent.push((participant, packet.bytes.len()));
                    transmit(packet);
                });
            });
            self.tell_news(id);
            let Some(hosted) = self.rooms.get_mut(&id) else { continue };
            for (participant, bytes) in sent.drain(..) {
                hosted.watches.entry(participant).or_default().sent(bytes);
            }
            self.sent = sent;
            let counters = hosted.room.call.counters();
            self.metrics.add(&hosted.counted, &counters);
            hosted.counted = counters;
            if hosted.is_broken || hosted.room.is_empty() {
                self.close(id);
            } else {
                self.schedule(id);
            }
        }
    }

    fn schedule(&mut self, id: RoomId) {
        let Some(hosted) = self.rooms.get_mut(&id) else { return };
        let due = hosted.room.poll_timeout();
        if due != hosted.due {
            if let Some(at) = mem::replace(&mut hosted.due, due) {
                self.due.remove(&(at, id));
            }
            self.due.extend(due.map(|at| (at, id)));
        }
    }

    fn tell_news(&mut self, id: RoomId) {
        let Some(hosted) = self.rooms.get_mut(&id) else { return };
        for news in hosted.room.take_news() {
            match &news {
                RoomNews::Joined { identity, .. } => hosted.present.push(identity.clone()),
                RoomNews::Left { identity, .. } => {
                    let at = hosted.present.iter().position(|present| present == identity);
                    at.into_iter().for_each(|at| drop(hosted.present.swap_remove(at)));
                }
                RoomNews::NoPlace { .. } => {}
            }
            (self.news)(news);
        }
    }

    /// Ends a room. Whoever is there nevertheless is told to come back.
    fn close(&mut self, id: RoomId) {
        let Some(mut hosted) = self.rooms.remove(&id) else { return };
        self.names.remove(&hosted.room.name);
        if let Some(at) = hosted.due {
            self.due.remove(&(at, id));
        }
        self.world.demux.forget_room(id);
        let room = hosted.room.name.clone();
        for identity in mem::take(&mut hosted.present) {
            (self.news)(RoomNews::Left { room: room.clone(), identity });
        }
        let now = self.world.clock.monotonic();
        // A broken room may break once more while it is taken apart.
        let said = catch_unwind(AssertUnwindSafe(move || {
            hosted.room.say_goodbye(now, DisconnectReason::StateMismatch);
            drop(hosted);
        }));
        if said.is_err() {
            error!(room = id.0, "a room that is broken could not be taken apart in order");
        }
    }

    /// Ends all rooms, because something has gone wrong that is no single room's. Everybody is told to come back.
    pub(crate) fn begin_anew(&mut self) {
        self.rooms.keys().copied().collect::<Vec<_>>().into_iter().for_each(|id| self.close(id));
        self.touched.clear();
        self.due.clear();
        self.connections.clear();
        self.heard.clear();
    }

    /// Tells everybody that the server goes and comes back.
    pub(crate) fn say_goodbye(&mut self) {
        let now = self.world.clock.monotonic();
        for id in self.rooms.keys().copied().collect::<Vec<_>>() {
            self.work(id, "the end", |room, _| room.say_goodbye(now, DisconnectReason::ServerShutdown));
        }
    }

    /// Brings the metrics up to date, and what is known of everybody's packets. So much time has passed since it was.
    pub(crate) fn tell(&mut self, elapsed: Duration) {
        let (mut direct, mut tcp, mut relayed) = (0, 0, 0);
        for Hosted { room, watches, .. } in self.rooms.values_mut() {
            let there = room.participants();
            watches.retain(|participant, _| there.contains(participant));
            watches.values_mut().for_each(|watch| watch.tick(elapsed));
            for member in room.members(|participant| watches.get(&participant)) {
                match member.way {
                    Some(Way::Direct) => direct += 1,
                    Some(Way::Tcp) => tcp += 1,
                    Some(Way::Relayed(_)) => relayed += 1,
                    None => {}
                }
            }
        }
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.metrics.participants_direct.set(gauge(direct));
        self.metrics.participants_tcp.set(gauge(tcp));
        self.metrics.participants_relayed.set(gauge(relayed));
        self.metrics.rooms.set(gauge(self.rooms.len()));
        self.metrics.participants.set(gauge(self.participants()));
    }

    fn participants(&self) -> usize {
        self.rooms.values().map(|hosted| hosted.room.len()).sum()
    }

    /// Does something in a room, which is to be settled afterwards.
    fn change<R>(
        &mut self,
        id: RoomId,
        what: &'static str,
        act: impl FnOnce(&mut Room<E>, &mut World<E>) -> R,
    ) -> Option<R> {
        self.touched.insert(id);
        self.work(id, what, act)
    }

    /// Does something in a room; nothing comes of it if there is none, or if it is broken, or breaks. `what` it is about is all
    /// that the log says, because the words of a panic may be those of a client.
    fn work<R>(
        &mut self,
        id: RoomId,
        what: &'static str,
        act: impl FnOnce(&mut Room<E>, &mut World<E>) -> R,
    ) -> Option<R> {
        let Self { rooms, world, .. } = self;
        let hosted = rooms.get_mut(&id).filter(|hosted| !hosted.is_broken)?;
        // A room that was left halfway is never worked in again; what it has of the world is whole after each call.
        let done = catch_unwind(AssertUnwindSafe(|| act(&mut hosted.room, world)));
        if done.is_err() {
            hosted.is_broken = true;
            self.metrics.broken_rooms.inc();
            error!(room = id.0, what, "a room panicked and ends; its people are told to come back");
        }
        done.ok()
    }
}

#[cfg(any(test, feature = "testing"))]
mod occupancy;
#[cfg(test)]
mod tests;
