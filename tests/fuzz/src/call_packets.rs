//! Datagrams to a call: STUN, DTLS, RTP and RTCP, from a client with the right keys, from its address without them, and from
//! strangers. Nobody without keys may do anything to the client or to others.

use std::net::SocketAddr;
use std::time::Duration;

use livekit_protocol::signal_request::Message as Request;
use livekit_protocol::signal_response::Message;
use livekit_protocol::{JoinRequest, SignalRequest, TrackSource, TrackType};
use prost::Message as _;
use veche_base::Secret;
use veche_media_driver::testing::{House, Visitor, publishing_offer};
use veche_media_driver::{Arrival, Grants, Protocol};
use veche_sfu::engine::str0m::{Str0mEngine, Str0mPeer};
use veche_sfu::engine::{
    ChannelConfig, ChannelId, Codec, CodecFormat, Data, DataChannels, Delivery, DtlsRole, Engine, Event, Extensions,
    Fingerprint, FiveTuple, HeaderExtension, IceCredentials, IceRole, LocalAddress, MediaKind, Mid, Output, Peer,
    PeerConfig, Retransmit, RtpToSend, SendStream, Transport,
};
use veche_sfu::testing::{any_start, client_address, server_address};
use veche_turn::stun::{Class, MessageWriter, Method, attribute};

use crate::calls::{
    Guest, ROOM, STEPS_MAX, assert_bounded, assert_empties, assert_unharmed, hear_at, join, limits, offer, steps, track,
};

/// The client's voice.
const VOICE_SSRC: u32 = 1_000;
/// Rounds without news after which both ends are content.
const ROUNDS_MAX: usize = 200;
const ROUND: Duration = Duration::from_millis(50);

struct World {
    house: House<Str0mEngine>,
    peer: Str0mPeer,
    visitor: Visitor,
    names: String,
    channel: Option<ChannelId>,
    is_connected: bool,
    sequence: u64,
}

/// Steps: see [`World::step`].
pub fn feed(input: &[u8]) {
    let mut house = House::new(Str0mEngine::new(any_start()).expect("an engine"), limits());
    let anna = join(&mut house, "anna");
    let mut world = World::new(house);
    for (what, how, bytes) in steps(input).take(STEPS_MAX) {
        world.step(what, how, bytes);
        assert_bounded(&world.house, &limits());
    }
    world.assert_alive();
    let World { mut house, visitor, .. } = world;
    assert_alone(&mut house, &anna, &visitor);
}

fn assert_alone(house: &mut House<Str0mEngine>, anna: &Guest, visitor: &Visitor) {
    assert_unharmed(house, anna);
    assert_empties(house, [&anna.visitor, visitor]);
}

/// The way of the client's packets, as we see it.
fn tuple(remote: SocketAddr) -> FiveTuple {
    FiveTuple { transport: Transport::Udp, local: server_address(), remote }
}

fn word<'a>(sdp: &'a str, name: &str) -> &'a str {
    sdp.lines().find_map(|line| line.strip_prefix(name)).expect("an answer says it")
}

impl World {
    /// A client that has come in and is connected.
    fn new(mut house: House<Str0mEngine>) -> Self {
        let engine = Str0mEngine::new(any_start()).expect("an engine");
        let hash: Vec<String> = engine.fingerprint().bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        let sdp = publishing_offer("voice", "picture");
        let old = word(&sdp, "a=fingerprint:sha-256 ").to_owned();
        let sdp = sdp.replace(&old, &hash.join(":"));
        let request = JoinRequest {
            add_track_requests: vec![track("voice", TrackType::Audio, TrackSource::Microphone)],
            publisher_offer: Some(offer(sdp, 1)),
            ..JoinRequest::default()
        };
        let visitor = house.join(Grants::participant("client", ROOM), Arrival { request, protocol: Protocol::One });
        let (heard, _) = hear_at(&visitor);
        let answer = heard.into_iter().find_map(|message| match message {
            Message::Answer(answer) => Some(answer.sdp),
            _ => None,
        });
        let answer = answer.expect("an answer");
        let (ufrag, pwd) = (word(&answer, "a=ice-ufrag:").to_owned(), word(&answer, "a=ice-pwd:").to_owned());
        let names = format!("{ufrag}:Chrm");
        let mut peer = engine.peer(house.now(), &config(&answer, ufrag, pwd)).expect("a peer");
        let at = server_address();
        let candidate = format!("candidate:1 1 udp 2130706431 {} {} typ host", at.ip(), at.port());
        peer.add_remote_candidate(&candidate).expect("a candidate");
        let mid = Mid::new("1").expect("a short name");
        peer.add_media(mid, MediaKind::Audio, &[]).expect("a line");
        peer.send_stream(mid, SendStream { ssrc: VOICE_SSRC, retransmission: None, rid: None }).expect("a stream");
        let channel = ChannelConfig { label: "_reliable".to_owned(), delivery: Delivery::Reliable };
        let channel = peer.open_channel(&channel).expect("a channel");
        let mut world = Self { house, peer, visitor, names, channel: Some(channel), is_connected: false, sequence: 1 };
        for _ in 0..ROUNDS_MAX {
            world.pump();
            if world.is_connected {
                return world;
            }
            world.wait(ROUND);
        }
        panic!("nothing stands in the way of a connection");
    }

