//! What the clear first bytes of a packet tell: whether a keyframe begins, and the numbers of frames that must go on without a
//! gap. Nothing behind those bytes is read, because it may be end-to-end encrypted.
//!
//! Clients that encrypt leave the headers of frames as they are (ten bytes of a VP8 keyframe, three of another, the headers
//! and parameter sets of H.264 and H.265); the descriptors of RTP are written after the encryption.

use crate::engine::{CodecFormat, Extensions};

pub(crate) mod red;
pub(crate) mod vp9;

/// What a packet tells about its frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// Whether the first packet of a keyframe is before us.
    pub(crate) starts_keyframe: bool,
    /// The numbers of a descriptor of VP8 or VP9, if it has a picture id.
    pub(crate) picture: Option<PictureHead>,
    /// The frame number of a dependency descriptor.
    pub(crate) frame_number: Option<u16>,
    /// The spatial layer, the lowest is 0; nothing if the packet does not tell.
    pub(crate) spatial: Option<u8>,
    /// Whether the frame of this spatial layer ends.
    pub(crate) ends_layer: bool,
}

/// The numbers of a descriptor of VP8 or VP9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PictureHead {
    /// The number of the frame.
    pub(crate) picture_id: u16,
    /// The bits that the number has: 7 or 15 of them are ones.
    pub(crate) mask: u16,
    /// The number of the frame of the base layer.
    pub(crate) tl0_picture_index: Option<u8>,
}

/// Where the frame number stands in a dependency descriptor.
const FRAME_NUMBER_AT: usize = 1;

/// Reads what is clear. What is cut short or nonsense tells nothing.
pub(crate) fn read(format: CodecFormat, payload: &[u8], extensions: &Extensions) -> Head {
    let descriptor = extensions.dependency_descriptor.as_deref();
    let frame_number = descriptor.and_then(|bytes| bytes.get(FRAME_NUMBER_AT..)).and_then(|rest| rest.first_chunk());
    let frame_number = frame_number.map(|number| u16::from_be_bytes(*number));
    let keyframe = |starts_keyframe| Head { starts_keyframe, ..Head::default() };
    let head = match format {
        CodecFormat::Opus | CodecFormat::OpusRed => Head::default(),
        CodecFormat::Vp8 => {
            let (starts_keyframe, picture) = read_vp8(payload).unwrap_or_default();
            Head { picture, ..keyframe(starts_keyframe) }
        }
        CodecFormat::Vp9 => vp9::read(payload).unwrap_or_default(),
        CodecFormat::H264 => keyframe(h264_starts_keyframe(payload)),
        CodecFormat::H265 => keyframe(h265_starts_keyframe(payload)),
        CodecFormat::Av1 => {
            let ends_layer = descriptor.and_then(<[u8]>::first).is_some_and(|first| first & 0x40 != 0);
            Head { ends_layer, ..keyframe(av1_starts_keyframe(payload, descriptor)) }
        }
    };
    Head { frame_number, ..head }
}

/// The same descriptor with another frame number.
pub(crate) fn renumbered(descriptor: &[u8], frame_number: u16) -> Vec<u8> {
    let mut bytes = descriptor.to_vec();
    if let Some(place) = bytes.get_mut(FRAME_NUMBER_AT..).and_then(|rest| rest.first_chunk_mut()) {
        *place = frame_number.to_be_bytes();
    }
    bytes
}

/// RFC 7741 §4.2 and §4.3.
fn read_vp8(payload: &[u8]) -> Option<(bool, Option<PictureHead>)> {
    let mut bytes = payload.iter().copied();
    let first = bytes.next()?;
    let (mut picture, mut tl0_picture_index) = (None, None);
    if first & 0x80 != 0 {
        let present = bytes.next()?;
        if present & 0x80 != 0 {
            let short = bytes.next()?;
            picture = Some(if short & 0x80 != 0 {
                (u16::from_be_bytes([short & 0x7F, bytes.next()?]), 0x7FFF)
            } else {
                (u16::from(short), 0x7F)
            });
        }
        if present & 0x40 != 0 {
            tl0_picture_index = Some(bytes.next()?);
        }
        if present & 0x30 != 0 {
            bytes.next()?;
        }
    }
    // The beginning of the first partition; there the lowest bit of the frame's header is 0 in a keyframe.
    let starts_frame = first & 0x17 == 0x10;
    let starts_keyframe = starts_frame && bytes.next().is_some_and(|header| header & 1 == 0);
    let head = picture.map(|(picture_id, mask)| PictureHead { picture_id, mask, tl0_picture_index });
    Some((starts_keyframe, head))
}

/// Whether a type of H.264 is one that every keyframe begins with. An IDR slice alone is not taken: without its parameter
/// sets it cannot be decoded by somebody who begins here.
fn is_h264_parameter_set(header: u8) -> bool {
    header & 0x1F == 7
}

/// RFC 6184 §5.6 and §5.7.1: a sequence parameter set, alone or in an aggregate.
fn h264_starts_keyframe(payload: &[u8]) -> bool {
    match payload.split_first() {
        Some((header, units)) if header & 0x1F == 24 => aggregate_has(units, is_h264_parameter_set),
        Some((header, _)) => is_h264_parameter_set(*header),
        None => false,
    }
}

/// Video and sequence parameter sets of H.265.
fn is_h265_parameter_set(header: u8) -> bool {
    matches!((header >> 1) & 0x3F, 32 | 33)
}

/// RFC 7798 §4.4: as for H.264, with headers of two bytes.
fn h265_starts_keyframe(payload: &[u8]) -> bool {
    match payload {
        [header, _, units @ ..] if (header >> 1) & 0x3F == 48 => aggregate_has(units, is_h265_parameter_set),
        [header, ..] => is_h265_parameter_set(*header),
        [] => false,
    }
}

