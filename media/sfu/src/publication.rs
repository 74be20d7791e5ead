//! A published track: what it is, which layers it has, and what arrives of each of them.

use std::time::Duration;

use crate::clock::{PublisherClock, StreamClock};
use crate::dynacast::Dynacast;
use crate::engine::{Codec, CodecFormat, MediaKind, Mid, ReceiveStream, ReceivedRtp, Rid, SenderReport};
use crate::headers::Head;
use crate::held::Held;
use crate::jitter::Jitter;
use crate::keyframes::KeyframeRequests;
use crate::participant::ParticipantId;
use crate::subscription::SubscriptionId;
use crate::templates::Templates;

/// Layers of one publication: browsers send no more.
pub const LAYERS_MAX: usize = 3;
/// How often the bitrate of a layer is measured anew.
const BITRATE_WINDOW: Duration = Duration::from_millis(500);
/// Windows before a measurement is believed; until then the publisher's word counts. A layer begins with a keyframe and a slow
/// start of its encoder, which say little of what comes.
const BITRATE_WINDOWS_MIN: u32 = 4;
/// What a packet takes beside its payload: IPv4, UDP, RTP with its extensions, the tag of SRTP.
const PACKET_OVERHEAD_BYTES: u64 = 20 + 8 + 12 + 20 + 16;
/// A packet this far behind the newest is not late. The client counts anew, or has sent one packet with a wrong number.
const SEQUENCE_BEHIND_MAX: u64 = 3_000;
/// So many packets in a row that are far behind are another stream, although its name is the same.
const PACKETS_BEHIND_MAX: u32 = 10;
/// After this time without a packet a layer may be called silent, if other layers of the same picture go on.
const LAYER_SILENT_AFTER: Duration = Duration::from_millis(500);
/// Frames that the other layers must have brought meanwhile: a picture that hardly moves has few of them.
const FRAMES_MISSED_MAX: u32 = 6;
/// After this time without a packet a layer is silent, whatever the others do.
const LAYER_GONE_AFTER: Duration = Duration::from_secs(3);

/// A published track of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicationId(pub u64);

/// How good a layer is, in the words that publishers and subscribers use of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    /// The smallest (RID `q`).
    Low,
    /// The middle (RID `h`).
    Medium,
    /// The largest (RID `f`), and that of a track with one layer.
    High,
}

/// Where a track comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// Somebody's voice.
    Microphone,
    /// Somebody's picture.
    Camera,
    /// What somebody shows.
    Screen,
    /// The sound of what somebody shows.
    ScreenAudio,
}

impl Source {
    /// Sound or picture.
    #[must_use]
    pub fn kind(self) -> MediaKind {
        match self {
            Self::Microphone | Self::ScreenAudio => MediaKind::Audio,
            Self::Camera | Self::Screen => MediaKind::Video,
        }
    }
}

/// One layer, as its publisher has announced it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerConfig {
    /// How good it is.
    pub quality: Quality,
    /// Its name in the simulcast; nothing if it is the only one.
    pub rid: Option<Rid>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// What it takes, which counts until it has been measured.
    pub bits_per_second: u64,
}

/// How the layers of a track come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layering {
    /// Each in a stream of its own (simulcast), or there is only one.
    #[default]
    Streams,
    /// All in one stream, each built on those below (SVC): the spatial layers of VP9 and AV1.
    Spatial,
}

/// A track, as its publisher has announced it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicationConfig {
    /// Where it comes from.
    pub source: Source,
    /// The m-line that it arrives on.
    pub mid: Mid,
    /// The codecs that it may come in, numbered as the publisher does; the first is the one that is expected.
    pub codecs: Vec<Codec>,
    /// Its layers, the lowest first. Sound has one. Spatial layers all have the name of their stream, if it has one, and what
    /// a layer takes includes those below it.
    pub layers: Vec<LayerConfig>,
    /// How they come.
    pub layering: Layering,
    /// Its SSRC, if the client does not name the m-line in its packets.
    pub stream: Option<ReceiveStream>,
    /// Whether it is muted from the beginning.
    pub muted: bool,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Publication<B> {
    pub(crate) publisher: ParticipantId,
    pub(crate) config: PublicationConfig,
    pub(crate) layers: Vec<Layer<B>>,
    pub(crate) subscriptions: Vec<SubscriptionId>,
    pub(crate) dynacast: Dynacast,
    /// Which frames are of which spatial layer, where only the dependency descriptor tells.
    templates: Templates,
}

/// What arrives of one layer.
#[derive(Debug)]
pub(crate) struct Layer<B> {
    pub(crate) config: LayerConfig,
    pub(crate) requests: KeyframeRequests,
    pub(crate) held: Held<B>,
    is_live: bool,
    ssrc: Option<u32>,
    sequence: u64,
    timestamp: u32,
    arrived: Duration,
    frames_missed: u32,
    packets_behind: u32,
    bitrate: Bitrate,
    jitter: Jitter,
    clock: StreamClock,
}