    /// What is told by the lowest bits: bytes from the client's address or a stranger's, a request with the client's names and
    /// attributes as the input spells them, the client's own packets changed, the client's own with such a payload, a message
    /// over a data channel, time.
    fn step(&mut self, what: u8, how: u8, bytes: &[u8]) {
        let strange = client_address(u16::from(how) + 1);
        match what & 7 {
            0 => {
                self.house.take_datagram(&tuple(client_address(0)), bytes);
            }
            1 => {
                let is_taken = self.house.take_datagram(&tuple(client_address(1_000 + u16::from(how))), bytes);
                assert!(!is_taken || bytes.starts_with(&[0, 1]), "who has not said a name is nobody");
            }
            2 => {
                let from = if what & 8 == 0 { client_address(0) } else { strange };
                let request = self.request(what >> 4, how, bytes);
                self.house.take_datagram(&tuple(from), &request);
            }
            3 => self.change(what, how, bytes),
            4 => {
                self.write(how, bytes);
                self.pump();
            }
            5 => {
                // It may not be open yet, or full.
                let sent = self.channel.map(|channel| self.peer.send_data(channel, Data::Binary(bytes)));
                drop(sent);
                self.pump();
            }
            6 => self.wait(Duration::from_millis(u64::from(how))),
            _ => {
                let mut packet = vec![0x80 | what >> 3, how];
                packet.extend(bytes);
                self.house.take_datagram(&tuple(client_address(0)), &packet);
            }
        }
        self.pump();
    }

    /// A binding request or indication with the right names, and without the right password.
    fn request(&self, what: u8, how: u8, mut bytes: &[u8]) -> Vec<u8> {
        const KINDS: [u16; 8] = [0x24, 0x25, 0x8029, 0x802A, attribute::MESSAGE_INTEGRITY, 0x20, 0x7FFF, 0xC057];
        let class = [Class::Request, Class::Indication, Class::Success, Class::Error][usize::from(what & 3)];
        let mut writer =
            MessageWriter::new(class, Method::BINDING, [how; 12]).attribute(attribute::USERNAME, self.names.as_bytes());
        while let Some(([kind, length], more)) = bytes.split_first_chunk::<2>() {
            let (value, more) = more.split_at(usize::from(*length & 0x3F).min(more.len()));
            writer = writer.attribute(KINDS[usize::from(*kind) % KINDS.len()], value);
            bytes = more;
        }
        writer.fingerprint().finish()
    }

    fn write(&mut self, how: u8, payload: &[u8]) {
        self.sequence += u64::from(how & 3);
        let packet = RtpToSend {
            ssrc: VOICE_SSRC,
            payload_type: 111,
            sequence: self.sequence,
            timestamp: u32::from(how) * 960,
            captured: self.house.now(),
            marker: how & 4 == 0,
            extensions: Extensions::default(),
            vp8: None,
            retransmit: Retransmit::OnRequest,
            payload: payload.into(),
        };
        // Too long a payload is refused.
        let _ = self.peer.write_rtp(self.house.now(), packet);
    }

