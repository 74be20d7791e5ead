//! The other engine: `rtc` of webrtc-rs behind the same trait.
//!
//! As complete as the measurement needs. Left out: opening data channels, restarting ICE, reading the bandwidth estimate,
//! and rewriting VP8's numbers (the packet is refused). What it lacks by itself is told in `media/sfu/docs/engine.md`.

mod map;
mod offer;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use rtc::crypto::{self, RTCCryptoProvider, SignatureScheme};
use rtc::peer_connection::certificate::{CertificateParams, RTCCertificate};
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::event::RTCPeerConnectionEvent;
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::{RTCIceConnectionState, RTCPeerConnectionState};
use rtc::peer_connection::transport::{CandidateConfig, CandidateHostConfig, RTCIceCandidate, RTCIceCandidateInit};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtp_transceiver::{RTCRtpReceiverId, RTCRtpSenderId};
use rtc::sansio::Protocol;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};

use veche_sfu::engine::{
    ChannelConfig, ChannelId, Data, Engine, EngineError, Event, Fingerprint, FiveTuple, HeaderExtension,
    IceCredentials, MediaKind, Mid, Output, Peer, PeerConfig, ReceiveStream, ReceivedRtp, Rid, RtpToSend, SendStream,
    Transmit, Transport,
};

use offer::Line;

/// How many packets of a stream name their m-line, as str0m's do until the first receiver report.
const NAMED_PACKETS: u64 = 100;
/// When there is nothing to wait for.
const LATER: Duration = Duration::from_secs(3_600);

fn failed(error: impl std::fmt::Display) -> EngineError {
    EngineError::Ended(error.to_string())
}

/// Makes rtc's peers.
pub struct RtcEngine {
    start: Instant,
    provider: Arc<dyn RTCCryptoProvider>,
    certificate: RTCCertificate,
    fingerprint: Fingerprint,
}

impl RtcEngine {
    /// An engine with a new certificate.
    ///
    /// # Errors
    /// If none can be made.
    pub fn new(start: Instant) -> Result<Self, EngineError> {
        let provider = crypto::default_provider().map_err(failed)?;
        let params = CertificateParams::new(vec!["localhost".to_owned()]).map_err(failed)?;
        let certificate =
            RTCCertificate::generate(provider.crypto(), SignatureScheme::EcdsaP256Sha256, params).map_err(failed)?;
        let prints = certificate.get_fingerprints(provider.crypto()).map_err(failed)?;
        let print = prints.first().ok_or(EngineError::Unsupported("a certificate without a hash"))?;
        let bytes = print.value.split(':').map(|pair| u8::from_str_radix(pair, 16)).collect::<Result<_, _>>();
        let fingerprint = Fingerprint { algorithm: print.algorithm.clone(), bytes: bytes.map_err(failed)? };
        Ok(Self { start, provider, certificate, fingerprint })
    }
}

impl Engine for RtcEngine {
    type Peer = RtcPeer;

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn peer(&self, now: Duration, config: &PeerConfig) -> Result<RtcPeer, EngineError> {
        let mut media = map::media_engine(config).map_err(failed)?;
        let registry = map::interceptors(config, &mut media).map_err(failed)?;
        let certificates = vec![self.certificate.clone()];
        let connection = RTCPeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().with_certificates(certificates).build())
            .with_setting_engine(map::settings(config, Arc::clone(&self.provider)))
            .with_media_engine(media)
            .with_interceptor_registry(registry)
            .build(self.start + now)
            .map_err(failed)?;
        let id_of = |wanted| config.extensions.iter().find(|(_, known)| *known == wanted).map(|(id, _)| *id);
        Ok(RtcPeer {
            start: self.start,
            now,
            mid_extension: id_of(HeaderExtension::Mid),
            level_extension: id_of(HeaderExtension::AudioLevel),
            config: config.clone(),
            connection,
            lines: Vec::new(),
            is_stale: true,
            version: 0,
            senders: Vec::new(),
            receivers: Vec::new(),
            phase: Phase::Read,
            events: VecDeque::new(),
            is_connected: false,
        })
    }
}

/// What is asked of rtc next. Each question walks its whole chain of handlers, so none is asked twice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Read,
    Events,
    Write,
    Idle,
}

struct Sender {
    ssrc: u32,
    id: RTCRtpSenderId,
    mid: Mid,
    name: Bytes,
    packets: u64,
}

