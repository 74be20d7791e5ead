//! Clients in a room without a network.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use livekit_protocol::signal_request::Message as Request;
use livekit_protocol::signal_response::Message;
use livekit_protocol::{
    AddTrackRequest, ClientInfo, JoinRequest, SessionDescription, SignalRequest, SignalResponse, TrackSource, TrackType,
};
use prost::Message as _;
use veche_base::testing::SeededEntropy;
use veche_sfu::ParticipantId;
use veche_sfu::engine::{ChannelId, Engine, Event};

use super::{Arrival, Context, Grants, Protocol, Room, SessionId};
use crate::sfu::{Bound, Demux, RoomId, RoomNews, Site, Whereabouts};
pub(crate) use crate::testing::{
    CHROMIUM_OFFER, Channel, Relay, ScriptedEngine, coming, publishing_offer, receiving_offer,
};

/// A room, and time that a test moves.
pub(crate) struct Hall {
    pub(crate) room: Room<ScriptedEngine>,
    pub(crate) demux: Demux,
    pub(crate) now: Duration,
    engine: ScriptedEngine,
    entropy: SeededEntropy,
    site: Site,
    next: u64,
}

/// A client in it.
pub(crate) struct Guest {
    pub(crate) id: SessionId,
    heard: Receiver<Vec<u8>>,
    offers: u32,
}

impl Hall {
    pub(crate) fn new() -> Self {
        let engine = ScriptedEngine::new();
        let at = |text: &str| vec![text.parse().expect("an address")];
        let bound = Bound { udp: at("192.0.2.1:7882"), tcp: at("192.0.2.1:7881") };
        let site = Site::new(bound, &Whereabouts::default(), Box::new(Relay));
        let entropy = SeededEntropy::new(7);
        let (mut demux, now) = (Demux::default(), Duration::from_secs(100));
        let cx = Context { now, wall_ms: 1_000, engine: &engine, entropy: &entropy, site: &site, demux: &mut demux };
        let room = Room::new(RoomId(1), "room".to_owned(), &cx);
        Self { room, demux, now, engine, entropy, site, next: 1 }
    }

    /// Does something in the room, and what follows from it.
    pub(crate) fn step<R>(
        &mut self,
        act: impl FnOnce(&mut Room<ScriptedEngine>, &mut Context<'_, ScriptedEngine>) -> R,
    ) -> R {
        let Self { room, demux, now, engine, entropy, site, .. } = self;
        let mut cx = Context { now: *now, wall_ms: 1_000, engine, entropy, site, demux };
        let done = act(room, &mut cx);
        room.settle(&mut cx, |_, _| {});
        done
    }

    /// Lets time pass, in steps.
    pub(crate) fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now = end.min(self.now + Duration::from_millis(100));
            self.step(Room::handle_timeout);
        }
    }

    /// Somebody comes with his first offer.
    pub(crate) fn join(&mut self, identity: &str) -> Guest {
        self.join_with(Grants::participant(identity, "room"), coming()).expect("somebody who is let in")
    }

    /// Somebody comes whose client has two connections.
    pub(crate) fn join_with_two(&mut self, identity: &str) -> Guest {
        let arrival = Arrival::from_parameters(&[]);
        self.arrive(Grants::participant(identity, "room"), arrival).expect("somebody who is let in")
    }

    /// Somebody comes, or comes back.
    pub(crate) fn join_with(&mut self, grants: Grants, request: JoinRequest) -> Option<Guest> {
        self.arrive(grants, Arrival { request, protocol: Protocol::One })
    }

    pub(crate) fn arrive(&mut self, grants: Grants, arrival: Arrival) -> Option<Guest> {
        let (sender, heard) = channel();
        let id = SessionId(self.next);
        self.next += 1;
        let id = self.step(|room, cx| room.join(cx, id, grants, arrival, Box::new(Channel(sender))));
        Some(Guest { id: id?, heard, offers: 1 })
    }

    /// A client says something.
    pub(crate) fn say(&mut self, guest: &Guest, request: Request) {
        let bytes = SignalRequest { message: Some(request) }.encode_to_vec();
        self.say_bytes(guest, &bytes);
    }

    pub(crate) fn say_bytes(&mut self, guest: &Guest, bytes: &[u8]) {
        self.step(|room, cx| room.take_message(cx, guest.id, bytes));
    }

    /// A client offers.
    pub(crate) fn offer(&mut self, guest: &mut Guest, sdp: String) {
        guest.offers += 1;
        let offer = SessionDescription { r#type: "offer".to_owned(), sdp, id: guest.offers, ..Default::default() };
        self.say(guest, Request::Offer(offer));
    }

    /// A client's peer tells something.
    pub(crate) fn tell(&mut self, guest: &Guest, event: Event<std::sync::Arc<[u8]>>) {
        self.step(|room, _| {
            let participant = room.sessions[&guest.id].subscriber().expect("somebody with a connection");
            room.call.peer_mut(participant).expect("a peer").say(event);
        });
    }

    /// The same of the connection over which a client publishes, if it has another.
    pub(crate) fn tell_publisher(&mut self, guest: &Guest, event: Event<std::sync::Arc<[u8]>>) {
        self.step(|room, _| {
            let participant = room.sessions[&guest.id].publisher().expect("somebody with a connection");
            room.call.peer_mut(participant).expect("a peer").say(event);
        });
    }

    /// Somebody announces a camera and a microphone, and offers them.
    pub(crate) fn publish(&mut self, guest: &mut Guest) {
        self.say(guest, Request::AddTrack(microphone("voice")));
        self.say(guest, Request::AddTrack(camera("picture")));
        let sdp = publishing_offer("voice", "picture");
        let sdp = sdp.replace("a=mid:1\r\n", "a=mid:m0\r\n").replace("a=mid:2\r\n", "a=mid:m1\r\n");
        self.offer(guest, sdp);
    }

    /// What was sent to somebody over data channels up to now; nothing, if he has no connection.
    pub(crate) fn sent_data(&mut self, guest: &Guest) -> Vec<(ChannelId, Vec<u8>)> {
        let participant = self.room.sessions[&guest.id].subscriber();
        let peer = participant.and_then(|participant| self.room.call.peer_mut(participant));
        peer.map(|peer| peer.sent_data.clone()).unwrap_or_default()
    }

    pub(crate) fn news(&mut self) -> Vec<RoomNews> {
        self.room.take_news()
    }
}

