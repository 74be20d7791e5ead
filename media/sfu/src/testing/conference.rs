//! A call whose participants are real peers on both ends, with encryption, retransmissions and estimates of the bandwidth, on
//! lines that lose packets and carry only so much.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::{Camera, FRAME_INTERVAL, Loss, OPUS, Profile, Side, VP8, Viewer, camera_config, pair};
use crate::engine::{
    Codec, CodecFormat, Engine, Event, Extensions, FiveTuple, MediaKind, Mid, Peer, ReceiveStream, ReceivedRtp,
    Retransmit, Rid, RtpToSend, SendStream, SenderReport,
};
use crate::{
    Call, CallError, CallEvent, CallOutput, LayerConfig, Layering, Outlet, ParticipantId, PublicationConfig,
    PublicationId, Quality, Source, SubscriptionId, Wish,
};

/// How long a packet is under way, if the line is free.
const DELAY: Duration = Duration::from_millis(15);
/// What waits longer than this for its turn on a narrow line is dropped.
const QUEUE_MAX: Duration = Duration::from_millis(300);
/// Time moves by at least this much.
const STEP: Duration = Duration::from_millis(1);
/// The SSRCs of a client's layers.
const LAYER_SSRCS: [u32; 3] = [1_000, 1_010, 1_020];
/// The names of a client's layers.
const RIDS: [&str; 3] = ["q", "h", "f"];
/// Cameras count packets from above this; a stream has to begin below 65,536.
const CAMERA_SEQUENCE_START: u64 = 65_000;
/// Between two packets of a voice.
const VOICE_INTERVAL: Duration = Duration::from_millis(20);
/// The SSRC of a client's voice.
const VOICE_SSRC: u32 = 1_030;
/// How long a client's encoders take: a packet leaves so long after its picture was taken, or its sound was heard.
const CAMERA_DELAY: Duration = Duration::from_millis(140);
const VOICE_DELAY: Duration = Duration::from_millis(20);
/// Where a picture's payload has room for the time at which it was taken, behind what [`Camera`] writes.
const TAKEN_AT: usize = 10;
/// The bytes of that time.
const TIME_BYTES: usize = 8;

/// A participant's end.
pub struct Client<C: Peer> {
    /// Who he is in the call.
    pub id: ParticipantId,
    /// His peer.
    pub side: Side<C>,
    /// What he sees of each m-line.
    pub viewers: BTreeMap<Mid, Viewer>,
    /// What the line to him carries, in bits per second.
    pub capacity_bps: Option<u64>,
    /// What he publishes.
    pub publication: Option<PublicationId>,
    /// How many keyframes he was asked for.
    pub keyframes_asked: u32,
    /// What he was told of the time of each m-line.
    pub timing: BTreeMap<Mid, Timing>,
    voice: Option<(Mid, u64)>,
    next_voice: Duration,
    camera: Option<(Mid, Camera)>,
    next_picture: Duration,
    tuple: FiveTuple,
    line_free: Duration,
    to_client: VecDeque<(Duration, Vec<u8>)>,
    to_server: VecDeque<(Duration, Vec<u8>)>,
}

/// What a client is told of the time of what he gets on one m-line.
#[derive(Debug, Default)]
pub struct Timing {
    /// At each report: when it came, and by how many microseconds the times that it gives differ from those at which things were
    /// captured. It is only the same for all m-lines, because clocks of different machines differ anyway.
    pub errors_us: Vec<(Duration, i64)>,
    report: Option<SenderReport>,
}

impl Timing {
    /// A packet with the time at which it was captured shows what the last report said of it.
    fn receive(&mut self, timestamp: u32, clock_rate_hz: u32, payload: &[u8]) {
        let Some((report, taken)) = self.report.zip(payload.first_chunk()) else { return };
        self.report = None;
        let ticks = i64::from(timestamp.wrapping_sub(report.timestamp).cast_signed());
        let wall_us = i64::try_from(report.wall.as_micros()).unwrap_or(i64::MAX);
        let told_us = wall_us.saturating_add(ticks * 1_000_000 / i64::from(clock_rate_hz));
        let error_us = told_us.saturating_sub_unsigned(u64::from_be_bytes(*taken));
        self.errors_us.push((report.received, error_us));
    }
}

/// See the module.
pub struct Conference<C: Engine, S: Engine> {
    /// The call.
    pub call: Call<S::Peer>,
    /// The time.
    pub now: Duration,
    /// Those who take part.
    pub clients: Vec<Client<C::Peer>>,
    /// What the call has told.
    pub events: Vec<(Duration, CallEvent)>,
    client_engine: C,
    server_engine: S,
    loss: Loss,
    ssrcs: u32,
}

