//! The engine that is used: str0m in its RTP mode, told what to do without SDP.
//!
//! What str0m asks of its users and is kept here: every input is followed by polling until it names a time; m-lines exist
//! before their streams (its direct interface panics otherwise); nothing longer than its buffers is written; the first
//! sequence number of a stream is below 65,536.

mod map;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use str0m::change::DirectApi;
use str0m::channel::{ChannelConfig as RtcChannelConfig, ChannelId as RtcChannelId, Reliability};
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::media::{KeyframeRequestKind, Mid as RtcMid, SenderFeedback};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpPacket, RtpWrite, Ssrc, Vp8Descriptor, Vp8Patch};
use str0m::{Candidate, IceConnectionState, Input, Output as RtcOutput, Rtc, RtcError};

use super::{
    ChannelConfig, ChannelId, Condition, DATAGRAM_BYTES_MAX, Data, DataChannels, Delivery, DtlsRole, Engine,
    EngineError, Event, Fingerprint, FiveTuple, HeaderExtension, IceCredentials, IceRole, MediaKind, Mid, Output,
    PAYLOAD_BYTES_MAX, Peer, PeerConfig, ReceiveStream, ReceivedRtp, Retransmit, Rid, RtpToSend, SendStream,
    SenderReport, Transmit, Vp8Numbers,
};

/// Streams of one client whose m-line is remembered; beyond that it is looked up again.
const KNOWN_STREAMS_MAX: usize = 64;
/// How often it is told how a way fares.
const CONDITION_EVERY: Duration = Duration::from_secs(5);
/// How long what was sent can be sent again: what has not come after several round trips comes too late. str0m's own choice,
/// three seconds, is half a megabyte for a stream of 2.4 Mbit/s.
const RESEND_AGE: Duration = Duration::from_secs(1);
/// How many packets that is at most.
const RESEND_PACKETS_MAX: usize = 1_024;
/// Above this share of retransmissions in what is sent, str0m's own choice, those that wait are given up: they would make
/// worse what they should mend.
const RESEND_SHARE_MAX: f32 = 0.15;
/// Sequence numbers from here on count wraps. A new stream cannot begin with one: the client could not decrypt it.
const FIRST_SEQUENCE_MAX: u64 = 1 << 16;

/// Makes str0m's peers, which show one certificate made when the engine was.
pub struct Str0mEngine {
    start: Instant,
    crypto: Arc<CryptoProvider>,
    certificate: DtlsCert,
    fingerprint: Fingerprint,
}

impl Str0mEngine {
    /// An engine with a new certificate. `start` is the instant at which the monotonic clock was zero; only differences to
    /// it count, so that any other does as well, in tests.
    ///
    /// # Errors
    /// If no certificate can be made.
    pub fn new(start: Instant) -> Result<Self, EngineError> {
        let crypto = Arc::new(str0m::crypto::from_feature_flags());
        let certificate = crypto.dtls_provider.generate_certificate();
        let certificate = certificate.ok_or(EngineError::Unsupported("making a certificate"))?;
        let hash = crypto.sha256_provider.sha256(&certificate.certificate);
        let fingerprint = Fingerprint { algorithm: "sha-256".to_owned(), bytes: hash.to_vec() };
        Ok(Self { start, crypto, certificate, fingerprint })
    }
}

