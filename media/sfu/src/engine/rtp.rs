//! RTP packets without their encryption, on their way from a publisher to subscribers.

use std::sync::Arc;
use std::time::Duration;

use super::{Mid, Rid};

/// What has come from a publisher. Retransmissions have become the packets that they repair, each is told once, and padding
/// is not told.
#[derive(Clone, Debug)]
pub struct ReceivedRtp<P> {
    /// When it arrived.
    pub received: Duration,
    /// The m-line it belongs to.
    pub mid: Mid,
    /// The layer, if it is one of a simulcast. Known for every packet, although clients stop naming it after a while.
    pub rid: Option<Rid>,
    /// The SSRC of the stream, never that of its retransmissions.
    pub ssrc: u32,
    /// The codec.
    pub payload_type: u8,
    /// The sequence number; the bits above the lowest 16 count how often it has wrapped around.
    pub sequence: u64,
    /// When it was captured, in ticks of the codec's clock.
    pub timestamp: u32,
    /// Whether a frame ends (video) or somebody begins to speak (audio).
    pub marker: bool,
    /// What was said beside the payload.
    pub extensions: Extensions,
    /// The payload, which may be end-to-end encrypted.
    pub payload: P,
}

/// What a publisher's sender report says of time (RFC 3550, section 6.4.1). Nothing of it need be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderReport {
    /// The m-line it is about.
    pub mid: Mid,
    /// The layer, if it is one of a simulcast.
    pub rid: Option<Rid>,
    /// The stream.
    pub ssrc: u32,
    /// When it arrived.
    pub received: Duration,
    /// A time of the publisher's own clock, since 1970.
    pub wall: Duration,
    /// The timestamp that something has which is captured at that time.
    pub timestamp: u32,
}

/// What goes to a subscriber.
#[derive(Clone, Debug)]
pub struct RtpToSend<P> {
    /// The stream it belongs to, declared before.
    pub ssrc: u32,
    /// The codec, as numbered toward this client.
    pub payload_type: u8,
    /// The sequence number, with its wraps. The first of a stream is below 65,536.
    pub sequence: u64,
    /// When it was captured, in ticks of the codec's clock.
    pub timestamp: u32,
    /// The same by our monotonic clock, from which the engine makes its sender reports. What is later than now counts as now.
    pub captured: Duration,
    /// Whether a frame ends (video) or somebody begins to speak (audio).
    pub marker: bool,
    /// What is passed on beside the payload. What belongs to one transport alone is added by the engine.
    pub extensions: Extensions,
    /// Numbers that the VP8 descriptor shall carry instead of those in the payload, which is shared and stays as it is.
    pub vp8: Option<Vp8Numbers>,
    /// Whether it is worth sending again.
    pub retransmit: Retransmit,
    /// The payload.
    pub payload: P,
}

/// Whether a lost packet is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retransmit {
    /// When the subscriber asks.
    OnRequest,
    /// Never.
    Never,
}

/// What a VP8 descriptor counts, and what must go on without a gap when a layer is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vp8Numbers {
    /// The number of the frame, 15 bits (7 if the descriptor has only 7).
    pub picture_id: u16,
    /// The number of the base-layer frame, if the descriptor has one.
    pub tl0_picture_index: Option<u8>,
}

/// What is passed on beside the payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// How loud the packet is.
    pub audio_level: Option<AudioLevel>,
    /// How the picture is turned.
    pub orientation: Option<Orientation>,
    /// Which frames depend on which, as the publisher wrote it.
    pub dependency_descriptor: Option<Arc<[u8]>>,
}

/// How loud a packet is (RFC 6464).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioLevel {
    /// Decibels below the loudest, 0 to 127.
    pub below_full_db: u8,
    /// Whether somebody speaks, in the client's opinion.
    pub voice: bool,
}

/// How far the picture has to be turned clockwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orientation {
    /// Not at all.
    Upright,
    /// A quarter.
    Quarter,
    /// Half.
    UpsideDown,
    /// Three quarters.
    ThreeQuarters,
}