impl<C: Engine, S: Engine> Conference<C, S> {
    /// Nobody is there yet.
    pub fn new(client_engine: C, server_engine: S) -> Self {
        let now = Duration::from_secs(10);
        Self {
            call: Call::new(now),
            now,
            clients: Vec::new(),
            events: Vec::new(),
            client_engine,
            server_engine,
            loss: Loss::new(0, 0),
            ssrcs: 50_000,
        }
    }

    /// From now on packets are lost, in both directions of all lines.
    pub fn lose(&mut self, loss: Loss) {
        self.loss = loss;
    }

    /// Somebody comes in, and the way to him is estimated from this bitrate on.
    ///
    /// # Errors
    /// If an engine or the call refuses.
    pub fn join(&mut self, estimate_from_bps: u64) -> Result<usize, CallError> {
        let number = u16::try_from(self.clients.len()).map_err(|_| CallError::TooMany("clients"))?;
        let profile = Profile { estimate_from_bps: Some(estimate_from_bps), ..Profile::browser() };
        let (tuple, client, server) = pair(&self.client_engine, &self.server_engine, self.now, number, &profile)?;
        let id = self.call.join(self.now, server)?;
        self.clients.push(Client {
            id,
            side: Side::new(client, self.now),
            viewers: BTreeMap::new(),
            capacity_bps: None,
            publication: None,
            keyframes_asked: 0,
            timing: BTreeMap::new(),
            voice: None,
            next_voice: self.now,
            camera: None,
            next_picture: self.now,
            tuple,
            line_free: self.now,
            to_client: VecDeque::new(),
            to_server: VecDeque::new(),
        });
        Ok(self.clients.len() - 1)
    }

    /// A client publishes his camera.
    ///
    /// # Errors
    /// If an engine or the call refuses.
    pub fn publish(&mut self, client: usize) -> Result<PublicationId, CallError> {
        let mid = Mid::new("cam").expect("a short name");
        let client = &mut self.clients[client];
        let publication = self.call.publish(self.now, client.id, camera_config(mid))?;
        client.side.peer.add_media(mid, MediaKind::Video, &[])?;
        for (rid, ssrc) in RIDS.iter().zip(LAYER_SSRCS) {
            let stream = SendStream { ssrc, retransmission: Some(ssrc + 1), rid: Rid::new(rid) };
            client.side.peer.send_stream(mid, stream)?;
        }
        client.publication = Some(publication);
        client.camera = Some((mid, Camera::new(mid, 3)));
        client.next_picture = self.now;
        Ok(publication)
    }

    /// A client publishes his voice.
    ///
    /// # Errors
    /// If an engine or the call refuses.
    pub fn speak(&mut self, client: usize) -> Result<PublicationId, CallError> {
        let mid = Mid::new("mic").expect("a short name");
        let layer = LayerConfig { quality: Quality::High, rid: None, width: 0, height: 0, bits_per_second: 32_000 };
        let config = PublicationConfig {
            source: Source::Microphone,
            mid,
            codecs: vec![Codec { payload_type: OPUS, retransmission: None, format: CodecFormat::Opus }],
            layers: vec![layer],
            layering: Layering::Streams,
            stream: None,
            muted: false,
        };
        let client = &mut self.clients[client];
        let publication = self.call.publish(self.now, client.id, config)?;
        client.side.peer.add_media(mid, MediaKind::Audio, &[])?;
        let stream = SendStream { ssrc: VOICE_SSRC, retransmission: None, rid: None };
        client.side.peer.send_stream(mid, stream)?;
        client.voice = Some((mid, 0));
        client.next_voice = self.now;
        Ok(publication)
    }

    /// A client hears what another one says.
    ///
    /// # Errors
    /// If an engine or the call refuses.
    pub fn hear(&mut self, client: usize, publication: PublicationId) -> Result<Mid, CallError> {
        self.ssrcs += 2;
        let ssrc = self.ssrcs;
        let mid = Mid::new(&format!("h{ssrc}")).expect("a short name");
        let client = &mut self.clients[client];
        client.side.peer.add_media(mid, MediaKind::Audio, &[])?;
        client.side.peer.receive_stream(mid, ReceiveStream { ssrc, retransmission: None })?;
        client.timing.insert(mid, Timing::default());
        let stream = SendStream { ssrc, retransmission: None, rid: None };
        let outlet = Outlet { mid, stream, payload_types: vec![(OPUS, OPUS)] };
        self.call.subscribe(self.now, client.id, publication, outlet, Wish::default())?;
        Ok(mid)
    }