impl Engine for Str0mEngine {
    type Peer = Str0mPeer;

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn peer(&self, now: Duration, config: &PeerConfig) -> Result<Str0mPeer, EngineError> {
        let mut builder = Rtc::builder()
            .set_crypto_provider(Arc::clone(&self.crypto))
            .set_dtls_cert(self.certificate.clone())
            .set_local_ice_credentials(map::credentials(&config.local))
            .set_ice_lite(config.ice == IceRole::Lite)
            .set_rtp_mode(true)
            .set_stats_interval(Some(CONDITION_EVERY))
            .clear_codecs()
            .set_extension_map(map::extensions(&config.extensions)?);
        if let Some(initial) = config.estimate_from_bps {
            builder = builder.enable_bwe(Some(initial.into()));
        }
        map::add_codecs(builder.codec_config(), &config.codecs)?;
        let mut rtc = builder.build(self.start + now);
        for address in &config.addresses {
            rtc.add_local_candidate(map::host(address)?);
        }
        let mut direct = rtc.direct_api();
        direct.set_ice_controlling(config.ice == IceRole::Controlling);
        direct.set_remote_ice_credentials(map::credentials(&config.remote));
        direct.set_remote_fingerprint(map::fingerprint(&config.fingerprint));
        direct.start_dtls(config.dtls == DtlsRole::Client).map_err(|error| ended(&error))?;
        if config.data == DataChannels::Negotiated {
            direct.start_sctp(config.dtls == DtlsRole::Client);
        }
        if config.extensions.iter().any(|(_, extension)| *extension == HeaderExtension::TransportSequence) {
            direct.enable_twcc_feedback();
        }
        Ok(Str0mPeer {
            start: self.start,
            rtc,
            written_at: None,
            known: Vec::new(),
            unbegun: Vec::new(),
            channels: Vec::new(),
            next_channel: 0,
            data: config.data,
            is_reachable: false,
        })
    }
}

/// One participant's peer connection in str0m.
pub struct Str0mPeer {
    start: Instant,
    rtc: Rtc,
    /// When packets were written that str0m has not been made to look at.
    written_at: Option<Duration>,
    /// The m-line and layer of each SSRC that has been seen.
    known: Vec<(u32, Mid, Option<Rid>)>,
    /// Streams that we have announced and not sent anything of. str0m hears of them with their first packet: before that it would
    /// report a time that means nothing, and clients believe it for seconds.
    unbegun: Vec<(RtcMid, SendStream)>,
    /// str0m's name for each of our channel numbers, as long as the channel is open.
    channels: Vec<(ChannelId, RtcChannelId)>,
    next_channel: usize,
    data: DataChannels,
    is_reachable: bool,
}

/// A part of one, in thousandths.
fn permille(part: f32) -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 1000")]
    let permille = (part.clamp(0.0, 1.0) * 1_000.0).round() as u16;
    permille
}

/// An error of str0m after which the peer is not to be used.
fn ended(error: &RtcError) -> EngineError {
    EngineError::Ended(error.to_string())
}

