//! Several rooms over a scripted engine, one of which breaks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use livekit_protocol::signal_request::Message as Request;
use livekit_protocol::signal_response::Message;
use livekit_protocol::{DisconnectReason, SessionDescription, SignalRequest, leave_request};
use prost::Message as _;
use veche_base::Clock;
use veche_base::metrics::Registry;
use veche_base::testing::{ManualClock, SeededEntropy};
use veche_sfu::engine::{FiveTuple, Transport};
use veche_sfu::testing::ScriptedPeer;

use super::{Rooms, World};
use crate::sfu::demux::Demux;
use crate::sfu::handle::{ConnectionId, Join};
use crate::sfu::metrics::RoomMetrics;
use crate::sfu::{Bound, RoomNews, SfuLimits, Site, Way, Whereabouts};
use crate::signal::testing::{Channel, Relay, ScriptedEngine, coming, heard, microphone, publishing_offer};
use crate::signal::{Arrival, Grants, Protocol};

struct House {
    rooms: Rooms<ScriptedEngine>,
    news: Receiver<RoomNews>,
    clock: Arc<ManualClock>,
    registry: Registry,
    next: u64,
}

struct Guest {
    connection: ConnectionId,
    heard: Receiver<Vec<u8>>,
}

impl House {
    fn new() -> Self {
        let (clock, registry) = (Arc::new(ManualClock::new()), Registry::new());
        let (tell, news) = channel();
        let bound = Bound { udp: vec!["192.0.2.1:7882".parse().unwrap()], tcp: Vec::new() };
        let world = World {
            engine: ScriptedEngine::new(),
            demux: Demux::default(),
            site: Site::new(bound, &Whereabouts::default(), Box::new(Relay)),
            clock: Arc::<ManualClock>::clone(&clock),
            entropy: Arc::new(SeededEntropy::new(7)),
        };
        let tell = Box::new(move |news| tell.send(news).unwrap());
        let rooms = Rooms::new(world, tell, SfuLimits::default(), RoomMetrics::new(&registry));
        Self { rooms, news, clock, registry, next: 1 }
    }

    fn join(&mut self, room: &str, identity: &str) -> Guest {
        let (outbox, heard) = channel();
        let connection = ConnectionId(self.next);
        self.next += 1;
        let grants = Grants { room_create: true, ..Grants::participant(identity, room) };
        let arrival = Arrival { request: coming(), protocol: Protocol::One };
        self.rooms.join(Join { connection, grants, arrival, outbox: Box::new(Channel(outbox)) });
        self.rooms.settle(|_| {});
        Guest { connection, heard }
    }

    fn peer(&mut self, guest: &Guest) -> &mut ScriptedPeer {
        let (room, session) = self.rooms.connections[&guest.connection];
        let room = &mut self.rooms.rooms.get_mut(&room).unwrap().room;
        let participant = room.participant_of(session).unwrap();
        room.call.peer_mut(participant).unwrap()
    }

    fn let_time_pass(&mut self, time: Duration) {
        self.clock.advance(time);
        self.rooms.let_time_pass();
        self.rooms.settle(|_| {});
    }

    fn names(&self) -> Vec<String> {
        self.rooms.list().into_iter().map(|listing| listing.room).collect()
    }

    fn news(&self) -> Vec<RoomNews> {
        self.news.try_iter().collect()
    }
}

fn left(room: &str, identity: &str) -> RoomNews {
    RoomNews::Left { room: room.to_owned(), identity: identity.to_owned() }
}

fn assert_sent_back(guest: &Guest) {
    let messages = heard(&guest.heard);
    let Some(Message::Leave(leave)) = messages.last() else { panic!("{messages:?}") };
    let told = (leave.reason(), leave.action());
    assert_eq!(told, (DisconnectReason::StateMismatch, leave_request::Action::Reconnect));
    assert!(guest.heard.recv().is_err(), "the connection was closed");
}

#[test]
fn a_room_that_breaks_ends_alone_and_can_be_opened_again() {
    let mut house = House::new();
    let (anna, boris) = (house.join("broken", "anna"), house.join("broken", "boris"));
    let clara = house.join("whole", "clara");
    house.news();
    house.peer(&anna).break_down();
    house.let_time_pass(Duration::from_secs(1));
    assert_sent_back(&anna);
    assert_sent_back(&boris);
    assert_eq!(house.news(), [left("broken", "anna"), left("broken", "boris")]);
    assert_eq!(house.names(), ["whole"]);
    let messages = heard(&clara.heard);
    assert!(!messages.iter().any(|message| matches!(message, Message::Leave(_))), "{messages:?}");
    assert!(house.registry.encode().contains("veche_sfu_broken_rooms_total 1"));
    // What was on the way meanwhile harms nothing.
    house.rooms.take_message(anna.connection, &[0xFF; 20]);
    house.rooms.hang_up(anna.connection);
    let anna = house.join("broken", "anna");
    assert!(matches!(heard(&anna.heard).first(), Some(Message::Join(_))));
    assert_eq!(house.names(), ["whole", "broken"]);
}