/// Whether a unit in an aggregate, each behind its length in two bytes, has such a first byte.
fn aggregate_has(mut units: &[u8], is_meant: fn(u8) -> bool) -> bool {
    while let Some((length, rest)) = units.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length));
        if rest.first().is_some_and(|header| length > 0 && is_meant(*header)) {
            return true;
        }
        let Some(next) = rest.get(length..) else { return false };
        units = next;
    }
    false
}

/// With a dependency descriptor: the beginning of a frame that brings the structure of what follows, which each keyframe does
/// and must be had to read on. Without: the bit of the aggregation header that says that a coded video sequence begins.
fn av1_starts_keyframe(payload: &[u8], descriptor: Option<&[u8]>) -> bool {
    match descriptor {
        Some(bytes) => {
            bytes.first().is_some_and(|first| first & 0x80 != 0) && bytes.get(3).is_some_and(|b| b & 0x80 != 0)
        }
        None => payload.first().is_some_and(|header| header & 0x88 == 0x08),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Head, PictureHead, read, renumbered};
    use crate::engine::{CodecFormat, Extensions};

    fn head(format: CodecFormat, payload: &[u8]) -> Head {
        read(format, payload, &Extensions::default())
    }

    #[test]
    fn the_numbers_of_vp8_are_read_in_all_their_lengths() {
        let vp8 = |payload: &[u8]| head(CodecFormat::Vp8, payload).picture;
        let long = PictureHead { picture_id: 0x1234, mask: 0x7FFF, tl0_picture_index: Some(9) };
        assert_eq!(vp8(&[0x90, 0xE0, 0x92, 0x34, 9, 0, 0]), Some(long));
        let short = PictureHead { picture_id: 0x12, mask: 0x7F, tl0_picture_index: None };
        assert_eq!(vp8(&[0x90, 0x80, 0x12, 0]), Some(short));
        for without in [&[0x10, 0][..], &[0x90, 0x40, 9, 0], &[0x90, 0x80], &[0x90, 0x80, 0x92], &[0x90], &[]] {
            assert_eq!(vp8(without), None, "{without:?}");
        }
    }

    #[test]
    fn keyframes_are_known_by_their_first_packet_alone() {
        use CodecFormat::{Av1, H264, H265, Opus, Vp8, Vp9};
        let cases: [(CodecFormat, &[u8], bool); 30] = [
            (Vp8, &[0x10, 0x10], true),
            (Vp8, &[0x90, 0xE0, 0x92, 0x34, 9, 0, 0x50], true),
            // A frame that builds on others, the middle of a keyframe, its second partition, and no frame at all.
            (Vp8, &[0x10, 0x11], false),
            (Vp8, &[0x00, 0x10], false),
            (Vp8, &[0x11, 0x10], false),
            (Vp8, &[0x10], false),
            (Vp9, &[0x08], true),
            (Vp9, &[0x88, 0x12], true),
            (Vp9, &[0xA8, 0x92, 0x34, 0x00, 9], true),
            // Predicted, not the beginning, a higher spatial layer, cut short.
            (Vp9, &[0x48], false),
            (Vp9, &[0x00], false),
            (Vp9, &[0xA8, 0x92, 0x34, 0x02, 9], false),
            (Vp9, &[0xA8, 0x92, 0x34], false),
            (H264, &[0x67, 1, 2], true),
            (H264, &[0x78, 0, 2, 0x09, 0x10, 0, 1, 0x67], true),
            // A slice, an IDR slice without parameter sets, their middle, and aggregates that end too early.
            (H264, &[0x61], false),
            (H264, &[0x65], false),
            (H264, &[0x7C, 0x85], false),
            (H264, &[0x78, 0, 2, 0x68, 1], false),
            (H264, &[0x78, 0, 200, 0x68, 1, 0x67], false),
            (H264, &[0x78, 0, 0, 0, 0], false),
            (H264, &[], false),
            (H265, &[0x40, 1], true),
            (H265, &[0x60, 1, 0, 2, 0x42, 1], true),
            (H265, &[0x26, 1], false),
            (Av1, &[0x08], true),
            (Av1, &[0x18, 1], true),
            (Av1, &[0x10], false),
            (Av1, &[0x88], false),
            (Opus, &[0x10, 0x10], false),
        ];
        for (format, payload, wanted) in cases {
            assert_eq!(head(format, payload).starts_keyframe, wanted, "{format:?} {payload:02x?}");
        }
    }

    #[test]
    fn a_dependency_descriptor_tells_more_than_the_payload() {
        let with = |bytes: &[u8]| {
            let extensions = Extensions { dependency_descriptor: Some(Arc::from(bytes)), ..Extensions::default() };
            let head = read(CodecFormat::Av1, &[0x08], &extensions);
            (head.starts_keyframe, head.frame_number)
        };
        assert_eq!(with(&[0x80, 0x12, 0x34, 0x80, 7]), (true, Some(0x1234)));
        assert_eq!(with(&[0x00, 0x12, 0x34, 0x80, 7]), (false, Some(0x1234)));
        assert_eq!(with(&[0x80, 0x12, 0x34, 0x40]), (false, Some(0x1234)));
        assert_eq!(with(&[0xC0, 0x12, 0x34]), (false, Some(0x1234)));
        assert_eq!(with(&[0xC0, 0x12]), (false, None));
        assert_eq!(renumbered(&[0xC0, 0x12, 0x34, 5], 0xABCD), [0xC0, 0xAB, 0xCD, 5]);
        assert_eq!(renumbered(&[0xC0, 0x12], 0xABCD), [0xC0, 0x12]);
    }
}