impl Str0mPeer {
    fn direct_with(&mut self, mid: RtcMid) -> Result<DirectApi<'_>, EngineError> {
        match self.rtc.media(mid) {
            Some(_) => Ok(self.rtc.direct_api()),
            None => Err(EngineError::Unknown("m-line")),
        }
    }

    fn declare(&mut self, mid: RtcMid, stream: SendStream) {
        let retransmission = stream.retransmission.map(Ssrc::from);
        let mut direct = self.rtc.direct_api();
        let sent = direct.declare_stream_tx(stream.ssrc.into(), retransmission, mid, stream.rid.map(map::rid));
        sent.set_rtx_cache(RESEND_PACKETS_MAX, RESEND_AGE, Some(RESEND_SHARE_MAX));
    }

    /// The m-line and layer of a packet. Clients name them only in the first packets of a stream.
    fn place(&mut self, packet: &RtpPacket) -> Option<(Mid, Option<Rid>)> {
        let ssrc = *packet.header.ssrc;
        if let Some((_, mid, rid)) = self.known.iter().find(|(known, ..)| *known == ssrc) {
            return Some((*mid, *rid));
        }
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_rx(&packet.header.ssrc)?;
        let mid = Mid::new(&stream.mid())?;
        let rid = stream.rid().and_then(|rid| Rid::new(&rid));
        if self.known.len() == KNOWN_STREAMS_MAX {
            self.known.clear();
        }
        self.known.push((ssrc, mid, rid));
        Some((mid, rid))
    }

    fn received(&mut self, packet: RtpPacket) -> Option<ReceivedRtp<Arc<[u8]>>> {
        let (mid, rid) = self.place(&packet)?;
        Some(ReceivedRtp {
            received: packet.timestamp.saturating_duration_since(self.start),
            mid,
            rid,
            ssrc: *packet.header.ssrc,
            payload_type: *packet.header.payload_type,
            sequence: *packet.seq_no,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            extensions: map::extensions_received(&packet.header.ext_vals),
            payload: packet.payload,
        })
    }

    fn reported(&self, feedback: &SenderFeedback) -> Option<SenderReport> {
        let info = &feedback.sender_info;
        // str0m counts wraps above the 32 bits that were sent.
        let timestamp = u32::try_from(info.rtp_time.numer() & u64::from(u32::MAX)).ok()?;
        Some(SenderReport {
            mid: Mid::new(&feedback.mid)?,
            rid: feedback.rid.and_then(|rid| Rid::new(&rid)),
            ssrc: *info.ssrc,
            received: feedback.received_at.saturating_duration_since(self.start),
            wall: info.ntp_time.duration_since(SystemTime::UNIX_EPOCH).ok()?,
            timestamp,
        })
    }

    fn channel_number(&mut self, id: RtcChannelId) -> ChannelId {
        if let Some((number, _)) = self.channels.iter().find(|(_, known)| *known == id) {
            return *number;
        }
        let number = ChannelId(self.next_channel);
        self.next_channel += 1;
        self.channels.push((number, id));
        number
    }

    fn ice_event(&mut self, phase: IceConnectionState) -> Option<Event<Arc<[u8]>>> {
        let was_reachable = self.is_reachable;
        self.is_reachable = phase.is_connected();
        match (was_reachable, self.is_reachable) {
            (true, false) => Some(Event::Unreachable),
            // The first time is told as `Connected`, when DTLS is done too.
            (false, true) if self.rtc.is_connected() => Some(Event::Reachable),
            _ => None,
        }
    }

    fn event(&mut self, event: str0m::Event) -> Option<Event<Arc<[u8]>>> {
        use str0m::Event as Rtc;
        match event {
            Rtc::RtpPacket(packet) => self.received(packet).map(Event::Rtp),
            Rtc::SenderFeedback(feedback) => self.reported(&feedback).map(Event::SenderReport),
            Rtc::Connected => Some(Event::Connected),
            Rtc::IceConnectionStateChange(phase) => self.ice_event(phase),
            Rtc::KeyframeRequest(request) => Mid::new(&request.mid).map(Event::KeyframeRequest),
            Rtc::EgressBitrateEstimate(str0m::bwe::BweKind::Twcc { estimate, .. }) => {
                Some(Event::Estimate(estimate.as_u64()))
            }
            Rtc::PeerStats(stats) => Some(Event::Condition(Condition {
                lost_in_permille: stats.ingress_loss_fraction.map(permille),
                lost_out_permille: stats.egress_loss_fraction.map(permille),
                round_trip: stats.rtt,
                jitter: None,
            })),
            Rtc::ChannelOpen(id, label) => Some(Event::ChannelOpen(self.channel_number(id), label)),
            Rtc::ChannelData(data) => {
                let channel = self.channel_number(data.id);
                Some(Event::Data { channel, text: !data.binary, bytes: data.data })
            }
            Rtc::ChannelClose(id) => {
                let channel = self.channel_number(id);
                self.channels.retain(|(_, known)| *known != id);
                Some(Event::ChannelClosed(channel))
            }
            Rtc::Closed => Some(Event::Closed),
            _ => None,
        }
    }
}

impl Peer for Str0mPeer {
    type Payload = Arc<[u8]>;

    fn handle_input(&mut self, now: Duration, tuple: &FiveTuple, bytes: &[u8]) -> Result<(), EngineError> {
        if bytes.len() > DATAGRAM_BYTES_MAX {
            return Err(EngineError::Foreign);
        }
        let protocol = map::protocol(tuple.transport);
        let receive = Receive::new(protocol, tuple.remote, tuple.local, bytes).map_err(|_| EngineError::Foreign)?;
        self.rtc.handle_input(Input::Receive(self.start + now, receive)).map_err(|error| ended(&error))
    }

