//! A participant: LiveKit's signaling over a WebSocket, and a real peer connection on a UDP socket of its own.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use livekit_protocol::signal_request::Message as Request;
use livekit_protocol::signal_response::Message;
use livekit_protocol::{
    AddTrackRequest, ConnectionSettings, JoinRequest, SessionDescription, SignalRequest, SignalResponse, TrackSource,
    TrackType, VideoLayer, WrappedJoinRequest,
};
use mio::net::UdpSocket;
use prost::Message as _;
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, WebSocket, client::client};
use veche_base::Secret;
use veche_sfu::engine::str0m::{Str0mEngine, Str0mPeer};
use veche_sfu::engine::{
    Engine, Event, FiveTuple, IceCredentials, MediaKind, Output, Peer, ReceivedRtp, Rid, SendStream, Transport,
};

use super::Part;
use super::offer::{self, LAYERS, Line, PICTURE, VOICE, VOICE_SSRC};
use super::sender::{Sender, sent_at};
use super::tally::Tally;
use crate::Failure;
use crate::http::Connection;

/// They come from so many addresses, as nobody lets one address open all.
const ADDRESSES: usize = 16;
/// No answer of the signaling may take longer.
const LIMIT: Duration = Duration::from_secs(10);
/// The longest datagram.
const DATAGRAM_BYTES: usize = 2_048;

/// See the module.
pub(super) struct Caller {
    signal: WebSocket<TcpStream>,
    pub(super) socket: UdpSocket,
    tuple: FiveTuple,
    peer: Str0mPeer,
    /// When the peer wants to be called.
    due: Duration,
    offer: String,
    offers: u32,
    sender: Sender,
    pub(super) tally: Tally,
    pub(super) connected: Option<Duration>,
    pub(super) first_media: Option<Duration>,
}

/// When what had happened.
pub(super) struct Steps {
    pub(super) began: Duration,
    pub(super) accepted: Duration,
    pub(super) answered: Duration,
}

/// A way in.
pub(super) struct Door<'a> {
    pub(super) engine: &'a Str0mEngine,
    pub(super) clock: &'a dyn Fn() -> Duration,
    pub(super) to: SocketAddr,
    pub(super) number: usize,
}

impl Caller {
    /// Comes in with a ticket. The connection of media is still to be made.
    pub(super) async fn join(door: &Door<'_>, ticket: &str, part: &Part) -> Result<(Self, Steps), Failure> {
        let socket = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let local = socket.local_addr()?;
        let (ufrag, pwd) = (format!("bench{:05}", door.number), format!("a-password-long-enough-{:05}", door.number));
        let ice = IceCredentials { ufrag, pwd: Secret::new(pwd) };
        let lines = offer::lines(part)?;
        let sdp = offer::write(&lines, &ice, door.engine.fingerprint());
        let began = (door.clock)();
        let mut signal = open(door, ticket, request(part, &sdp)).await?;
        let accepted = (door.clock)();
        let answer = wait_for_answer(&mut signal)?;
        let answered = (door.clock)();
        let answer = offer::read(&answer)?;
        let mut peer = door.engine.peer(answered, &offer::config(ice, local, &answer))?;
        for candidate in &answer.candidates {
            peer.add_remote_candidate(candidate)?;
        }
        add_lines(&mut peer, &lines)?;
        let remote = answer.candidates.first().and_then(|it| address(it)).ok_or("an answer without a candidate")?;
        signal.get_ref().set_nonblocking(true)?;
        let mut caller = Self {
            signal,
            socket,
            tuple: FiveTuple { transport: Transport::Udp, local, remote },
            peer,
            due: answered,
            offer: sdp,
            offers: 1,
            sender: Sender::new(part, answered, door.number)?,
            tally: Tally::default(),
            connected: None,
            first_media: None,
        };
        caller.expect(&answer)?;
        caller.drain(answered)?;
        Ok((caller, Steps { began, accepted, answered }))
    }

    fn expect(&mut self, answer: &offer::Answer) -> Result<(), Failure> {
        for (mid, stream) in &answer.streams {
            self.peer.receive_stream(*mid, *stream)?;
        }
        Ok(())
    }