    /// A client watches what another one publishes.
    ///
    /// # Errors
    /// If an engine or the call refuses.
    pub fn watch(
        &mut self,
        client: usize,
        publication: PublicationId,
        wish: Wish,
    ) -> Result<SubscriptionId, CallError> {
        self.ssrcs += 2;
        let (ssrc, retransmission) = (self.ssrcs, Some(self.ssrcs + 1));
        let mid = Mid::new(&format!("w{ssrc}")).expect("a short name");
        let client = &mut self.clients[client];
        client.side.peer.add_media(mid, MediaKind::Video, &[])?;
        client.side.peer.receive_stream(mid, ReceiveStream { ssrc, retransmission })?;
        client.viewers.insert(mid, Viewer::default());
        client.timing.insert(mid, Timing::default());
        let stream = SendStream { ssrc, retransmission, rid: None };
        let outlet = Outlet { mid, stream, payload_types: vec![(VP8, VP8)] };
        self.call.subscribe(self.now, client.id, publication, outlet, wish)
    }

    /// Lets time pass, with everything that happens in it.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.collect();
            let of_clients = self.clients.iter().map(Client::next).min();
            let next = of_clients.into_iter().chain(self.call.poll_timeout()).min().unwrap_or(end);
            self.now = next.max(self.now + STEP).min(end);
            self.send_pictures();
            self.deliver();
            if self.call.poll_timeout().is_some_and(|at| at <= self.now) {
                self.call.handle_timeout(self.now);
            }
            self.show_pictures();
        }
    }

    fn send_pictures(&mut self) {
        let now = self.now;
        for client in &mut self.clients {
            client.speak(now);
            let Some((_, camera)) = client.camera.as_mut().filter(|_| client.next_picture <= now) else { continue };
            client.next_picture = now + FRAME_INTERVAL;
            for packet in camera.capture(now) {
                let layer = RIDS.iter().position(|rid| packet.rid == Rid::new(rid)).unwrap_or(0);
                let done = client.side.peer.write_rtp(now, sent(packet, LAYER_SSRCS[layer]));
                client.side.note(done);
            }
        }
    }

    /// Hands over what has arrived. The call gets everything before anybody is asked what it makes of it.
    fn deliver(&mut self) {
        let now = self.now;
        let mut ignored = Vec::new();
        for client in &mut self.clients {
            // What was written has to be sent before the peer is fed.
            client.flush(now, &mut self.loss);
            while let Some((_, bytes)) = client.to_client.pop_front_if(|(due, _)| *due <= now) {
                let done = client.side.peer.handle_input(now, &client.tuple, &bytes);
                client.side.note(done);
                client.flush(now, &mut self.loss);
            }
            if client.side.timeout <= now {
                let done = client.side.peer.handle_timeout(now);
                client.side.note(done);
                client.flush(now, &mut self.loss);
            }
            let tuple = FiveTuple { local: client.tuple.remote, remote: client.tuple.local, ..client.tuple };
            while let Some((_, bytes)) = client.to_server.pop_front_if(|(due, _)| *due <= now) {
                ignored.extend(self.call.handle_input(now, client.id, &tuple, &bytes).err());
            }
        }
        assert!(ignored.is_empty(), "those who are here are in the call: {ignored:?}");
    }

    /// Takes what the call wants to send, and puts it on the lines.
    fn collect(&mut self) {
        while let Some(output) = self.call.poll_output(self.now) {
            match output {
                CallOutput::Event(event) => self.events.push((self.now, event)),
                CallOutput::Transmit(to, transmit) => {
                    let client = self.clients.iter_mut().find(|client| client.id == to);
                    if let Some(client) = client.filter(|_| !self.loss.strikes(&transmit.bytes)) {
                        client.carry(self.now, transmit.bytes);
                    }
                }
            }
        }
        for client in &mut self.clients {
            client.flush(self.now, &mut self.loss);
        }
    }

    fn show_pictures(&mut self) {
        let now = self.now;
        for client in &mut self.clients {
            for event in std::mem::take(&mut client.side.events) {
                match event {
                    Event::SenderReport(report) => {
                        if let Some(timing) = client.timing.get_mut(&report.mid) {
                            timing.report = Some(report);
                        }
                    }
                    Event::Rtp(packet) => {
                        let is_picture = client.viewers.contains_key(&packet.mid);
                        let (at, hz) = if is_picture { (TAKEN_AT, 90_000) } else { (0, 48_000) };
                        if let Some((timing, taken)) =
                            client.timing.get_mut(&packet.mid).zip(packet.payload.as_ref().get(at..))
                        {
                            timing.receive(packet.timestamp, hz, taken);
                        }
                        if let Some(viewer) = client.viewers.get_mut(&packet.mid) {
                            viewer.receive(now, &received(packet));
                        }
                    }
                    Event::KeyframeRequest(_) => {
                        client.keyframes_asked += 1;
                        for rid in RIDS {
                            if let Some((_, camera)) = &mut client.camera {
                                camera.ask_keyframe(Rid::new(rid), now);
                            }
                        }
                    }
                    _ => {}
                }
            }
            for (mid, viewer) in &mut client.viewers {
                if viewer.look(now) {
                    client.side.peer.request_keyframe(*mid, None);
                }
            }
        }
    }
}

