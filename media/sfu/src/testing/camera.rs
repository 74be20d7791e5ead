//! A camera with a simulcast encoder, and somebody who looks at what arrives of it. Pictures are empty, but it is known which
//! builds on which: each packet says of which layer and which picture it is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{VP8, VP8_RTX};
use crate::engine::{Codec, CodecFormat, Extensions, Mid, ReceivedRtp, Rid, RtpToSend};
use crate::publication::{LayerConfig, Layering, PublicationConfig, Quality, Source};

/// Names, sizes and bitrates of a browser's layers.
const LAYERS: [(&str, Quality, u32, u32, u64); 3] = [
    ("q", Quality::Low, 320, 180, 150_000),
    ("h", Quality::Medium, 640, 360, 500_000),
    ("f", Quality::High, 1_280, 720, 1_700_000),
];
/// Between two pictures.
pub const FRAME_INTERVAL: Duration = Duration::from_millis(33);
/// The largest payload.
const PACKET_BYTES: usize = 1_100;
/// A keyframe is so many times as large as another picture.
const KEYFRAME_FACTOR: usize = 5;
/// The descriptor: flags, presence, a long picture id, the base layer's index, the temporal layer.
const DESCRIPTOR_BYTES: usize = 6;
/// Behind it: the frame's header, the layer, the picture.
const CLEAR_BYTES: usize = DESCRIPTOR_BYTES + 4;
/// After so long without a picture somebody asks for a keyframe, and again.
const PATIENCE: Duration = Duration::from_millis(300);
/// Pictures are numbered with 15 bits.
const PICTURE_MASK: u16 = 0x7FFF;

/// What a browser announces of its camera.
#[must_use]
pub fn camera_config(mid: Mid) -> PublicationConfig {
    let layer = |(rid, quality, width, height, bits_per_second): &(&str, Quality, u32, u32, u64)| LayerConfig {
        quality: *quality,
        rid: Rid::new(rid),
        width: *width,
        height: *height,
        bits_per_second: *bits_per_second,
    };
    PublicationConfig {
        source: Source::Camera,
        mid,
        codecs: vec![Codec { payload_type: VP8, retransmission: Some(VP8_RTX), format: CodecFormat::Vp8 }],
        layers: LAYERS.iter().map(layer).collect(),
        layering: Layering::Streams,
        stream: None,
        muted: false,
    }
}

/// A camera with its encoders.
#[derive(Debug)]
pub struct Camera {
    mid: Mid,
    encoders: Vec<Encoder>,
}

#[derive(Debug)]
struct Encoder {
    rid: Rid,
    ssrc: u32,
    is_on: bool,
    sequence: u64,
    /// What was added to the clock for this layer.
    clock_start: u32,
    picture: u16,
    tl0_picture_index: u8,
    picture_bytes: usize,
    keyframe_due: Option<Duration>,
}

impl Camera {
    /// A camera whose numbers begin somewhere that depends on `number`, near their wraps for some.
    #[must_use]
    pub fn new(mid: Mid, number: u32) -> Self {
        let encoder = |(at, (rid, _, _, _, bits_per_second)): (usize, &(&str, Quality, u32, u32, u64))| {
            let at = u32::try_from(at).expect("there are three");
            let [_, _, high, low] = number.wrapping_mul(40_503).wrapping_add(at * 21_000).to_be_bytes();
            let start = u16::from_be_bytes([high, low]);
            let bits = usize::try_from(*bits_per_second).expect("a small number") / 30;
            Encoder {
                rid: Rid::new(rid).expect("a short name"),
                ssrc: 1_000 * (number + 1) + at,
                is_on: true,
                sequence: u64::from(start) + 65_000,
                clock_start: u32::from(start).wrapping_mul(65_537),
                picture: start & PICTURE_MASK,
                tl0_picture_index: low,
                picture_bytes: bits / 8,
                keyframe_due: Some(Duration::ZERO),
            }
        };
        Self { mid, encoders: LAYERS.iter().enumerate().map(encoder).collect() }
    }

    /// Switches a layer on or off. One that is switched on begins with a keyframe.
    pub fn switch(&mut self, layer: usize, is_on: bool) {
        let encoder = &mut self.encoders[layer];
        if is_on && !encoder.is_on {
            encoder.keyframe_due = Some(Duration::ZERO);
        }
        encoder.is_on = is_on;
    }

    /// Asks for a keyframe; the first picture from this time on is one.
    pub fn ask_keyframe(&mut self, rid: Option<Rid>, at: Duration) {
        for encoder in self.encoders.iter_mut().filter(|encoder| Some(encoder.rid) == rid) {
            encoder.keyframe_due.get_or_insert(at);
        }
    }

