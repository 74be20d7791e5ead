//! Starting and stopping the SFU's thread, and what other threads may ask of it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use veche_base::metrics::Registry;
use veche_base::{Clock, Entropy};
use veche_sfu::engine::Condition;

use super::load;
use super::probe::Probe;
use super::settings::SfuSettings;
use super::site::{IceServers, RoomNews, Whereabouts};
use super::watch::{Stages, Way};
use super::worker::Worker;
use crate::handle::{AskError, Panicked, StartError};
use crate::signal::{Arrival, Grants, Outbox, Reply, ServiceError, ServiceRequest};
use crate::thread::{Post, Serving};

/// Commands that wait for the thread; it takes them all each time it wakes.
const COMMANDS_MAX: usize = 4_096;

/// A connection of signaling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConnectionId(pub(crate) u64);

/// What the thread is asked to do.
pub(crate) enum Command {
    /// Somebody wants into a room.
    Join(Box<Join>),
    /// A client has sent a message.
    Message(ConnectionId, Vec<u8>),
    /// A client's connection of signaling has ended.
    HangUp(ConnectionId),
    /// See [`SfuHandle::remove`].
    Remove { room: String, identity: String },
    /// See [`SfuHandle::move_to`].
    MoveTo(Whereabouts),
    /// See [`SfuHandle::list`].
    List(Box<dyn FnOnce(Vec<Listing>) + Send>),
    /// See [`SfuHandle::expect_probe`].
    ExpectProbe(Probe),
    /// See [`SfuHandle::serve`].
    Serve(Box<ServiceRequest>, Reply),
    /// See [`SfuHandle::echo`].
    Echo(Box<dyn FnOnce() + Send>),
}

/// See [`Command::Join`].
pub(crate) struct Join {
    pub(crate) connection: ConnectionId,
    pub(crate) grants: Grants,
    pub(crate) arrival: Arrival,
    pub(crate) outbox: Box<dyn Outbox>,
}

/// A room with somebody in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Its name.
    pub room: String,
    /// Since when there is somebody, in milliseconds since 1970.
    pub since_ms: u64,
    /// Who is there.
    pub members: Vec<Member>,
}

/// Somebody in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub identity: String,
    /// Whether media can flow.
    pub is_connected: bool,
    /// How many tracks he publishes.
    pub tracks: usize,
    /// When he came, in milliseconds since 1970.
    pub joined_ms: u64,
    /// How his way fares.
    pub condition: Condition,
    /// Which way it is; nothing before media, or a report about it, has come.
    pub way: Option<Way>,
    /// Bits that came from him in a second.
    pub up_bps: u64,
    /// Bits that went to him.
    pub down_bps: u64,
    /// How he came in.
    pub stages: Stages,
}

/// The SFU on real sockets, served by one thread of its own. Dropping it stops it.
pub struct SfuDriver {
    serving: Serving<Command>,
    next: Arc<AtomicU64>,
    load: load::Told,
    addresses: Vec<SocketAddr>,
    tcp_addresses: Vec<SocketAddr>,
}

impl SfuDriver {
    /// Binds the sockets and starts the thread. `news` hears who comes and goes, on the SFU's thread, and must not wait;
    /// metrics are named `veche_sfu_...`.
    ///
    /// # Errors
    /// [`StartError`] if an address is taken; nothing is left behind.
    pub fn start(
        settings: SfuSettings,
        relays: Box<dyn IceServers>,
        news: Box<dyn Fn(RoomNews) + Send>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        registry: &Registry,
    ) -> Result<Self, StartError> {
        let (mut addresses, mut tcp_addresses, mut load) = (Vec::new(), Vec::new(), load::Told::default());
        let serving = Serving::start("sfu", COMMANDS_MAX, |inbox| {
            let (worker, waker) = Worker::new(settings, relays, news, clock, entropy, inbox, registry)?;
            (addresses, tcp_addresses, load) = (worker.addresses(), worker.tcp_addresses(), worker.load());
            Ok((move || worker.run(), waker))
        })?;
        Ok(Self { serving, next: Arc::new(AtomicU64::new(1)), load, addresses, tcp_addresses })
    }

    /// Where packets come, with the ports that were really bound.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where connections over TCP come, with the ports that were really bound; nothing, if none are taken.
    pub fn tcp_addresses(&self) -> &[SocketAddr] {
        &self.tcp_addresses
    }

    /// For whoever brings signaling.
    pub fn handle(&self) -> SfuHandle {
        SfuHandle { post: self.serving.post(), next: Arc::clone(&self.next), load: self.load.clone() }
    }