struct Receiver {
    ssrc: u32,
    id: RTCRtpReceiverId,
    mid: Mid,
    rid: Option<Rid>,
    /// The highest sequence number so far, with its wraps.
    highest: Option<u64>,
}

/// One participant's peer connection in rtc.
pub struct RtcPeer {
    start: Instant,
    now: Duration,
    mid_extension: Option<u8>,
    level_extension: Option<u8>,
    config: PeerConfig,
    connection: RTCPeerConnection,
    lines: Vec<Line>,
    /// Whether something has been declared that rtc has not been told.
    is_stale: bool,
    version: u64,
    senders: Vec<Sender>,
    receivers: Vec<Receiver>,
    phase: Phase,
    events: VecDeque<Event<Bytes>>,
    is_connected: bool,
}

impl RtcPeer {
    fn line(&mut self, mid: Mid) -> Result<&mut Line, EngineError> {
        self.is_stale = true;
        let line = self.lines.iter_mut().find(|line| line.mid == mid && !line.is_removed);
        line.ok_or(EngineError::Unknown("m-line"))
    }

    /// Tells rtc what has been declared, as an offer that it answers.
    fn negotiate(&mut self) -> Result<(), EngineError> {
        if !self.is_stale || self.lines.is_empty() {
            return Ok(());
        }
        let now = self.start + self.now;
        for line in &self.lines {
            for stream in &line.sent {
                if self.senders.iter().any(|sender| sender.ssrc == stream.ssrc) {
                    continue;
                }
                let track = map::track(&self.config, line, stream);
                let id = self.connection.add_track(track).map_err(failed)?;
                let name = Bytes::copy_from_slice(line.mid.as_str().as_bytes());
                self.senders.push(Sender { ssrc: stream.ssrc, id, mid: line.mid, name, packets: 0 });
            }
        }
        let offer = offer::offer(&self.config, &self.lines, self.version);
        let offer = RTCSessionDescription::offer(offer).map_err(failed)?;
        self.connection.set_remote_description(now, offer).map_err(failed)?;
        if self.version == 0 {
            self.add_local_addresses()?;
        }
        let answer = self.connection.create_answer(None).map_err(failed)?;
        self.connection.set_local_description(now, answer).map_err(failed)?;
        self.version += 1;
        self.is_stale = false;
        self.phase = Phase::Read;
        Ok(())
    }

    fn add_local_addresses(&mut self) -> Result<(), EngineError> {
        for place in &self.config.addresses {
            let base_config = CandidateConfig {
                network: if place.transport == Transport::Udp { "udp" } else { "tcp" }.to_owned(),
                address: place.address.ip().to_string(),
                port: place.address.port(),
                component: 1,
                ..Default::default()
            };
            let candidate = CandidateHostConfig { base_config, ..Default::default() };
            let candidate = candidate.new_candidate_host().map_err(failed)?;
            let candidate = RTCIceCandidate::from(&candidate).to_json().map_err(failed)?;
            self.connection.add_local_candidate(candidate).map_err(failed)?;
        }
        Ok(())
    }

    /// Where a stream that has not been seen before belongs.
    fn place(&mut self, track: &str, ssrc: u32) -> Option<usize> {
        let ids: Vec<_> = self.connection.get_receivers().collect();
        for id in ids {
            let Some(receiver) = self.connection.rtp_receiver(id) else { continue };
            if receiver.track().track_id() != track {
                continue;
            }
            let rid = receiver.track().rid(ssrc).and_then(|rid| Rid::new(rid));
            let transceiver = self.connection.rtp_transceiver(id.into())?;
            let mid = transceiver.mid().as_deref().and_then(Mid::new)?;
            self.receivers.push(Receiver { ssrc, id, mid, rid, highest: None });
            return Some(self.receivers.len() - 1);
        }
        None
    }

    fn received(&mut self, track: &str, packet: rtc::rtp::Packet, at: Instant) -> Option<ReceivedRtp<Bytes>> {
        let ssrc = packet.header.ssrc;
        let known = self.receivers.iter().position(|receiver| receiver.ssrc == ssrc);
        let index = known.or_else(|| self.place(track, ssrc))?;
        let receiver = self.receivers.get_mut(index)?;
        let sequence = map::unwrap(receiver.highest, packet.header.sequence_number);
        receiver.highest = receiver.highest.max(Some(sequence));
        let level = self.level_extension.and_then(|id| packet.header.get_extension(id));
        Some(ReceivedRtp {
            received: at.saturating_duration_since(self.start),
            mid: receiver.mid,
            rid: receiver.rid,
            ssrc,
            payload_type: packet.header.payload_type,
            sequence,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            extensions: map::extensions(level.as_deref()),
            payload: packet.payload,
        })
    }