    fn handle_timeout(&mut self, now: Duration) -> Result<(), EngineError> {
        self.written_at = None;
        self.rtc.handle_input(Input::Timeout(self.start + now)).map_err(|error| ended(&error))
    }

    fn poll(&mut self) -> Result<Output<Arc<[u8]>>, EngineError> {
        if let Some(now) = self.written_at {
            self.handle_timeout(now)?;
        }
        loop {
            match self.rtc.poll_output().map_err(|error| ended(&error))? {
                RtcOutput::Timeout(at) => {
                    return Ok(Output::Timeout(at.saturating_duration_since(self.start)));
                }
                RtcOutput::Transmit(sent) => {
                    let tuple = tuple(sent.proto, sent.source, sent.destination);
                    return Ok(Output::Transmit(Transmit { tuple, bytes: sent.contents.into() }));
                }
                RtcOutput::Event(event) => {
                    if let Some(event) = self.event(event) {
                        return Ok(Output::Event(event));
                    }
                }
            }
        }
    }

    fn add_media(&mut self, mid: Mid, kind: MediaKind, rids: &[Rid]) -> Result<(), EngineError> {
        let mid = map::mid(mid);
        if self.rtc.media(mid).is_some() {
            return Err(EngineError::MediaExists);
        }
        let mut direct = self.rtc.direct_api();
        let media = direct.declare_media(mid, map::kind(kind));
        for rid in rids {
            media.expect_rid_rx(map::rid(*rid));
        }
        Ok(())
    }

    fn remove_media(&mut self, mid: Mid) {
        self.known.retain(|(_, known, _)| *known != mid);
        self.unbegun.retain(|(of, _)| *of != map::mid(mid));
        self.rtc.direct_api().remove_media(map::mid(mid));
    }

    fn receive_stream(&mut self, mid: Mid, stream: ReceiveStream) -> Result<(), EngineError> {
        let mid = map::mid(mid);
        let retransmission = stream.retransmission.map(Ssrc::from);
        self.direct_with(mid)?.expect_stream_rx(stream.ssrc.into(), retransmission, mid, None);
        Ok(())
    }

    fn send_stream(&mut self, mid: Mid, stream: SendStream) -> Result<(), EngineError> {
        let mid = map::mid(mid);
        let is_known = self.direct_with(mid)?.stream_tx(&stream.ssrc.into()).is_some();
        if !is_known && !self.unbegun.iter().any(|(_, unbegun)| unbegun.ssrc == stream.ssrc) {
            self.unbegun.push((mid, stream));
        }
        Ok(())
    }

    fn stop_stream(&mut self, ssrc: u32) {
        self.unbegun.retain(|(_, unbegun)| unbegun.ssrc != ssrc);
        self.rtc.direct_api().remove_stream_tx(ssrc.into());
    }