    /// The client's next packets arrive changed: cut, with other bits, or twice.
    fn change(&mut self, what: u8, how: u8, bytes: &[u8]) {
        self.write(1, &[0xF8, 0xFF, 0xFE]);
        for mut packet in self.outgoing() {
            if what & 8 != 0 {
                packet.truncate(usize::from(how));
            }
            let places = packet.iter_mut().skip(if what & 16 != 0 { usize::from(how) } else { 0 });
            places.zip(bytes).for_each(|(byte, change)| *byte ^= change);
            for _ in 0..=(what >> 5 & 1) {
                self.house.take_datagram(&tuple(client_address(0)), &packet);
            }
        }
    }

    /// What the client wants to send.
    fn outgoing(&mut self) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        loop {
            match self.peer.poll().expect("nobody ends a client that did not want to") {
                Output::Transmit(sent) => packets.push(sent.bytes),
                Output::Event(Event::Connected) => self.is_connected = true,
                Output::Event(Event::ChannelClosed(_)) => self.channel = None,
                Output::Event(Event::Closed) => panic!("nobody ends a client that did not want to"),
                Output::Event(_) => {}
                Output::Timeout(_) => return packets,
            }
        }
    }

    /// Carries packets to and fro until there are none.
    fn pump(&mut self) {
        for _ in 0..ROUNDS_MAX {
            let mut is_quiet = true;
            for packet in self.outgoing() {
                is_quiet = false;
                assert!(self.house.take_datagram(&tuple(client_address(0)), &packet), "the client is known");
            }
            for sent in self.house.sent() {
                // What goes to others has nobody to hear it.
                if sent.tuple.remote == client_address(0) {
                    is_quiet = false;
                    let (now, local) = (self.house.now(), client_address(0));
                    let tuple = FiveTuple { local, remote: server_address(), ..sent.tuple };
                    // What the client does not understand, it throws away.
                    let _ = self.peer.handle_input(now, &tuple, &sent.bytes);
                    for packet in self.outgoing() {
                        self.house.take_datagram(&self::tuple(local), &packet);
                    }
                }
            }
            if is_quiet {
                return;
            }
        }
        panic!("two ends that are never content");
    }

    fn wait(&mut self, time: Duration) {
        self.house.wait(time);
        self.peer.handle_timeout(self.house.now()).expect("nobody ends a client that did not want to");
        self.pump();
    }

    /// Whatever came in between, the client is still in the call.
    fn assert_alive(&mut self) {
        for _ in 0..20 {
            self.wait(Duration::from_millis(100));
        }
        self.house.say(&self.visitor, &SignalRequest { message: Some(Request::Ping(1)) }.encode_to_vec());
        let (heard, lives) = hear_at(&self.visitor);
        assert!(lives && heard.iter().any(|message| matches!(message, Message::Pong(_))), "{heard:?}");
        let listings = self.house.list();
        let member = listings.iter().flat_map(|room| &room.members).find(|member| member.identity == "client");
        assert!(member.is_some_and(|member| member.is_connected), "the client is connected: {listings:?}");
    }
}

fn config(answer: &str, ufrag: String, pwd: String) -> PeerConfig {
    let hash = word(answer, "a=fingerprint:sha-256 ").split(':');
    let bytes = hash.map(|pair| u8::from_str_radix(pair, 16).expect("a fingerprint is hexadecimal")).collect();
    PeerConfig {
        ice: IceRole::Controlling,
        local: IceCredentials { ufrag: "Chrm".to_owned(), pwd: Secret::new("asd88fgpdd777uzjYhagZg1x".to_owned()) },
        remote: IceCredentials { ufrag, pwd: Secret::new(pwd) },
        addresses: vec![LocalAddress { transport: Transport::Udp, address: client_address(0) }],
        fingerprint: Fingerprint { algorithm: "sha-256".to_owned(), bytes },
        dtls: DtlsRole::Client,
        codecs: vec![
            Codec { payload_type: 111, retransmission: None, format: CodecFormat::Opus },
            Codec { payload_type: 96, retransmission: Some(97), format: CodecFormat::Vp8 },
        ],
        extensions: vec![
            (1, HeaderExtension::AudioLevel),
            (2, HeaderExtension::AbsoluteSendTime),
            (3, HeaderExtension::TransportSequence),
            (4, HeaderExtension::Mid),
        ],
        data: DataChannels::Negotiated,
        estimate_from_bps: None,
    }
}