    /// The packets of a picture.
    pub fn capture(&mut self, now: Duration) -> Vec<ReceivedRtp<Arc<[u8]>>> {
        let mid = self.mid;
        let on = self.encoders.iter_mut().enumerate().filter(|(_, encoder)| encoder.is_on);
        on.flat_map(|(layer, encoder)| encoder.encode(mid, layer, now)).collect()
    }
}

impl Encoder {
    fn encode(&mut self, mid: Mid, layer: usize, now: Duration) -> Vec<ReceivedRtp<Arc<[u8]>>> {
        let is_keyframe = self.keyframe_due.is_some_and(|due| due <= now);
        if is_keyframe {
            self.keyframe_due = None;
        }
        let bytes = if is_keyframe { self.picture_bytes * KEYFRAME_FACTOR } else { self.picture_bytes };
        let packets = bytes.div_ceil(PACKET_BYTES).max(1);
        self.picture = (self.picture + 1) & PICTURE_MASK;
        self.tl0_picture_index = self.tl0_picture_index.wrapping_add(1);
        let ticks = u32::try_from((now.as_millis() * 90) & u128::from(u32::MAX)).expect("cut to 32 bits");
        let timestamp = ticks.wrapping_add(self.clock_start);
        let packet = |number: usize| {
            self.sequence += 1;
            let [high, low] = self.picture.to_be_bytes();
            let begins = if number == 0 { 0x10 } else { 0 };
            let layer = u8::try_from(layer).expect("there are three");
            let descriptor = [0x80 | begins, 0xE0, 0x80 | high, low, self.tl0_picture_index, 0];
            let mut payload = descriptor.to_vec();
            payload.extend([u8::from(!is_keyframe), layer, high, low]);
            payload.resize(CLEAR_BYTES.max(bytes / packets), 0xA5);
            ReceivedRtp {
                received: now,
                mid,
                rid: Some(self.rid),
                ssrc: self.ssrc,
                payload_type: VP8,
                sequence: self.sequence,
                timestamp,
                marker: number + 1 == packets,
                extensions: Extensions::default(),
                payload: payload.into(),
            }
        };
        (0..packets).map(packet).collect()
    }
}

/// A packet as it was received.
#[derive(Clone, Debug)]
struct Piece {
    timestamp: u32,
    marker: bool,
    begins: bool,
    is_keyframe: bool,
    layer: u8,
    /// The picture's number on the way, and at its encoder.
    picture: u16,
    encoded: u16,
    tl0_picture_index: u8,
}

/// Somebody who looks at one stream.
#[derive(Debug, Default)]
pub struct Viewer {
    /// Pictures that were shown.
    pub pictures: u32,
    /// The longest time without a new one.
    pub longest_freeze: Duration,
    /// Packets that were given up because a later keyframe was there.
    pub skipped: u64,
    /// What should never happen.
    pub faults: Vec<String>,
    /// When another layer came, and which.
    pub layers: Vec<(Duration, u8)>,
    pieces: BTreeMap<u64, Piece>,
    next: Option<u64>,
    shown: Option<(Duration, Piece)>,
    asked: Option<Duration>,
    is_excused: bool,
}

impl Viewer {
    /// The layer that is shown.
    #[must_use]
    pub fn layer(&self) -> Option<u8> {
        self.shown.as_ref().map(|(_, piece)| piece.layer)
    }

    /// Until the next picture nobody wonders where it is.
    pub fn excuse(&mut self) {
        self.is_excused = true;
    }

    /// When the last picture was shown.
    #[must_use]
    pub fn shown_at(&self) -> Option<Duration> {
        self.shown.as_ref().map(|(shown, _)| *shown)
    }

    /// Takes a packet.
    pub fn receive(&mut self, now: Duration, packet: &RtpToSend<Arc<[u8]>>) {
        let payload = packet.payload.as_ref();
        let [first, _, high, low, tl0, _, header, layer, encoded @ ..] = payload else {
            return self.faults.push("a packet is cut short".to_owned());
        };
        let encoded = encoded.first_chunk().map_or(0, |bytes| u16::from_be_bytes(*bytes));
        let picture = packet.vp8.map_or(u16::from_be_bytes([*high, *low]) & PICTURE_MASK, |vp8| vp8.picture_id);
        let piece = Piece {
            timestamp: packet.timestamp,
            marker: packet.marker,
            begins: first & 0x10 != 0,
            is_keyframe: header & 1 == 0,
            layer: *layer,
            picture,
            encoded,
            tl0_picture_index: packet.vp8.and_then(|vp8| vp8.tl0_picture_index).unwrap_or(*tl0),
        };
        if self.next.is_some_and(|next| packet.sequence < next) {
            return;
        }
        if self.pieces.insert(packet.sequence, piece).is_some() {
            self.faults.push(format!("{} was sent twice", packet.sequence));
        }
        while self.show_next(now) || self.skip_to_keyframe(now) {}
    }