    /// Whether the thread serves. If it does not without having been stopped, it has given up.
    pub fn is_running(&self) -> bool {
        self.serving.is_running()
    }

    /// Tells clients to come back later, closes all connections and sockets, and waits for the thread, which takes
    /// milliseconds.
    ///
    /// # Errors
    /// [`Panicked`] if it did not end by itself.
    pub fn stop(mut self) -> Result<(), Panicked> {
        self.serving.stop()
    }
}

/// Asks the thread. Clones ask the same one.
#[derive(Clone)]
pub struct SfuHandle {
    post: Post<Command>,
    next: Arc<AtomicU64>,
    load: load::Told,
}

impl SfuHandle {
    /// A client has connected for signaling, with a token that the caller has checked. What he hears comes through
    /// `outbox`: the join or the reconnect answer first, or the reason why not. The connection ends when `outbox` is
    /// dropped.
    ///
    /// # Errors
    /// [`AskError`]; he should try again later.
    pub fn join(&self, grants: Grants, arrival: Arrival, outbox: Box<dyn Outbox>) -> Result<Connection, AskError> {
        let connection = ConnectionId(self.next.fetch_add(1, Ordering::Relaxed));
        self.post.ask(Command::Join(Box::new(Join { connection, grants, arrival, outbox })))?;
        Ok(Connection { connection, handle: self.clone() })
    }

    /// Sends somebody out of a room, if he is there: he has lost the right to be. His client does not come back by itself.
    ///
    /// # Errors
    /// [`AskError`]; he is still there.
    pub fn remove(&self, room: &str, identity: &str) -> Result<(), AskError> {
        self.post.ask(Command::Remove { room: room.to_owned(), identity: identity.to_owned() })
    }

    /// Of a thousand parts of the last seconds, how many the thread worked. Near a thousand packets wait for it, and
    /// everybody in every call notices.
    pub fn busy_permille(&self) -> u32 {
        self.load.permille()
    }

    /// Tells other addresses to those who come from now on.
    ///
    /// # Errors
    /// [`AskError`]; everything stays as it is.
    pub fn move_to(&self, whereabouts: Whereabouts) -> Result<(), AskError> {
        self.post.ask(Command::MoveTo(whereabouts))
    }

    /// Has this probe answered for ten seconds, at all sockets of calls. Whoever wants to be sure that it is expected before
    /// he sends it waits for an [`SfuHandle::echo`].
    ///
    /// # Errors
    /// [`AskError`]; it is not answered.
    pub fn expect_probe(&self, probe: Probe) -> Result<(), AskError> {
        self.post.ask(Command::ExpectProbe(probe))
    }

    /// Hands the rooms and who is in them to `take`, on the SFU's thread, which must not wait.
    ///
    /// # Errors
    /// [`AskError`]; `take` is dropped.
    pub fn list(&self, take: Box<dyn FnOnce(Vec<Listing>) + Send>) -> Result<(), AskError> {
        self.post.ask(Command::List(take))
    }

    /// Does what somebody asks of a room who may, and hands the answer's body to `take`, on the SFU's thread, which must not
    /// wait.
    ///
    /// # Errors
    /// [`AskError`]; nothing happens and `take` is dropped.
    pub fn serve(
        &self,
        request: ServiceRequest,
        take: Box<dyn FnOnce(Result<Vec<u8>, ServiceError>) + Send>,
    ) -> Result<(), AskError> {
        self.post.ask(Command::Serve(Box::new(request), Reply::new(take)))
    }

    /// Calls `answer` on the SFU's thread, so that whoever hears it knows that calls are served.
    ///
    /// # Errors
    /// [`AskError`]; `answer` is dropped.
    pub fn echo(&self, answer: Box<dyn FnOnce() + Send>) -> Result<(), AskError> {
        self.post.ask(Command::Echo(answer))
    }
}

impl fmt::Debug for SfuHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SfuHandle").finish_non_exhaustive()
    }
}

/// A client's connection of signaling. Dropping it says that it has ended; the client may come back on another.
#[derive(Debug)]
pub struct Connection {
    connection: ConnectionId,
    handle: SfuHandle,
}

impl Connection {
    /// Hands over a message of the client: one `SignalRequest`, as it came.
    ///
    /// # Errors
    /// [`AskError`]; the message is lost, so that the connection has to be closed.
    pub fn message(&self, bytes: Vec<u8>) -> Result<(), AskError> {
        self.handle.post.ask(Command::Message(self.connection, bytes))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // If the thread does not hear it, it finds out when nothing comes any longer.
        let _ = self.handle.post.ask(Command::HangUp(self.connection));
    }
}
