//! One stream to one subscriber, made of whichever layer is chosen: sequence numbers, timestamps and frame numbers go on as if
//! one encoder had made it all.
//!
//! Invariants: a layer begins with the first packet of a keyframe, so that no picture is built on one that the subscriber has
//! not got; sequence numbers have no gap that the publisher's do not have; a timestamp never goes back between frames; the
//! first sequence number is below 65,536. Until the new layer begins, the old one goes on.

use std::time::Duration;

use crate::engine::{CodecFormat, ReceivedRtp};
use crate::headers::{Head, PictureHead};
use crate::publication::{LAYERS_MAX, Layering};
use crate::spatial::{Passed, REMEMBERED_PACKETS, Spatial};

/// A step ahead in sequence numbers that is believed to be loss. Beyond it the publisher has begun anew, and the gap must not
/// be passed on: receivers guess wraps by nearness.
const SEQUENCE_STEP_MAX: u64 = 3_000;
/// How many packets late a packet may be. What is later nobody waits for.
const LATE_PACKETS_MAX: u64 = REMEMBERED_PACKETS - 1;
/// Bits of the first sequence number that are the publisher's. The lower half leaves a long way to the first wrap, which SRTP
/// wants.
const FIRST_SEQUENCE_MASK: u64 = 0x7FFF;
/// Between the times at which two frames arrive and their timestamps there may be this much difference, and it is still the
/// same clock. The network is seldom that uneven, and two clocks that agree by chance are one in thousands.
const SAME_CLOCK: Duration = Duration::from_millis(500);
/// The least by which the timestamp of a layer's first frame is later than that of the last frame before: parts of a second.
const TIMESTAMP_STEPS_PER_SECOND: u32 = 1_000;

/// What becomes of a packet of a stream of which nothing is left out.
const WHOLE: Passed = Passed { left_out: 0, ends_picture: false };

/// What a packet becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rewritten {
    /// For [`crate::engine::RtpToSend::sequence`].
    pub(crate) sequence: u64,
    /// For [`crate::engine::RtpToSend::timestamp`].
    pub(crate) timestamp: u32,
    /// For [`crate::engine::RtpToSend::marker`].
    pub(crate) marker: bool,
    /// The numbers that the descriptor of VP8 or VP9 must have; nothing if it has the right ones.
    pub(crate) picture: Option<PictureHead>,
    /// The frame number that the dependency descriptor must have; nothing if it has the right one.
    pub(crate) frame_number: Option<u16>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Forwarder {
    clock_rate_hz: u32,
    /// Whether a layer can only begin with a keyframe.
    has_keyframes: bool,
    target: Option<usize>,
    current: Option<Current>,
    newest: Option<Newest>,
    /// What was added to the timestamps of each stream that has been forwarded, so that it is again when it comes back.
    clocks: [Option<(u32, u32)>; LAYERS_MAX],
    /// Which layers go out, if they come in one stream.
    spatial: Option<Box<Spatial>>,
}

/// What is being forwarded, and what is added to its numbers.
#[derive(Clone, Copy, Debug)]
struct Current {
    layer: usize,
    ssrc: u32,
    first: u64,
    newest: u64,
    sequence: u64,
    timestamp: u32,
    picture_id: u16,
    tl0_picture_index: u8,
    frame_number: u16,
}

/// The newest that went out.
#[derive(Clone, Copy, Debug)]
struct Newest {
    sequence: u64,
    timestamp: u32,
    /// When the first packet with this timestamp arrived.
    arrived: Duration,
    /// When it was captured, if that is known.
    captured: Option<Duration>,
    picture: Option<PictureHead>,
    frame_number: Option<u16>,
}

impl Forwarder {
    /// Forwards nothing yet.
    pub(crate) fn new(format: CodecFormat, layering: Layering) -> Self {
        Self {
            clock_rate_hz: format.clock_rate_hz(),
            has_keyframes: format.kind() == crate::engine::MediaKind::Video,
            target: None,
            current: None,
            newest: None,
            clocks: [None; LAYERS_MAX],
            spatial: (layering == Layering::Spatial).then(Box::default),
        }
    }