    /// When something is to be done.
    pub(super) fn next(&self) -> Duration {
        self.sender.next().filter(|_| self.connected.is_some()).map_or(self.due, |next| next.min(self.due))
    }

    /// Does what is due.
    pub(super) fn act(&mut self, clock: &dyn Fn() -> Duration) -> Result<(), Failure> {
        let now = clock();
        if self.due <= now {
            self.peer.handle_timeout(now)?;
            self.drain(now)?;
        }
        if self.connected.is_some() && self.sender.next().is_some_and(|next| next <= now) {
            self.sender.send(now, &mut self.peer)?;
            self.drain(now)?;
        }
        Ok(())
    }

    /// Takes the datagrams that have come.
    pub(super) fn receive(&mut self, clock: &dyn Fn() -> Duration) -> Result<(), Failure> {
        let mut buffer = [0; DATAGRAM_BYTES];
        loop {
            let length = match self.socket.recv_from(&mut buffer) {
                Ok((length, _)) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let now = clock();
            self.peer.handle_input(now, &self.tuple, &buffer[..length])?;
            self.drain(now)?;
        }
    }

    fn drain(&mut self, now: Duration) -> Result<(), Failure> {
        loop {
            match self.peer.poll()? {
                Output::Timeout(at) => {
                    self.due = at;
                    return Ok(());
                }
                Output::Transmit(sent) => match self.socket.send_to(&sent.bytes, sent.tuple.remote) {
                    // What the machine does not take is lost, as on any line, and is counted.
                    Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error.into()),
                    _ => {}
                },
                Output::Event(Event::Connected) => self.connected = Some(now),
                Output::Event(Event::Rtp(packet)) => self.take(now, &packet),
                Output::Event(Event::KeyframeRequest(_)) => self.sender.ask_keyframe(now),
                Output::Event(Event::Closed) => return Err("a participant was sent away".into()),
                Output::Event(_) => {}
            }
        }
    }

    fn take(&mut self, now: Duration, packet: &ReceivedRtp<Arc<[u8]>>) {
        self.first_media.get_or_insert(now);
        if let Some(sent) = sent_at(&packet.payload, packet.payload_type) {
            self.tally.count(packet.mid, packet.sequence, now.saturating_sub(sent));
        }
    }

    /// Hears what the signaling says, and offers again where it is asked to.
    pub(super) fn listen(&mut self) -> Result<(), Failure> {
        loop {
            let message = match self.signal.read() {
                Ok(message) => message,
                Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            match read(message)? {
                Some(Message::MediaSectionsRequirement(_)) => {
                    self.offers += 1;
                    let offer = description(&self.offer, self.offers);
                    let request = SignalRequest { message: Some(Request::Offer(offer)) };
                    self.signal.send(tungstenite::Message::binary(request.encode_to_vec()))?;
                }
                Some(Message::Answer(answer)) => self.expect(&offer::read(&answer.sdp)?)?,
                Some(Message::Leave(leave)) => return Err(format!("a participant was sent away: {leave:?}").into()),
                _ => {}
            }
        }
    }
}

/// Opens the WebSocket.
async fn open(door: &Door<'_>, ticket: &str, wish: JoinRequest) -> Result<WebSocket<TcpStream>, Failure> {
    let wrapped = WrappedJoinRequest { compression: 0, join_request: wish.encode_to_vec() };
    let wish = URL_SAFE.encode(wrapped.encode_to_vec()).replace('=', "%3D");
    let mut request = format!("ws://localhost/livekit/sfu/rtc/v1?join_request={wish}").into_client_request()?;
    request.headers_mut().insert("authorization", format!("Bearer {ticket}").parse()?);
    let socket = TcpSocket::new_v4()?;
    let from = Ipv4Addr::new(127, 0, 2, u8::try_from(door.number % ADDRESSES + 1)?);
    socket.bind(SocketAddr::new(IpAddr::V4(from), 0))?;
    let stream = socket.connect(door.to).await?.into_std()?;
    stream.set_nodelay(true)?;
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(LIMIT))?;
    let (signal, _) = client(request, stream).map_err(|error| format!("the call was not opened: {error}"))?;
    Ok(signal)
}