impl<E: Engine> Room<E> {
    /// Who somebody is in the call, once he has a connection.
    pub(crate) fn participant_of(&self, id: SessionId) -> Option<ParticipantId> {
        self.sessions.get(&id)?.subscriber()
    }
}

impl Guest {
    /// What the client has heard since it was last asked; and whether the connection lives.
    pub(crate) fn heard(&self) -> Vec<Message> {
        heard(&self.heard)
    }

    /// Whether the connection was closed. What was heard is forgotten.
    pub(crate) fn is_closed(&self) -> bool {
        use std::sync::mpsc::TryRecvError;
        loop {
            match self.heard.try_recv() {
                Ok(_) => {}
                Err(TryRecvError::Empty) => return false,
                Err(TryRecvError::Disconnected) => return true,
            }
        }
    }

    /// The only answer that was heard.
    pub(crate) fn answer(&self) -> SessionDescription {
        let answers = self.heard().into_iter().filter_map(|message| match message {
            Message::Answer(answer) => Some(answer),
            _ => None,
        });
        let answers: Vec<SessionDescription> = answers.collect();
        let [answer] = answers.as_slice() else { panic!("{answers:?}") };
        answer.clone()
    }
}

/// What has been heard since this was last asked.
pub(crate) fn heard(from: &Receiver<Vec<u8>>) -> Vec<Message> {
    let messages = from.try_iter();
    messages.filter_map(|bytes| SignalResponse::decode(bytes.as_slice()).expect("a message").message).collect()
}

pub(crate) fn microphone(cid: &str) -> AddTrackRequest {
    AddTrackRequest {
        cid: cid.to_owned(),
        r#type: TrackType::Audio.into(),
        source: TrackSource::Microphone.into(),
        ..AddTrackRequest::default()
    }
}

pub(crate) fn camera(cid: &str) -> AddTrackRequest {
    AddTrackRequest {
        cid: cid.to_owned(),
        r#type: TrackType::Video.into(),
        source: TrackSource::Camera.into(),
        width: 1_280,
        height: 720,
        ..AddTrackRequest::default()
    }
}

/// A client that has been in the room as this participant, and wants to go on.
pub(crate) fn coming_back(sid: &str) -> JoinRequest {
    JoinRequest {
        reconnect: true,
        participant_sid: sid.to_owned(),
        client_info: Some(ClientInfo::default()),
        ..JoinRequest::default()
    }
}