/// What a packet has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// It can be the first that a subscriber gets: everything that has arrived after it is held for him.
    pub(crate) can_begin: bool,
    /// The highest sequence number that had arrived before it.
    pub(crate) newest: Option<u64>,
    /// The layer is another stream than before.
    pub(crate) is_other_stream: bool,
    /// The layer was silent before.
    pub(crate) has_begun: bool,
}

/// Bits per second, quick to rise and slow to fall: it is better to believe that a layer takes too much.
#[derive(Debug, Default)]
struct Bitrate {
    since: Option<Duration>,
    bytes: u64,
    windows: u32,
    bits_per_second: u64,
}

impl<B: Clone + AsRef<[u8]>> Publication<B> {
    pub(crate) fn new(publisher: ParticipantId, config: PublicationConfig) -> Self {
        let layers: Vec<Layer<B>> = config.layers.iter().map(|layer| Layer::new(*layer)).collect();
        let best = layers.last().map_or(Quality::High, |layer| layer.config.quality);
        let (subscriptions, dynacast, templates) = (Vec::new(), Dynacast::new(best), Templates::default());
        Self { publisher, config, layers, subscriptions, dynacast, templates }
    }

    /// How frames are cut into packets of this payload type.
    pub(crate) fn format(&self, payload_type: u8) -> Option<CodecFormat> {
        self.config.codecs.iter().find(|codec| codec.payload_type == payload_type).map(|codec| codec.format)
    }

    /// The payload type of the sound that a redundant packet carries, nothing for other packets.
    pub(crate) fn carried(&self, format: CodecFormat) -> Option<u8> {
        let is_carried = |codec: &&Codec| format == CodecFormat::OpusRed && codec.format == CodecFormat::Opus;
        self.config.codecs.iter().find(is_carried).map(|codec| codec.payload_type)
    }

    /// Which layer a packet is of; the lowest stands for the stream, if all of them come in one.
    pub(crate) fn layer_of(&self, rid: Option<Rid>) -> Option<usize> {
        self.layers.iter().position(|layer| layer.config.rid == rid)
    }

    /// Finds out of which spatial layer a packet is that does not tell it by itself.
    pub(crate) fn place(&mut self, packet: &ReceivedRtp<B>, head: &mut Head) {
        if self.config.layering == Layering::Spatial
            && let Some(descriptor) = packet.extensions.dependency_descriptor.as_deref()
        {
            self.templates.learn(descriptor);
            head.spatial = head.spatial.or_else(|| self.templates.spatial(descriptor));
        }
    }

    /// Takes note of a packet.
    pub(crate) fn arrive(&mut self, layer: usize, packet: &ReceivedRtp<B>, head: &Head) -> Arrival {
        let bytes = u64::try_from(packet.payload.as_ref().len()).unwrap_or(u64::MAX);
        let bytes = bytes.saturating_add(PACKET_OVERHEAD_BYTES);
        if self.config.layering == Layering::Spatial {
            return self.arrive_spatial(packet, head, bytes);
        }
        let is_new_frame = self.layers[layer].is_new_frame(packet.timestamp);
        for (at, other) in self.layers.iter_mut().enumerate() {
            if at != layer && is_new_frame {
                other.frames_missed = other.frames_missed.saturating_add(1);
            }
        }
        let arrival = self.layers[layer].arrive(packet, head, clock_hz(self.config.source));
        self.layers[layer].bitrate.add(bytes, packet.received);
        arrival
    }

    /// All layers are there as soon as their stream is: what is known of it stands in the lowest. A layer that its encoder
    /// leaves out costs no more than those below it.
    fn arrive_spatial(&mut self, packet: &ReceivedRtp<B>, head: &Head, bytes: u64) -> Arrival {
        let arrival = self.layers[0].arrive(packet, head, clock_hz(self.config.source));
        let of = usize::from(head.spatial.unwrap_or(0));
        for (at, layer) in self.layers.iter_mut().enumerate() {
            layer.is_live = true;
            if arrival.has_begun {
                layer.bitrate = Bitrate::default();
            }
            layer.bitrate.add(if at >= of { bytes } else { 0 }, packet.received);
        }
        arrival
    }

    /// How unevenly its packets come, of the layer that fares worst; nothing if none come.
    pub(crate) fn jitter(&self) -> Option<Duration> {
        self.layers.iter().filter(|layer| layer.is_live).filter_map(|layer| layer.jitter.get()).max()
    }

    /// Sees which layers have fallen silent; whether any has.
    pub(crate) fn look_after(&mut self, now: Duration) -> bool {
        if self.config.layering == Layering::Spatial {
            let has_lost = self.layers[0].look_after(now);
            if has_lost {
                self.layers.iter_mut().for_each(|layer| layer.is_live = false);
            }
            return has_lost;
        }
        let mut has_lost = false;
        for layer in &mut self.layers {
            has_lost |= layer.look_after(now);
        }
        has_lost
    }
}