    /// What a message means; RTCP may mean several things.
    fn message(&mut self, message: TaggedRTCMessage) -> Option<Event<Bytes>> {
        match message.message {
            RTCMessage::RtpPacket(track, packet) => self.received(&track, packet, message.now).map(Event::Rtp),
            RTCMessage::RtcpPacket(_, packets) => {
                for packet in packets {
                    let any = packet.as_any();
                    let pli = any.downcast_ref::<PictureLossIndication>().map(|pli| pli.media_ssrc);
                    let fir = || any.downcast_ref::<FullIntraRequest>().and_then(|fir| fir.fir.first()).map(|f| f.ssrc);
                    let Some(ssrc) = pli.or_else(fir) else { continue };
                    if let Some(sender) = self.senders.iter().find(|sender| sender.ssrc == ssrc) {
                        self.events.push_back(Event::KeyframeRequest(sender.mid));
                    }
                }
                self.events.pop_front()
            }
            _ => None,
        }
    }

    fn event(&mut self, event: RTCPeerConnectionEvent) -> Option<Event<Bytes>> {
        match event {
            RTCPeerConnectionEvent::OnConnectionStateChangeEvent(RTCPeerConnectionState::Connected)
                if !self.is_connected =>
            {
                self.is_connected = true;
                Some(Event::Connected)
            }
            RTCPeerConnectionEvent::OnConnectionStateChangeEvent(
                RTCPeerConnectionState::Closed | RTCPeerConnectionState::Failed,
            ) => Some(Event::Closed),
            RTCPeerConnectionEvent::OnIceConnectionStateChangeEvent(RTCIceConnectionState::Disconnected) => {
                Some(Event::Unreachable)
            }
            _ => None,
        }
    }
}

impl Peer for RtcPeer {
    type Payload = Bytes;

    fn handle_input(&mut self, now: Duration, tuple: &FiveTuple, bytes: &[u8]) -> Result<(), EngineError> {
        self.now = now;
        self.negotiate()?;
        let transport = TransportContext {
            local_addr: tuple.local,
            peer_addr: tuple.remote,
            transport_protocol: match tuple.transport {
                Transport::Udp => TransportProtocol::UDP,
                Transport::Tcp => TransportProtocol::TCP,
            },
            ecn: None,
        };
        self.phase = Phase::Read;
        let read = TaggedBytesMut { now: self.start + now, transport, message: BytesMut::from(bytes) };
        self.connection.handle_read(read).map_err(failed)
    }

    fn handle_timeout(&mut self, now: Duration) -> Result<(), EngineError> {
        self.now = now;
        self.negotiate()?;
        self.phase = Phase::Read;
        self.connection.handle_timeout(self.start + now).map_err(failed)
    }

    fn poll(&mut self) -> Result<Output<Bytes>, EngineError> {
        self.negotiate()?;
        if let Some(event) = self.events.pop_front() {
            return Ok(Output::Event(event));
        }
        loop {
            match self.phase {
                Phase::Read => match self.connection.poll_read() {
                    Some(message) => {
                        if let Some(event) = self.message(message) {
                            return Ok(Output::Event(event));
                        }
                    }
                    None => self.phase = Phase::Events,
                },
                Phase::Events => match self.connection.poll_event() {
                    Some(event) => {
                        if let Some(event) = self.event(event) {
                            return Ok(Output::Event(event));
                        }
                    }
                    None => self.phase = Phase::Write,
                },
                Phase::Write => match self.connection.poll_write() {
                    Some(sent) => return Ok(Output::Transmit(transmit(sent))),
                    None => self.phase = Phase::Idle,
                },
                Phase::Idle => {
                    let at = self.connection.poll_timeout().map(|at| at.saturating_duration_since(self.start));
                    return Ok(Output::Timeout(at.unwrap_or(self.now + LATER)));
                }
            }
        }
    }