    fn write_rtp(&mut self, now: Duration, packet: RtpToSend<Arc<[u8]>>) -> Result<(), EngineError> {
        if packet.payload.len() > PAYLOAD_BYTES_MAX {
            return Err(EngineError::TooMuch);
        }
        let is_known = |codec: &str0m::format::PayloadParams| *codec.pt() == packet.payload_type;
        if !self.rtc.codec_config().params().iter().any(is_known) {
            return Err(EngineError::Unknown("payload type"));
        }
        let begins = self.unbegun.iter().position(|(_, unbegun)| unbegun.ssrc == packet.ssrc);
        if begins.is_some() && packet.sequence >= FIRST_SEQUENCE_MAX {
            return Err(EngineError::Unsupported("a stream that begins with a wrapped sequence number"));
        }
        let patch = packet.vp8.map(|numbers| vp8_patch(&packet.payload, numbers)).transpose()?;
        if let Some((mid, stream)) = begins.map(|at| self.unbegun.swap_remove(at)) {
            self.declare(mid, stream);
        }
        // Behind now str0m would report nothing that makes sense.
        let wallclock = self.start + packet.captured.min(now);
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx(&packet.ssrc.into()).ok_or(EngineError::Unknown("stream"))?;
        let payload_type = packet.payload_type.into();
        let mut write =
            RtpWrite::new(payload_type, packet.sequence.into(), packet.timestamp, wallclock, packet.payload)
                .marker(packet.marker)
                .nackable(packet.retransmit == Retransmit::OnRequest)
                .ext_vals(map::extensions_to_send(packet.extensions));
        if let Some(patch) = patch {
            write = write.vp8_patch(patch);
        }
        stream.write_rtp(write);
        self.written_at = Some(now);
        Ok(())
    }

    fn request_keyframe(&mut self, mid: Mid, rid: Option<Rid>) {
        if let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(map::mid(mid), rid.map(map::rid)) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
    }

    fn set_desired_bitrate(&mut self, bits_per_second: u64) {
        self.rtc.bwe().set_bitrate(str0m::bwe::Bitrate::ZERO, bits_per_second.into());
    }

    fn add_remote_candidate(&mut self, candidate: &str) -> Result<(), EngineError> {
        let candidate = Candidate::from_sdp_string(candidate).map_err(|_| EngineError::BadCandidate)?;
        self.rtc.add_remote_candidate(candidate);
        Ok(())
    }

    fn restart_ice(&mut self, local: &IceCredentials, remote: &IceCredentials) {
        let mut direct = self.rtc.direct_api();
        direct.set_local_ice_credentials(map::credentials(local));
        direct.set_remote_ice_credentials(map::credentials(remote));
    }

    fn open_channel(&mut self, channel: &ChannelConfig) -> Result<ChannelId, EngineError> {
        if self.data == DataChannels::None {
            return Err(EngineError::Unknown("data channels"));
        }
        let (ordered, reliability) = match channel.delivery {
            Delivery::Reliable => (true, Reliability::Reliable),
            Delivery::Lossy => (false, Reliability::MaxRetransmits { retransmits: 0 }),
        };
        let config = RtcChannelConfig { label: channel.label.clone(), ordered, reliability, ..Default::default() };
        let id = self.rtc.direct_api().create_data_channel(config);
        Ok(self.channel_number(id))
    }

    fn send_data(&mut self, channel: ChannelId, data: Data<'_>) -> Result<(), EngineError> {
        let known = self.channels.iter().find(|(number, _)| *number == channel);
        let id = known.ok_or(EngineError::Unknown("channel"))?.1;
        let mut channel = self.rtc.channel(id).ok_or(EngineError::Unknown("channel"))?;
        let written = match data {
            Data::Text(text) => channel.write(false, text.as_bytes()),
            Data::Binary(bytes) => channel.write(true, bytes),
        };
        if written.map_err(|error| ended(&error))? { Ok(()) } else { Err(EngineError::TooMuch) }
    }

    fn close(&mut self) {
        // If even that fails, there is nobody to say goodbye to.
        if self.rtc.close().is_err() {
            self.rtc.disconnect();
        }
    }
}

fn tuple(protocol: Protocol, local: SocketAddr, remote: SocketAddr) -> FiveTuple {
    FiveTuple { transport: map::transport(protocol), local, remote }
}

fn vp8_patch(payload: &[u8], numbers: Vp8Numbers) -> Result<Vp8Patch, EngineError> {
    let descriptor = Vp8Descriptor::parse(payload).map_err(|_| EngineError::BadPayload)?;
    let mut patch = descriptor.patch().picture_id(numbers.picture_id);
    if let Some(index) = numbers.tl0_picture_index {
        patch = patch.tl0_pic_idx(index);
    }
    patch.build().map_err(|_| EngineError::BadPayload)
}