impl<B: Clone + AsRef<[u8]>> Layer<B> {
    fn new(config: LayerConfig) -> Self {
        Self {
            config,
            requests: KeyframeRequests::default(),
            held: Held::new(),
            is_live: false,
            ssrc: None,
            sequence: 0,
            timestamp: 0,
            arrived: Duration::ZERO,
            frames_missed: 0,
            packets_behind: 0,
            bitrate: Bitrate::default(),
            jitter: Jitter::default(),
            clock: StreamClock::default(),
        }
    }

    /// Takes what the publisher says of time, if it is about the stream that comes.
    pub(crate) fn report(&mut self, report: &SenderReport) {
        if self.ssrc == Some(report.ssrc) {
            self.clock.take(report);
        }
    }

    /// When a packet was captured, if the publisher has told that.
    pub(crate) fn captured(&self, publisher: PublisherClock, packet: &ReceivedRtp<B>, hz: u32) -> Option<Duration> {
        self.clock.captured(publisher, packet.timestamp, packet.received, hz)
    }

    /// Whether packets come.
    pub(crate) fn is_live(&self) -> bool {
        self.is_live
    }

    /// What it takes: as measured, or as announced.
    pub(crate) fn bits_per_second(&self) -> u64 {
        if self.bitrate.windows < BITRATE_WINDOWS_MIN {
            self.config.bits_per_second.max(self.bitrate.bits_per_second)
        } else {
            self.bitrate.bits_per_second
        }
    }

    fn is_new_frame(&self, timestamp: u32) -> bool {
        self.ssrc.is_none() || timestamp.wrapping_sub(self.timestamp).cast_signed() > 0
    }

    /// Whether nothing of this packet's stream can be put behind what has come before.
    fn is_other_stream(&mut self, packet: &ReceivedRtp<B>) -> bool {
        let Some(ssrc) = self.ssrc else { return false };
        let is_behind = packet.sequence.saturating_add(SEQUENCE_BEHIND_MAX) < self.sequence;
        self.packets_behind = if is_behind { self.packets_behind + 1 } else { 0 };
        let is_other = ssrc != packet.ssrc || self.packets_behind >= PACKETS_BEHIND_MAX;
        if is_other {
            self.packets_behind = 0;
        }
        is_other
    }

    fn arrive(&mut self, packet: &ReceivedRtp<B>, head: &Head, clock_hz: u32) -> Arrival {
        let is_other_stream = self.is_other_stream(packet);
        if is_other_stream {
            self.held.release();
            self.jitter.forget();
            self.clock = StreamClock::default();
        }
        self.jitter.arrive(packet.received, packet.timestamp, clock_hz);
        let newest = self.ssrc.filter(|_| !is_other_stream).map(|_| self.sequence);
        let is_newest = newest.is_none_or(|newest| packet.sequence > newest);
        let can_begin = is_newest || self.held.has_all_after(packet.sequence);
        let has_begun = !self.is_live;
        if has_begun {
            self.bitrate = Bitrate::default();
        }
        if is_newest {
            (self.ssrc, self.sequence, self.timestamp) = (Some(packet.ssrc), packet.sequence, packet.timestamp);
        }
        // Those who have what came before get it in its place, whatever has overtaken it.
        if head.starts_keyframe && (can_begin || !self.held.is_holding()) {
            self.requests.settle();
        }
        (self.is_live, self.arrived, self.frames_missed) = (true, packet.received, 0);
        Arrival { can_begin, newest, is_other_stream, has_begun }
    }

    fn look_after(&mut self, now: Duration) -> bool {
        let silent = now.saturating_sub(self.arrived);
        let is_left_behind = silent >= LAYER_SILENT_AFTER && self.frames_missed >= FRAMES_MISSED_MAX;
        let is_lost = self.is_live && (is_left_behind || silent >= LAYER_GONE_AFTER);
        if is_lost {
            self.is_live = false;
        }
        is_lost
    }
}

/// Ticks in a second of the timestamps: of Opus (RFC 7587, section 4.1), and of every codec of pictures.
fn clock_hz(source: Source) -> u32 {
    match source.kind() {
        MediaKind::Audio => 48_000,
        MediaKind::Video => 90_000,
    }
}

impl Bitrate {
    fn add(&mut self, bytes: u64, now: Duration) {
        let since = *self.since.get_or_insert(now);
        let elapsed = now.saturating_sub(since);
        if elapsed >= BITRATE_WINDOW {
            let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
            let measured = self.bytes.saturating_mul(8_000) / elapsed_ms.max(1);
            let before = self.bits_per_second;
            self.bits_per_second = if measured >= before { measured } else { before - (before - measured) / 4 };
            self.windows = self.windows.saturating_add(1);
            (self.since, self.bytes) = (Some(now), 0);
        }
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

#[cfg(test)]
mod tests;