#[test]
fn whoever_makes_a_room_break_by_leaving_is_told_gone_once() {
    let mut house = House::new();
    let (anna, boris) = (house.join("broken", "anna"), house.join("broken", "boris"));
    house.news();
    house.peer(&anna).break_down();
    house.rooms.remove("broken", "anna");
    house.rooms.settle(|_| {});
    let mut news = house.news();
    news.sort_by_key(|news| format!("{news:?}"));
    assert_eq!(news, [left("broken", "anna"), left("broken", "boris")]);
    assert_sent_back(&boris);
    assert!(house.names().is_empty());
}

#[test]
fn whoever_breaks_rooms_by_what_he_says_has_to_wait_and_the_others_do_not() {
    let mut house = House::new();
    let (anna, boris) = (house.join("broken", "anna"), house.join("broken", "boris"));
    house.peer(&anna).break_down();
    // The engine is asked, because there is a track to be made ready for.
    let sdp = publishing_offer("voice", "picture").replace("a=mid:1\r\n", "a=mid:m0\r\n");
    let sdp = sdp.replace("a=mid:2\r\n", "a=mid:m1\r\n");
    let offer = SessionDescription { r#type: "offer".to_owned(), sdp, id: 2, ..SessionDescription::default() };
    for message in [Request::AddTrack(microphone("voice")), Request::Offer(offer)] {
        let bytes = SignalRequest { message: Some(message) }.encode_to_vec();
        house.rooms.take_message(anna.connection, &bytes);
    }
    house.rooms.settle(|_| {});
    assert_sent_back(&boris);
    let anna = house.join("broken", "anna");
    assert!(heard(&anna.heard).is_empty(), "he is not let in");
    let boris = house.join("broken", "boris");
    assert!(matches!(heard(&boris.heard).first(), Some(Message::Join(_))));
    house.clock.advance(Duration::from_secs(5));
    let anna = house.join("broken", "anna");
    assert!(matches!(heard(&anna.heard).first(), Some(Message::Join(_))));
}

#[test]
fn nothing_is_left_of_rooms_that_ended() {
    let mut house = House::new();
    let guests = [house.join("one", "anna"), house.join("two", "boris")];
    house.peer(&guests[0]).break_down();
    house.let_time_pass(Duration::from_secs(1));
    house.rooms.begin_anew();
    assert_sent_back(&guests[1]);
    assert_eq!(format!("{:?}", house.rooms.world.demux), format!("{:?}", Demux::default()));
    let Rooms { rooms, names, connections, heard, touched, due, .. } = &house.rooms;
    assert!(rooms.is_empty() && names.is_empty() && connections.is_empty() && heard.is_empty());
    assert!(touched.is_empty() && due.is_empty());
    assert_eq!(house.rooms.poll_timeout(), None);
}

#[test]
fn only_rooms_that_are_due_are_woken() {
    let mut house = House::new();
    let _early = house.join("early", "anna");
    house.clock.advance(Duration::from_millis(300));
    let _late = house.join("late", "boris");
    let now = house.clock.monotonic();
    assert!(house.rooms.poll_timeout().is_some_and(|at| at <= now), "the first looks at its people at once");
    house.let_time_pass(Duration::ZERO);
    let first = house.rooms.poll_timeout().unwrap();
    assert!(first > now);
    for _ in 0..100 {
        house.let_time_pass(Duration::from_millis(20));
        let dues: Vec<_> = house.rooms.due.iter().map(|(_, id)| *id).collect();
        assert_eq!(dues.len(), 2, "each room once");
        assert!(house.rooms.poll_timeout().unwrap() > house.clock.monotonic());
    }
}

#[test]
fn strangers_touch_no_room() {
    let mut house = House::new();
    let _anna = house.join("room", "anna");
    let local = SocketAddr::from(([192, 0, 2, 1], 7_882));
    let tuple = FiveTuple { transport: Transport::Udp, local, remote: SocketAddr::from(([198, 51, 100, 7], 9)) };
    assert!(!house.rooms.take_datagram(Duration::ZERO, &tuple, Way::Direct, &[0x80; 40]));
    assert!(house.rooms.touched.is_empty());
}
