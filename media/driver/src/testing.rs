//! Calls without sockets and threads, and what browsers say to them: for the tests here and for the fuzz targets. The product
//! uses none of it.

mod offers;
mod scripted;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Duration;

use veche_base::metrics::Registry;
use veche_base::testing::{ManualClock, SeededEntropy};
use veche_base::{Clock, Secret};
use veche_sfu::ParticipantId;
use veche_sfu::engine::{Engine, Event, FiveTuple, IceCredentials, Transmit};
use veche_sfu::testing::{ScriptedPeer, server_address};

pub use offers::{CHROMIUM_OFFER, coming, publishing_offer, receiving_offer};
pub use scripted::ScriptedEngine;
pub(crate) use scripted::{Channel, Relay};

use crate::sfu::{Bound, ConnectionId, Demux, Frames, Join, RoomId, RoomMetrics, Rooms, Site, Whose, World};
use crate::signal::read_description;
use crate::{Arrival, Grants, Listing, RoomNews, ServiceError, ServiceRequest, SfuLimits, Way, Whereabouts};

/// Time moves by this much, so that a room is looked at as often as it wants.
const STEP: Duration = Duration::from_millis(100);

/// All rooms of an SFU at [`server_address`], and time that a test moves.
pub struct House<E: Engine> {
    rooms: Rooms<E>,
    clock: Arc<ManualClock>,
    sent: Vec<Transmit>,
    news: Receiver<RoomNews>,
    next: u64,
}

/// A client's connection of signaling.
pub struct Visitor {
    connection: ConnectionId,
    heard: Receiver<Vec<u8>>,
}

/// How much is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Rooms.
    pub rooms: usize,
    /// People in all of them, and in the fullest.
    pub people: usize,
    /// See [`Occupancy::people`].
    pub people_in_a_room: usize,
    /// Connections of signaling that belong to somebody.
    pub connections: usize,
    /// Ufrags that requests may name.
    pub names: usize,
    /// Addresses from which somebody comes.
    pub ways: usize,
    /// Tracks that one person has announced or publishes, at most.
    pub tracks: usize,
    /// Tracks that one person wants, at most.
    pub wants: usize,
    /// Lines of one connection, at most.
    pub lines: usize,
    /// Rooms that are to be woken or settled.
    pub waiting: usize,
}

impl<E: Engine> House<E> {
    /// No rooms.
    pub fn new(engine: E, limits: SfuLimits) -> Self {
        let clock = Arc::new(ManualClock::new());
        clock.advance(Duration::from_secs(100));
        let (tell, news) = channel();
        let world = World {
            engine,
            demux: Demux::default(),
            site: Site::new(
                Bound { udp: vec![server_address()], tcp: Vec::new() },
                &Whereabouts::default(),
                Box::new(Relay),
            ),
            clock: Arc::<ManualClock>::clone(&clock),
            entropy: Arc::new(SeededEntropy::new(7)),
        };
        // The house has the other end, so it is there.
        let tell = Box::new(move |news| drop(tell.send(news)));
        let rooms = Rooms::new(world, tell, limits, RoomMetrics::new(&Registry::new()));
        Self { rooms, clock, sent: Vec::new(), news, next: 1 }
    }

    /// The time.
    pub fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// A client connects.
    pub fn join(&mut self, grants: Grants, arrival: Arrival) -> Visitor {
        let (outbox, heard) = channel();
        let connection = ConnectionId(self.next);
        self.next += 1;
        self.rooms.join(Join { connection, grants, arrival, outbox: Box::new(Channel(outbox)) });
        self.settle();
        Visitor { connection, heard }
    }

    /// A client says something.
    pub fn say(&mut self, visitor: &Visitor, message: &[u8]) {
        self.rooms.take_message(visitor.connection, message);
        self.settle();
    }

    /// A client's connection ends.
    pub fn hang_up(&mut self, visitor: &Visitor) {
        self.rooms.hang_up(visitor.connection);
        self.settle();
    }

    /// A datagram comes; whether it is somebody's.
    pub fn take_datagram(&mut self, tuple: &FiveTuple, bytes: &[u8]) -> bool {
        let now = self.now();
        let is_taken = self.rooms.take_datagram(now, tuple, Way::Direct, bytes);
        self.settle();
        is_taken
    }

    /// Something is asked from outside.
    ///
    /// # Errors
    /// [`ServiceError`], as the caller is told.
    pub fn serve(&mut self, request: &ServiceRequest) -> Result<Vec<u8>, ServiceError> {
        let served = self.rooms.serve(request);
        self.settle();
        served
    }