    /// Says which layer is to be forwarded from its next keyframe on, or that nothing is to be from now on.
    pub(crate) fn set_target(&mut self, target: Option<usize>) {
        self.target = target;
        if let Some((spatial, layer)) = self.spatial.as_mut().zip(target) {
            spatial.set_target(u8::try_from(layer).unwrap_or(u8::MAX));
            self.target = Some(0);
        }
        if target.is_none() {
            self.current = None;
        }
    }

    /// Forwards nothing until the target begins anew: what comes next does not build on what has gone out.
    pub(crate) fn interrupt(&mut self) {
        self.current = None;
    }

    /// A layer is another stream from now on.
    pub(crate) fn source_changed(&mut self, layer: usize) {
        self.current = self.current.filter(|current| current.layer != layer);
    }

    /// The layer that goes out; the lowest stands for the stream, if all of them come in one.
    pub(crate) fn current_layer(&self) -> Option<usize> {
        self.current.map(|current| current.layer)
    }

    /// The layer without whose keyframe it cannot go on as it should.
    pub(crate) fn awaited_layer(&self) -> Option<usize> {
        let is_rising = self.spatial.as_ref().is_some_and(|spatial| spatial.is_rising());
        self.target.filter(|target| self.has_keyframes && (is_rising || self.current_layer() != Some(*target)))
    }

    /// What a packet of a layer becomes, if it is for this subscriber. `can_begin` says that nothing that has arrived
    /// after it is lost: a keyframe whose second packet has been passed over would never be complete. `captured` is when the
    /// packet was, if its publisher has told.
    pub(crate) fn forward<P>(
        &mut self,
        packet: &ReceivedRtp<P>,
        layer: usize,
        head: &Head,
        can_begin: bool,
        captured: Option<Duration>,
    ) -> Option<Rewritten> {
        let target = self.target?;
        let is_current = |current: &Current| current.layer == layer && current.ssrc == packet.ssrc;
        if let Some(current) = self.current.filter(is_current) {
            if packet.sequence <= current.newest.saturating_add(SEQUENCE_STEP_MAX) {
                let is_late = packet.sequence < current.first.max(current.newest.saturating_sub(LATE_PACKETS_MAX));
                return if is_late { None } else { self.go_on(current, packet, head, captured) };
            }
            self.current = None;
        }
        let begins = layer == target && can_begin && (head.starts_keyframe || !self.has_keyframes);
        if !begins {
            return None;
        }
        let current = self.begin(packet, layer, head, captured);
        if let Some(spatial) = &mut self.spatial {
            spatial.begin(packet.sequence, packet.timestamp);
        }
        Some(self.rewrite(current, packet, head, captured, WHOLE))
    }

    /// A packet of the stream that is being forwarded.
    fn go_on<P>(
        &mut self,
        mut current: Current,
        packet: &ReceivedRtp<P>,
        head: &Head,
        captured: Option<Duration>,
    ) -> Option<Rewritten> {
        let passed = match &mut self.spatial {
            Some(spatial) => spatial.take(packet.sequence, packet.timestamp, head),
            None => Some(WHOLE),
        };
        let Some(passed) = passed else {
            current.newest = current.newest.max(packet.sequence);
            self.current = Some(current);
            return None;
        };
        Some(self.rewrite(current, packet, head, captured, passed))
    }

    /// What must be added to the numbers of a stream that begins with this packet, so that they follow those before.
    fn begin<P>(&mut self, packet: &ReceivedRtp<P>, layer: usize, head: &Head, captured: Option<Duration>) -> Current {
        let mut current = Current {
            layer,
            ssrc: packet.ssrc,
            first: packet.sequence,
            newest: packet.sequence,
            sequence: (packet.sequence & FIRST_SEQUENCE_MASK).wrapping_sub(packet.sequence),
            timestamp: 0,
            picture_id: 0,
            tl0_picture_index: 0,
            frame_number: 0,
        };
        if let Some(newest) = &self.newest {
            current.sequence = newest.sequence.wrapping_add(1).wrapping_sub(packet.sequence);
            current.timestamp = self.timestamp_offset(newest, packet, layer, captured);
            if let (Some(last), Some(next)) = (newest.picture, head.picture) {
                current.picture_id = last.picture_id.wrapping_add(1).wrapping_sub(next.picture_id);
                let (last, next) = (last.tl0_picture_index.unwrap_or(0), next.tl0_picture_index.unwrap_or(0));
                current.tl0_picture_index = last.wrapping_add(1).wrapping_sub(next);
            }
            if let (Some(last), Some(next)) = (newest.frame_number, head.frame_number) {
                current.frame_number = last.wrapping_add(1).wrapping_sub(next);
            }
        }
        if let Some(clock) = self.clocks.get_mut(layer) {
            *clock = Some((packet.ssrc, current.timestamp));
        }
        current
    }