impl<C: Peer> Client<C> {
    /// When something happens here.
    fn next(&self) -> Duration {
        let due = self.to_client.front().into_iter().chain(self.to_server.front()).map(|(due, _)| *due);
        let picture = self.camera.as_ref().map(|_| self.next_picture);
        let voice = self.voice.map(|_| self.next_voice);
        due.chain(picture).chain(voice).fold(self.side.timeout, Duration::min)
    }

    /// Says something, if it is time.
    fn speak(&mut self, now: Duration) {
        let Some((_, number)) = self.voice.as_mut().filter(|_| self.next_voice <= now) else { return };
        *number += 1;
        let taken = now.saturating_sub(VOICE_DELAY);
        let packet = RtpToSend {
            ssrc: VOICE_SSRC,
            payload_type: OPUS,
            sequence: *number,
            timestamp: u32::try_from(taken.as_micros() * 48 / 1_000).expect("a short call"),
            captured: taken,
            marker: false,
            extensions: Extensions::default(),
            vp8: None,
            retransmit: Retransmit::Never,
            payload: micros(taken).to_vec().into(),
        };
        self.next_voice = now + VOICE_INTERVAL;
        let done = self.side.peer.write_rtp(now, packet);
        self.side.note(done);
    }

    /// Puts a packet on the line to this client, if it is not too long until its turn.
    fn carry(&mut self, now: Duration, bytes: Vec<u8>) {
        let Some(capacity) = self.capacity_bps else { return self.to_client.push_back((now + DELAY, bytes)) };
        self.line_free = self.line_free.max(now);
        if self.line_free > now + QUEUE_MAX {
            return;
        }
        let bits = u64::try_from(bytes.len() * 8).expect("a datagram is small");
        self.line_free += Duration::from_micros(bits * 1_000_000 / capacity.max(1));
        self.to_client.push_back((self.line_free + DELAY, bytes));
    }

    /// Sends what the client wants to send.
    fn flush(&mut self, now: Duration, loss: &mut Loss) {
        let mut sent = Vec::new();
        self.side.drain(&mut sent);
        let kept = sent.into_iter().filter(|transmit| !loss.strikes(&transmit.bytes));
        self.to_server.extend(kept.map(|transmit| (now + DELAY, transmit.bytes)));
    }
}

/// A packet of a camera, as its client sends it.
fn sent<B: From<Vec<u8>>>(packet: ReceivedRtp<std::sync::Arc<[u8]>>, ssrc: u32) -> RtpToSend<B> {
    let taken = packet.received.saturating_sub(CAMERA_DELAY);
    let mut payload = packet.payload.to_vec();
    if let Some(room) = payload.get_mut(TAKEN_AT..TAKEN_AT + TIME_BYTES) {
        room.copy_from_slice(&micros(taken));
    }
    RtpToSend {
        ssrc,
        payload_type: packet.payload_type,
        sequence: packet.sequence.saturating_sub(CAMERA_SEQUENCE_START),
        timestamp: packet.timestamp,
        captured: taken,
        marker: packet.marker,
        extensions: packet.extensions,
        vp8: None,
        retransmit: Retransmit::OnRequest,
        payload: payload.into(),
    }
}

fn micros(time: Duration) -> [u8; TIME_BYTES] {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).to_be_bytes()
}

/// A packet as a client has received it, for a viewer.
fn received<B: AsRef<[u8]>>(packet: ReceivedRtp<B>) -> RtpToSend<std::sync::Arc<[u8]>> {
    RtpToSend {
        ssrc: packet.ssrc,
        payload_type: packet.payload_type,
        sequence: packet.sequence,
        timestamp: packet.timestamp,
        captured: packet.received,
        marker: packet.marker,
        extensions: packet.extensions,
        vp8: None,
        retransmit: Retransmit::OnRequest,
        payload: packet.payload.as_ref().into(),
    }
}