    /// Lets time pass.
    pub fn wait(&mut self, time: Duration) {
        let end = self.now() + time;
        while self.now() < end {
            self.clock.advance(STEP.min(end - self.now()));
            self.rooms.let_time_pass();
            self.settle();
        }
        self.rooms.tell(time);
    }

    /// What was sent since this was last asked.
    pub fn sent(&mut self) -> Vec<Transmit> {
        std::mem::take(&mut self.sent)
    }

    /// Who has come and gone since this was last asked.
    pub fn news(&self) -> Vec<RoomNews> {
        self.news.try_iter().collect()
    }

    /// The rooms, and who is in them.
    pub fn list(&self) -> Vec<Listing> {
        self.rooms.list()
    }

    /// How much is held.
    pub fn occupancy(&self) -> Occupancy {
        self.rooms.occupancy()
    }

    fn settle(&mut self) {
        let Self { rooms, sent, .. } = self;
        rooms.settle(|packet| sent.push(packet));
    }
}

impl House<ScriptedEngine> {
    /// A client's peer, over which he gets what others publish or publishes himself; nothing before there is one.
    pub fn peer(&mut self, visitor: &Visitor, is_publishing: bool) -> Option<&mut ScriptedPeer> {
        self.rooms.peer(visitor.connection, is_publishing)
    }

    /// A client's peer tells something, if there is one.
    pub fn tell(&mut self, visitor: &Visitor, is_publishing: bool, event: Event<Arc<[u8]>>) {
        if let Some(peer) = self.peer(visitor, is_publishing) {
            peer.say(event);
        }
        self.rooms.wake(visitor.connection);
        self.settle();
    }
}

impl Visitor {
    /// What the client has heard since it was last asked, each one `SignalResponse`; and whether the connection lives.
    pub fn heard(&self) -> (Vec<Vec<u8>>, bool) {
        let mut messages = Vec::new();
        loop {
            match self.heard.try_recv() {
                Ok(message) => messages.push(message),
                Err(error) => return (messages, error == TryRecvError::Empty),
            }
        }
    }
}

/// How many lines a description has; nothing, if it is none that could be answered.
#[must_use]
pub fn lines_of(sdp: &str) -> Option<usize> {
    read_description(sdp)
}

/// The packets that a connection over TCP brings in pieces of so many bytes, and whether it is closed as a stranger's. The first
/// packet that is somebody's makes it known.
pub fn packets_on_connection(
    stream: &[u8],
    piece_bytes: usize,
    is_somebodys: impl Fn(&[u8]) -> bool,
) -> (Vec<Vec<u8>>, bool) {
    let (mut frames, mut packets) = (Frames::default(), Vec::new());
    for piece in stream.chunks(piece_bytes) {
        let fed = frames.feed(piece, |packet| {
            packets.push(packet.to_vec());
            if is_somebodys(packet) { Whose::Participants } else { Whose::Nobodys }
        });
        if fed.is_err() {
            return (packets, true);
        }
    }
    (packets, false)
}

/// Whose datagrams are, by itself. People are numbers.
#[derive(Debug, Default)]
pub struct Demultiplexer(Demux);

impl Demultiplexer {
    /// Requests with this ufrag are for him, if they are signed with the password.
    pub fn expect(&mut self, ufrag: &str, pwd: &str, room: u64, who: u64) {
        let ours = IceCredentials { ufrag: ufrag.to_owned(), pwd: Secret::new(pwd.to_owned()) };
        self.0.expect(&ours, RoomId(room), ParticipantId(who));
    }

    /// Nobody comes this way any longer.
    pub fn forget_way(&mut self, tuple: &FiveTuple) {
        self.0.forget_way(tuple);
    }

    /// He has gone.
    pub fn forget(&mut self, room: u64, who: u64) {
        self.0.forget(RoomId(room), ParticipantId(who));
    }

    /// All of a room have gone.
    pub fn forget_room(&mut self, room: u64) {
        self.0.forget_room(RoomId(room));
    }

    /// Whose it is.
    pub fn find(&mut self, tuple: &FiveTuple, bytes: &[u8]) -> Option<(u64, u64)> {
        self.0.find(tuple, bytes).map(|place| (place.room.0, place.participant.0))
    }

    /// How many names and ways are known.
    #[must_use]
    pub fn occupancy(&self) -> (usize, usize) {
        self.0.occupancy()
    }
}