    /// What is added to timestamps from this packet on. Layers of one simulcast may count from different beginnings. If the
    /// stream has been here before, or counts like the one before it, the difference is known exactly; otherwise it is what
    /// the clock says: exactly, if the publisher has told when both were captured, or else with an error by how unevenly packets
    /// arrive.
    fn timestamp_offset<P>(
        &self,
        newest: &Newest,
        packet: &ReceivedRtp<P>,
        layer: usize,
        captured: Option<Duration>,
    ) -> u32 {
        let (from, upto) = newest.captured.zip(captured).unwrap_or((newest.arrived, packet.received));
        let elapsed = ticks(upto.saturating_sub(from), self.clock_rate_hz);
        let expected = newest.timestamp.wrapping_add(elapsed);
        let of_stream = self.clocks.get(layer).copied().flatten().filter(|(ssrc, _)| *ssrc == packet.ssrc);
        let of_others = self.clocks.iter().flatten();
        let tolerance = ticks(SAME_CLOCK, self.clock_rate_hz);
        let known = of_stream.iter().chain(of_others).map(|(_, offset)| packet.timestamp.wrapping_add(*offset));
        let timestamp = known
            .filter(|known| distance(*known, expected).unsigned_abs() <= tolerance)
            .min_by_key(|known| distance(*known, expected).unsigned_abs())
            .unwrap_or(expected);
        let least = newest.timestamp.wrapping_add(self.clock_rate_hz / TIMESTAMP_STEPS_PER_SECOND);
        let timestamp = if distance(timestamp, least) < 0 { least } else { timestamp };
        timestamp.wrapping_sub(packet.timestamp)
    }

    fn rewrite<P>(
        &mut self,
        mut current: Current,
        packet: &ReceivedRtp<P>,
        head: &Head,
        captured: Option<Duration>,
        passed: Passed,
    ) -> Rewritten {
        current.newest = current.newest.max(packet.sequence);
        self.current = Some(current);
        let sequence = packet.sequence.wrapping_add(current.sequence).wrapping_sub(passed.left_out);
        let timestamp = packet.timestamp.wrapping_add(current.timestamp);
        let picture = head.picture.map(|numbers| PictureHead {
            picture_id: numbers.picture_id.wrapping_add(current.picture_id) & numbers.mask,
            mask: numbers.mask,
            tl0_picture_index: numbers.tl0_picture_index.map(|index| index.wrapping_add(current.tl0_picture_index)),
        });
        let frame_number = head.frame_number.map(|number| number.wrapping_add(current.frame_number));
        if self.newest.is_none_or(|newest| newest.sequence < sequence) {
            let same_frame = self.newest.filter(|newest| newest.timestamp == timestamp);
            let (arrived, captured) = same_frame.map_or((packet.received, captured), |it| (it.arrived, it.captured));
            self.newest = Some(Newest { sequence, timestamp, arrived, captured, picture, frame_number });
        }
        Rewritten {
            sequence,
            timestamp,
            marker: packet.marker || passed.ends_picture,
            picture: picture.filter(|_| picture != head.picture),
            frame_number: frame_number.filter(|_| frame_number != head.frame_number),
        }
    }
}

/// A time in ticks of a codec's clock, wrapping as timestamps do.
fn ticks(time: Duration, clock_rate_hz: u32) -> u32 {
    let ticks = time.as_micros().saturating_mul(clock_rate_hz.into()) / 1_000_000;
    u32::try_from(ticks & u128::from(u32::MAX)).expect("it has been cut to 32 bits")
}

/// By how much one timestamp is later than another.
fn distance(one: u32, other: u32) -> i32 {
    one.wrapping_sub(other).cast_signed()
}

#[cfg(test)]
mod tests;
