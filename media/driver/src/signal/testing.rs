//! Descriptions as clients write them, and clients in a room without a network.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use livekit_protocol::signal_request::Message as Request;
use livekit_protocol::signal_response::Message;
use livekit_protocol::{
    AddTrackRequest, ClientInfo, JoinRequest, SessionDescription, SignalRequest, SignalResponse, TrackSource, TrackType,
};
use prost::Message as _;
use veche_base::testing::SeededEntropy;
use veche_sfu::ParticipantId;
use veche_sfu::engine::{ChannelId, Engine, EngineError, Event, Fingerprint, PeerConfig};
use veche_sfu::testing::ScriptedPeer;

use super::{Arrival, Context, Grants, Outbox, Protocol, Room, SessionId};
use crate::sfu::{Demux, IceServer, IceServers, RoomId, RoomNews, Site, Whereabouts};

/// The first offer of a browser with one line of each kind.
pub(crate) const CHROMIUM_OFFER: &str = "v=0\r\n\
o=- 4611731400430051336 2 IN IP4 127.0.0.1\r\n\
s=-\r\n\
t=0 0\r\n\
a=group:BUNDLE 0 1 2\r\n\
a=extmap-allow-mixed\r\n\
a=msid-semantic: WMS\r\n\
m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n\
c=IN IP4 0.0.0.0\r\n\
a=ice-ufrag:Chrm\r\n\
a=ice-pwd:asd88fgpdd777uzjYhagZg1x\r\n\
a=ice-options:trickle\r\n\
a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08\r\n\
a=setup:actpass\r\n\
a=mid:0\r\n\
a=sctp-port:5000\r\n\
a=max-message-size:262144\r\n\
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 110\r\n\
c=IN IP4 0.0.0.0\r\n\
a=rtcp:9 IN IP4 0.0.0.0\r\n\
a=ice-ufrag:Chrm\r\n\
a=ice-pwd:asd88fgpdd777uzjYhagZg1x\r\n\
a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08\r\n\
a=setup:actpass\r\n\
a=mid:1\r\n\
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n\
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n\
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
a=recvonly\r\n\
a=rtcp-mux\r\n\
a=rtcp-rsize\r\n\
a=rtpmap:111 opus/48000/2\r\n\
a=rtcp-fb:111 transport-cc\r\n\
a=fmtp:111 minptime=10;useinbandfec=1\r\n\
a=rtpmap:63 red/48000/2\r\n\
a=fmtp:63 111/111\r\n\
a=rtpmap:9 G722/8000\r\n\
a=rtpmap:0 PCMU/8000\r\n\
a=rtpmap:110 telephone-event/48000\r\n\
m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 107 108 98 99 116\r\n\
c=IN IP4 0.0.0.0\r\n\
a=rtcp:9 IN IP4 0.0.0.0\r\n\
a=ice-ufrag:Chrm\r\n\
a=ice-pwd:asd88fgpdd777uzjYhagZg1x\r\n\
a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08\r\n\
a=setup:actpass\r\n\
a=mid:2\r\n\
a=extmap:14 urn:ietf:params:rtp-hdrext:toffset\r\n\
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n\
a=extmap:13 urn:3gpp:video-orientation\r\n\
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n\
a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n\
a=recvonly\r\n\
a=rtcp-mux\r\n\
a=rtcp-rsize\r\n\
a=rtpmap:96 VP8/90000\r\n\
a=rtcp-fb:96 goog-remb\r\n\
a=rtcp-fb:96 transport-cc\r\n\
a=rtcp-fb:96 ccm fir\r\n\
a=rtcp-fb:96 nack\r\n\
a=rtcp-fb:96 nack pli\r\n\
a=rtpmap:97 rtx/90000\r\n\
a=fmtp:97 apt=96\r\n\
a=rtpmap:103 H264/90000\r\n\
a=rtcp-fb:103 nack\r\n\
a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n\
a=rtpmap:104 rtx/90000\r\n\
a=fmtp:104 apt=103\r\n\
a=rtpmap:107 H264/90000\r\n\
a=rtcp-fb:107 nack\r\n\
a=fmtp:107 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f\r\n\
a=rtpmap:108 rtx/90000\r\n\
a=fmtp:108 apt=107\r\n\
a=rtpmap:98 VP9/90000\r\n\
a=rtcp-fb:98 nack\r\n\
a=fmtp:98 profile-id=0\r\n\
a=rtpmap:99 rtx/90000\r\n\
a=fmtp:99 apt=98\r\n\
a=rtpmap:116 ulpfec/90000\r\n";

