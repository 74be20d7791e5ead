//! Redundant sound (RFC 2198): a packet carries what was said now behind what was said before. Whoever cannot unpack it gets the
//! former alone. Only for sound that is not end-to-end encrypted: LiveKit's clients send no redundancy where it is.

/// The bit of a block's header that says that another block follows.
const HAS_MORE: u8 = 0x80;
/// Bytes of the header of a block that others follow.
const HEADER_BYTES: usize = 4;
/// Blocks of one packet. Browsers send two, and their field trials nine.
const BLOCKS_MAX: usize = 16;

/// What was said now, which must be of this payload type; nothing if the packet is cut short or something else.
pub(crate) fn primary(payload: &[u8], payload_type: u8) -> Option<&[u8]> {
    let (mut rest, mut before) = (payload, 0);
    for _ in 0..BLOCKS_MAX {
        let (first, behind) = rest.split_first()?;
        if first & HAS_MORE == 0 {
            let said = behind.get(before..).filter(|said| !said.is_empty());
            return said.filter(|_| *first == payload_type);
        }
        let (header, behind) = rest.split_first_chunk::<HEADER_BYTES>()?;
        before += usize::from(u16::from_be_bytes([header[2], header[3]]) & 0x03FF);
        rest = behind;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{BLOCKS_MAX, primary};

    #[test]
    fn what_was_said_now_is_the_last_block() {
        let cases: [(&[u8], Option<&[u8]>); 9] = [
            (&[111, 1, 2], Some(&[1, 2])),
            (&[0x80 | 111, 0x0F, 0x00, 2, 111, 8, 9, 1, 2, 3], Some(&[1, 2, 3])),
            (&[0x80 | 111, 0, 0, 1, 0x80 | 111, 0, 0, 1, 111, 8, 9, 1], Some(&[1])),
            // A length in all its ten bits, of which there are not so many bytes.
            (&[0x80 | 111, 0x0F, 0x03, 2, 111, 8, 9, 1, 2, 3], None),
            // Of another payload type, nothing in it, cut short.
            (&[110, 1, 2], None),
            (&[111], None),
            (&[0x80 | 111, 0, 0, 2, 111, 8, 9], None),
            (&[0x80 | 111, 0, 0], None),
            (&[], None),
        ];
        for (payload, wanted) in cases {
            assert_eq!(primary(payload, 111), wanted, "{payload:?}");
        }
    }

    #[test]
    fn more_blocks_than_anybody_sends_are_not_looked_at() {
        let of = |blocks: usize| {
            let mut payload = [0x80 | 111, 0, 0, 0].repeat(blocks - 1);
            payload.extend([111, 5]);
            payload
        };
        assert_eq!(primary(&of(BLOCKS_MAX), 111), Some(&[5][..]));
        assert_eq!(primary(&of(BLOCKS_MAX + 1), 111), None);
    }
}