    /// Whether a keyframe has to be asked for.
    pub fn look(&mut self, now: Duration) -> bool {
        let Some(shown) = self.shown_at().filter(|_| !self.is_excused) else { return false };
        self.longest_freeze = self.longest_freeze.max(now.saturating_sub(shown));
        let is_late = |since: Duration| now.saturating_sub(since) >= PATIENCE;
        let asks = is_late(shown) && self.asked.is_none_or(is_late);
        if asks {
            self.asked = Some(now);
        }
        asks
    }

    /// The number behind the last packet of the picture that begins here, if it is complete.
    fn end_of(&self, first: u64) -> Option<u64> {
        let mut at = first;
        while !self.pieces.get(&at)?.marker {
            at += 1;
        }
        Some(at + 1)
    }

    /// Where another picture begins before this one has ended.
    fn cut_between(&self, first: u64, end: u64) -> Option<u64> {
        self.pieces.range(first + 1..end).find(|(_, piece)| piece.begins).map(|(at, _)| *at)
    }

    fn show_next(&mut self, now: Duration) -> bool {
        let Some((first, end)) = self.next.and_then(|next| Some((next, self.end_of(next)?))) else { return false };
        // A picture that was cut off by a switch is followed by the keyframe of the other layer.
        if let Some(cut) = self.cut_between(first, end) {
            self.next = Some(cut);
            self.pieces.retain(|at, _| *at >= cut);
            return true;
        }
        self.show(now, first, end);
        true
    }

    fn skip_to_keyframe(&mut self, now: Duration) -> bool {
        let is_start = |piece: &Piece| piece.begins && piece.is_keyframe;
        let complete = |(at, piece): (&u64, &Piece)| {
            let end = if is_start(piece) { self.end_of(*at) } else { None };
            end.filter(|end| self.cut_between(*at, *end).is_none()).map(|end| (*at, end))
        };
        let Some((first, end)) = self.pieces.iter().find_map(complete) else { return false };
        self.skipped += self.next.map_or(0, |next| first - next);
        self.show(now, first, end);
        true
    }

    fn show(&mut self, now: Duration, first: u64, end: u64) {
        let Some(piece) = self.pieces.get(&first).cloned() else { return };
        if let Some((at, before)) = self.shown.clone() {
            let follows = before.layer == piece.layer && (before.encoded + 1) & PICTURE_MASK == piece.encoded;
            if !piece.is_keyframe && !follows {
                self.faults.push(format!("{first}: {piece:?} is built on {before:?}"));
            }
            let steps = piece.picture.wrapping_sub(before.picture) & PICTURE_MASK;
            let is_next = self.next == Some(first);
            if steps == 0 || steps > 300 || (is_next && steps > 2) {
                self.faults
                    .push(format!("{first}: the picture's number goes from {} to {}", before.picture, piece.picture));
            }
            let index = piece.tl0_picture_index.wrapping_sub(before.tl0_picture_index);
            if is_next && !(1..=2).contains(&index) {
                self.faults.push(format!("{first}: the base layer's index makes {index} steps"));
            }
            self.check_time(now, first, at, before.timestamp, piece.timestamp);
            let freeze = if self.is_excused { Duration::ZERO } else { now.saturating_sub(at) };
            self.longest_freeze = self.longest_freeze.max(freeze);
        } else if !piece.is_keyframe {
            self.faults.push(format!("{first}: the first picture is no keyframe"));
        }
        if self.layer() != Some(piece.layer) {
            self.layers.push((now, piece.layer));
        }
        self.is_excused = false;
        self.pictures += 1;
        self.shown = Some((now, piece));
        self.next = Some(end);
        self.pieces.retain(|at, _| *at >= end);
    }

    /// The timestamp goes forward, and about as fast as time does.
    fn check_time(&mut self, now: Duration, first: u64, at: Duration, before: u32, timestamp: u32) {
        let ticks = i64::from(timestamp.wrapping_sub(before).cast_signed());
        let elapsed = i64::try_from(now.saturating_sub(at).as_millis()).unwrap_or(i64::MAX).saturating_mul(90);
        let is_near = (ticks - elapsed).abs() <= 90 * 1_000;
        if ticks <= 0 || !is_near {
            self.faults.push(format!("{first}: the timestamp makes {ticks} ticks in a time of {elapsed}"));
        }
    }
}