/// The same client, which now sends a voice on its first line and a picture with three layers on its second.
pub(crate) fn publishing_offer(voice: &str, picture: &str) -> String {
    let (head, rest) = CHROMIUM_OFFER.split_once("a=recvonly\r\n").expect("a line that receives");
    let (middle, tail) = rest.split_once("a=recvonly\r\n").expect("another line that receives");
    format!(
        "{head}a=sendonly\r\na=msid:- {voice}\r\na=ssrc:1000 cname:me\r\n{middle}a=sendonly\r\na=msid:- {picture}\r\n{tail}\
         a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;h;f\r\n"
    )
}

/// A client that receives on so many lines of each kind, named from `m0` on, behind its data channels.
pub(crate) fn receiving_offer(voices: usize, pictures: usize) -> String {
    let (head, rest) = CHROMIUM_OFFER.split_once("m=audio").expect("a line for sound");
    let (audio, video) = rest.split_once("m=video").expect("a line for pictures");
    let line = |text: &str, kind: &str, old: &str, at: usize| {
        format!("m={kind}{}", text.replace(&format!("a=mid:{old}\r\n"), &format!("a=mid:m{at}\r\n")))
    };
    let sound = (0..voices).map(|at| line(audio, "audio", "1", at));
    let picture = (voices..voices + pictures).map(|at| line(video, "video", "2", at));
    let lines: String = sound.chain(picture).collect();
    format!("{head}{lines}")
}

/// An engine whose peers do what a test says.
pub(crate) struct ScriptedEngine(Fingerprint);

impl ScriptedEngine {
    pub(crate) fn new() -> Self {
        Self(Fingerprint { algorithm: "sha-256".to_owned(), bytes: vec![0xAB; 32] })
    }
}

impl Engine for ScriptedEngine {
    type Peer = ScriptedPeer;

    fn fingerprint(&self) -> &Fingerprint {
        &self.0
    }

    fn peer(&self, _: Duration, config: &PeerConfig) -> Result<ScriptedPeer, EngineError> {
        if config.codecs.is_empty() { Err(EngineError::Unsupported("nothing")) } else { Ok(ScriptedPeer::default()) }
    }
}

/// One relay, named after whoever uses it.
pub(crate) struct Relay;

impl IceServers for Relay {
    fn for_participant(&self, identity: &str) -> Vec<IceServer> {
        let urls = vec!["turns:chat.example:443?transport=tcp".to_owned()];
        vec![IceServer { urls, username: identity.to_owned(), credential: "secret".to_owned() }]
    }
}

pub(crate) struct Channel(pub(crate) Sender<Vec<u8>>);

impl Outbox for Channel {
    fn send(&self, message: Vec<u8>) -> bool {
        self.0.send(message).is_ok()
    }
}

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
        let bound = vec!["192.0.2.1:7882".parse().expect("an address")];
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

/// A client that comes for the first time, and receives on one line of each kind.
pub(crate) fn coming() -> JoinRequest {
    let sdp = receiving_offer(1, 1);
    let offer = SessionDescription { r#type: "offer".to_owned(), sdp, id: 1, ..Default::default() };
    JoinRequest { publisher_offer: Some(offer), ..JoinRequest::default() }
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