    fn add_media(&mut self, mid: Mid, kind: MediaKind, rids: &[Rid]) -> Result<(), EngineError> {
        if self.line(mid).is_ok() {
            return Err(EngineError::MediaExists);
        }
        let rids = rids.to_vec();
        self.lines.push(Line { mid, kind, rids, received: Vec::new(), sent: Vec::new(), is_removed: false });
        Ok(())
    }

    fn remove_media(&mut self, mid: Mid) {
        if let Ok(line) = self.line(mid) {
            line.is_removed = true;
        }
        self.senders.retain(|sender| sender.mid != mid);
    }

    fn receive_stream(&mut self, mid: Mid, stream: ReceiveStream) -> Result<(), EngineError> {
        self.line(mid)?.received.push(stream);
        Ok(())
    }

    fn send_stream(&mut self, mid: Mid, stream: SendStream) -> Result<(), EngineError> {
        self.line(mid)?.sent.push(stream);
        Ok(())
    }

    fn stop_stream(&mut self, ssrc: u32) {
        if let Some(at) = self.senders.iter().position(|sender| sender.ssrc == ssrc) {
            let sender = self.senders.swap_remove(at);
            // It fails only if there is no such sender.
            drop(self.connection.remove_track(sender.id));
        }
    }

    fn write_rtp(&mut self, now: Duration, packet: RtpToSend<Bytes>) -> Result<(), EngineError> {
        self.now = now;
        self.negotiate()?;
        if packet.vp8.is_some() {
            return Err(EngineError::Unsupported("changing the numbers of VP8"));
        }
        let mut senders = self.senders.iter_mut();
        let sender = senders.find(|sender| sender.ssrc == packet.ssrc).ok_or(EngineError::Unknown("stream"))?;
        let name = self.mid_extension.filter(|_| sender.packets < NAMED_PACKETS).map(|id| (id, sender.name.clone()));
        sender.packets += 1;
        let (id, level) = (sender.id, self.level_extension);
        let packet = map::packet(packet, name, level).map_err(failed)?;
        if self.phase == Phase::Idle {
            self.phase = Phase::Write;
        }
        let mut sender = self.connection.rtp_sender(id).ok_or(EngineError::Unknown("stream"))?;
        sender.write_rtp(self.start + now, packet).map_err(failed)
    }

    fn request_keyframe(&mut self, mid: Mid, rid: Option<Rid>) {
        let wanted = self.receivers.iter().find(|receiver| receiver.mid == mid && receiver.rid == rid);
        let Some((id, media_ssrc)) = wanted.map(|receiver| (receiver.id, receiver.ssrc)) else { return };
        let now = self.start + self.now;
        if let Some(mut receiver) = self.connection.rtp_receiver(id) {
            let request = Box::new(PictureLossIndication { sender_ssrc: 0, media_ssrc });
            // It fails only when the connection is closed.
            drop(receiver.write_rtcp(now, vec![request]));
            self.phase = Phase::Read;
        }
    }

    fn set_desired_bitrate(&mut self, _bits_per_second: u64) {
        // Its estimator looks for as much as there is.
    }

    fn add_remote_candidate(&mut self, candidate: &str) -> Result<(), EngineError> {
        let candidate = RTCIceCandidateInit { candidate: candidate.to_owned(), ..Default::default() };
        self.connection.add_remote_candidate(candidate).map_err(|_| EngineError::BadCandidate)
    }

    fn restart_ice(&mut self, _local: &IceCredentials, _remote: &IceCredentials) {}

    fn open_channel(&mut self, _channel: &ChannelConfig) -> Result<ChannelId, EngineError> {
        Err(EngineError::Unsupported("data channels are not measured"))
    }

    fn send_data(&mut self, _channel: ChannelId, _data: Data<'_>) -> Result<(), EngineError> {
        Err(EngineError::Unsupported("data channels are not measured"))
    }

    fn close(&mut self) {
        // What could not be closed is gone with the peer.
        drop(self.connection.close());
        self.phase = Phase::Read;
    }
}

fn transmit(sent: TaggedBytesMut) -> Transmit {
    let transport = match sent.transport.transport_protocol {
        TransportProtocol::TCP => Transport::Tcp,
        _ => Transport::Udp,
    };
    let tuple = FiveTuple { transport, local: sent.transport.local_addr, remote: sent.transport.peer_addr };
    Transmit { tuple, bytes: sent.message.into() }
}