fn request(part: &Part, sdp: &str) -> JoinRequest {
    let voice = || AddTrackRequest {
        cid: VOICE.to_owned(),
        r#type: TrackType::Audio.into(),
        source: TrackSource::Microphone.into(),
        ..AddTrackRequest::default()
    };
    let sizes = [(320, 180, 150_000), (640, 360, 500_000), (1_280, 720, 1_700_000)];
    let layer =
        |(quality, (width, height, bitrate))| VideoLayer { quality, width, height, bitrate, ..VideoLayer::default() };
    let picture = || AddTrackRequest {
        cid: PICTURE.to_owned(),
        r#type: TrackType::Video.into(),
        source: TrackSource::Camera.into(),
        width: 1_280,
        height: 720,
        layers: (0..).zip(sizes).map(layer).collect(),
        ..AddTrackRequest::default()
    };
    JoinRequest {
        connection_settings: Some(ConnectionSettings { auto_subscribe: true, ..ConnectionSettings::default() }),
        add_track_requests: part.speaks.then(voice).into_iter().chain(part.shows.then(picture)).collect(),
        publisher_offer: Some(description(sdp, 1)),
        ..JoinRequest::default()
    }
}

fn description(sdp: &str, id: u32) -> SessionDescription {
    SessionDescription { r#type: "offer".to_owned(), sdp: sdp.to_owned(), id, ..SessionDescription::default() }
}

fn wait_for_answer(signal: &mut WebSocket<TcpStream>) -> Result<String, Failure> {
    loop {
        match read(signal.read()?)? {
            Some(Message::Answer(answer)) => return Ok(answer.sdp),
            Some(Message::Leave(leave)) => return Err(format!("a participant was not let in: {leave:?}").into()),
            _ => {}
        }
    }
}

fn read(message: tungstenite::Message) -> Result<Option<Message>, Failure> {
    match message {
        tungstenite::Message::Binary(bytes) => Ok(SignalResponse::decode(bytes)?.message),
        tungstenite::Message::Close(_) => Err("the signaling was closed".into()),
        _ => Ok(None),
    }
}

fn add_lines(peer: &mut Str0mPeer, lines: &[Line]) -> Result<(), Failure> {
    for line in lines {
        peer.add_media(line.mid, line.kind, &[])?;
        match line.kind {
            MediaKind::Audio if line.sends => {
                peer.send_stream(line.mid, SendStream { ssrc: VOICE_SSRC, retransmission: None, rid: None })?;
            }
            MediaKind::Video if line.sends => {
                for (rid, ssrc) in LAYERS {
                    let stream = SendStream { ssrc, retransmission: Some(ssrc + 1), rid: Rid::new(rid) };
                    peer.send_stream(line.mid, stream)?;
                }
            }
            MediaKind::Audio | MediaKind::Video => {}
        }
    }
    Ok(())
}

/// Where a candidate is.
fn address(candidate: &str) -> Option<SocketAddr> {
    let mut words = candidate.split(' ').skip(4);
    Some(SocketAddr::new(words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

/// A token for the call of a room, asked for as Element Call does.
pub(super) async fn ticket(
    session: &mut crate::matrix::Session,
    connection: &mut Connection,
    room: &str,
) -> Result<String, Failure> {
    use serde_json::json;
    let path = format!("/_matrix/client/v3/user/{}/openid/request_token", crate::matrix::encode(&session.user_id));
    let proof = session.call(hyper::Method::POST, &path, &json!({})).await?;
    let body = json!({ "room": room, "openid_token": proof, "device_id": &*session.device_id });
    let path = "/livekit/jwt/sfu/get";
    let reply = connection.call(&hyper::Method::POST, path, "", body.to_string().into()).await?;
    let said: serde_json::Value = serde_json::from_slice(&reply.body)?;
    crate::matrix::text(&said, "jwt")
}
