//! One packet inside a larger buffer, so that headers are put before it and taken off without moving it.

use std::ops::Range;

use crate::stun::DATA_HEADER_BYTES_MAX;

/// Free bytes before a received packet that let every relaying happen in place.
pub const HEADROOM_BYTES: usize = DATA_HEADER_BYTES_MAX;
/// Free bytes after a received packet that let padding be written in place.
pub const TAILROOM_BYTES: usize = 3;

/// A packet in a borrowed buffer. What lies around it is free to be overwritten.
#[derive(Debug)]
pub struct Packet<'a> {
    buffer: &'a mut [u8],
    range: Range<usize>,
}

impl<'a> Packet<'a> {
    /// The packet that lies at `range` of the buffer; a range beyond the end is cut to it.
    pub fn new(buffer: &'a mut [u8], range: Range<usize>) -> Self {
        let end = range.end.min(buffer.len());
        Self { buffer, range: range.start.min(end)..end }
    }

    /// The packet's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.range.clone()]
    }

    /// Where the packet lies in the buffer now.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Narrows the packet to a part of itself, counted from its beginning.
    pub(crate) fn narrow(&mut self, part: Range<usize>) {
        let start = self.range.start;
        let end = (start + part.end).min(self.range.end);
        self.range = (start + part.start).min(end)..end;
    }

    /// Puts `head` before the packet and `padding` zeros (at most three) after it. False, and
    /// nothing changed, if there is not enough room around it.
    pub(crate) fn wrap(&mut self, head: &[u8], padding: usize) -> bool {
        let Some(start) = self.range.start.checked_sub(head.len()) else {
            return false;
        };
        let end = self.range.end + padding;
        if end > self.buffer.len() {
            return false;
        }
        self.buffer[start..self.range.start].copy_from_slice(head);
        self.buffer[self.range.end..end].fill(0);
        self.range = start..end;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Packet;

    #[test]
    fn heads_and_padding_use_the_room_around_and_no_more() {
        let mut buffer = *b"....data..";
        let mut packet = Packet::new(&mut buffer, 4..8);
        assert!(!packet.wrap(b"five!", 0));
        assert!(!packet.wrap(b"", 3));
        assert_eq!(packet.bytes(), b"data");
        assert!(packet.wrap(b"head", 2));
        assert_eq!(packet.bytes(), b"headdata\0\0");
        packet.narrow(4..7);
        assert_eq!((packet.bytes(), packet.range()), (&b"dat"[..], 4..7));
        packet.narrow(2..9);
        assert_eq!(packet.bytes(), b"t");
    }

    #[test]
    fn a_range_outside_of_the_buffer_is_cut() {
        let mut buffer = [1, 2, 3];
        assert_eq!(Packet::new(&mut buffer, 2..9).bytes(), [3]);
        assert_eq!(Packet::new(&mut buffer, 7..9).bytes(), [] as [u8; 0]);
    }
}
