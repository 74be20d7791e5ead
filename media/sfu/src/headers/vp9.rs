//! The payload descriptor of VP9 (RFC 9628 §4.2). It stays clear under end-to-end encryption, because it is made behind it.

use super::{Head, PictureHead};

/// Flags of the first byte.
const HAS_PICTURE_ID: u8 = 0x80;
const IS_PREDICTED: u8 = 0x40;
const HAS_LAYERS: u8 = 0x20;
const IS_FLEXIBLE: u8 = 0x10;
const BEGINS_FRAME: u8 = 0x08;
const ENDS_FRAME: u8 = 0x04;
/// The picture id has 15 bits instead of 7.
const IS_LONG: u8 = 0x80;
/// The masks of the two lengths.
const SHORT_MASK: u16 = 0x7F;
const LONG_MASK: u16 = 0x7FFF;

/// What it tells; nothing if it is cut short.
pub(super) fn read(payload: &[u8]) -> Option<Head> {
    let mut bytes = payload.iter().copied();
    let first = bytes.next()?;
    let mut picture = None;
    if first & HAS_PICTURE_ID != 0 {
        let short = bytes.next()?;
        picture = Some(if short & IS_LONG != 0 {
            (u16::from_be_bytes([short & !IS_LONG, bytes.next()?]), LONG_MASK)
        } else {
            (u16::from(short), SHORT_MASK)
        });
    }
    let (mut spatial, mut tl0_picture_index) = (0, None);
    if first & HAS_LAYERS != 0 {
        spatial = (bytes.next()? >> 1) & 0x07;
        if first & IS_FLEXIBLE == 0 {
            tl0_picture_index = Some(bytes.next()?);
        }
    }
    // Not predicted from other pictures, and the beginning of a frame of the lowest spatial layer.
    let starts_keyframe = first & IS_PREDICTED == 0 && first & BEGINS_FRAME != 0 && spatial == 0;
    Some(Head {
        starts_keyframe,
        picture: picture.map(|(picture_id, mask)| PictureHead { picture_id, mask, tl0_picture_index }),
        frame_number: None,
        spatial: Some(spatial),
        ends_layer: first & ENDS_FRAME != 0,
    })
}

/// The same payload with other numbers, as far as its descriptor has a place for them.
pub(crate) fn renumbered(payload: &[u8], numbers: PictureHead) -> Vec<u8> {
    let mut bytes = payload.to_vec();
    let Some(first) = bytes.first().copied().filter(|first| first & HAS_PICTURE_ID != 0) else { return bytes };
    let [high, low] = numbers.picture_id.to_be_bytes();
    let behind = match &mut bytes[1..] {
        [long, rest, ..] if *long & IS_LONG != 0 => {
            (*long, *rest) = (high | IS_LONG, low);
            3
        }
        [short, ..] if *short & IS_LONG == 0 => {
            *short = low & !IS_LONG;
            2
        }
        _ => return bytes,
    };
    if first & HAS_LAYERS != 0
        && first & IS_FLEXIBLE == 0
        && let Some((place, index)) = bytes.get_mut(behind + 1).zip(numbers.tl0_picture_index)
    {
        *place = index;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::{read, renumbered};
    use crate::headers::PictureHead;

    /// Picture id with its mask, the base layer's index, spatial layer, whether the layer's frame ends.
    type Told = (Option<(u16, u16)>, Option<u8>, u8, bool);

    fn told(payload: &[u8]) -> Option<Told> {
        let head = read(payload)?;
        let picture = head.picture.map(|picture| (picture.picture_id, picture.mask));
        let index = head.picture.and_then(|picture| picture.tl0_picture_index);
        Some((picture, index, head.spatial?, head.ends_layer))
    }

    #[test]
    fn numbers_and_layers_are_read_in_all_their_forms() {
        let long = Some((0x1234, 0x7FFF));
        let cases: [(&[u8], Option<_>); 9] = [
            (&[0x08], Some((None, None, 0, false))),
            (&[0x8C, 0x12], Some((Some((0x12, 0x7F)), None, 0, true))),
            (&[0x8C, 0x92, 0x34], Some((long, None, 0, true))),
            (&[0xA8, 0x92, 0x34, 0x24, 9], Some((long, Some(9), 2, false))),
            // Flexible: no index, and references behind.
            (&[0xFC, 0x92, 0x34, 0x02, 0x02], Some((long, None, 1, true))),
            (&[0xA8, 0x92, 0x34, 0x24], None),
            (&[0xA8, 0x92, 0x34], None),
            (&[0x88, 0x92], None),
            (&[], None),
        ];
        for (payload, wanted) in cases {
            assert_eq!(told(payload), wanted, "{payload:02x?}");
        }
    }

    #[test]
    fn numbers_are_written_where_they_stand_and_nowhere_else() {
        let numbers = PictureHead { picture_id: 0x2ABC, mask: 0x7FFF, tl0_picture_index: Some(7) };
        let cases: [(&[u8], &[u8]); 8] = [
            (&[0xA8, 0x92, 0x34, 0x24, 9, 1], &[0xA8, 0xAA, 0xBC, 0x24, 7, 1]),
            (&[0xB8, 0x92, 0x34, 0x24, 9, 1], &[0xB8, 0xAA, 0xBC, 0x24, 9, 1]),
            (&[0x88, 0x92, 0x34, 9], &[0x88, 0xAA, 0xBC, 9]),
            (&[0xA8, 0x12, 0x24, 9], &[0xA8, 0x3C, 0x24, 7]),
            (&[0x28, 0x24, 9], &[0x28, 0x24, 9]),
            (&[0xA8, 0x92], &[0xA8, 0x92]),
            (&[0xA8, 0x92, 0x34, 0x24], &[0xA8, 0xAA, 0xBC, 0x24]),
            (&[], &[]),
        ];
        for (payload, wanted) in cases {
            assert_eq!(renumbered(payload, numbers), wanted, "{payload:02x?}");
            if let Some(head) = read(&renumbered(payload, numbers)).and_then(|head| head.picture) {
                assert_eq!(head.picture_id, numbers.picture_id & head.mask);
            }
        }
    }
}
