//! Cutting a connection into packets, and making packets ready for one: each stands behind its length (RFC 4571).
//!
//! Invariant: a connection holds the frame that has begun and nothing else, and before somebody's first packet has come on it
//! next to nothing. Nobody is believed about how much will come: memory grows with what does.

use std::mem;

use veche_sfu::engine::DATAGRAM_BYTES_MAX;

/// The longest first packet: a check of ICE with the longest names (RFC 8445 §5.3) is below 700 bytes.
const FIRST_BYTES_MAX: usize = 1_024;
const LENGTH_BYTES: usize = 2;

/// Whose a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Somebody's who takes part in a call.
    Participants,
    /// That of a probe of our own, which has been answered.
    Probes,
    /// Nobody's.
    Nobodys,
}

/// What came first on a connection is of nobody who takes part in a call. It is to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a connection of nobody who takes part in a call")]
pub(crate) struct Strange;

/// The receiving half of one connection.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// What has come of the frame that has begun, its length included.
    begun: Vec<u8>,
    /// What is still to come of a frame that is too long for a packet.
    to_pass_over: usize,
    /// Whether a packet of somebody has come.
    is_known: bool,
}

impl Frames {
    /// Hands out the packets that these bytes complete. A frame longer than any packet is passed over, as a datagram that
    /// long would be.
    ///
    /// # Errors
    /// [`Strange`] if the first packet is nobody's, or too long for a first one.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut take: impl FnMut(&[u8]) -> Whose) -> Result<(), Strange> {
        loop {
            let passed_over = self.to_pass_over.min(bytes.len());
            self.to_pass_over -= passed_over;
            bytes = &bytes[passed_over..];
            let length = self.begun.first_chunk().map(|length| usize::from(u16::from_be_bytes(*length)));
            let end = LENGTH_BYTES + length.unwrap_or(0);
            if length.is_some() && self.begun.len() == end {
                let mut frame = mem::take(&mut self.begun);
                self.judge(take(&frame[LENGTH_BYTES..]))?;
                frame.clear();
                self.begun = frame;
                continue;
            }
            if bytes.is_empty() {
                break;
            }
            let (now, rest) = bytes.split_at((end - self.begun.len()).min(bytes.len()));
            self.begun.extend_from_slice(now);
            bytes = rest;
            self.look_at_length()?;
        }
        if self.begun.is_empty() {
            // An idle connection costs nothing.
            self.begun = Vec::new();
        }
        Ok(())
    }

    fn judge(&mut self, whose: Whose) -> Result<(), Strange> {
        self.is_known |= whose == Whose::Participants;
        if self.is_known || whose == Whose::Probes { Ok(()) } else { Err(Strange) }
    }

    /// As soon as the length is there, and nothing else is.
    fn look_at_length(&mut self) -> Result<(), Strange> {
        let [high, low] = self.begun[..] else { return Ok(()) };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if !self.is_known && length > FIRST_BYTES_MAX {
            return Err(Strange);
        }
        if length > DATAGRAM_BYTES_MAX {
            self.begun.clear();
            self.to_pass_over = length;
        }
        Ok(())
    }
}

/// A packet as it stands on a connection; nothing, if none that long can.
pub(crate) fn framed(packet: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(packet.len()).ok()?.to_be_bytes();
    Some([&length, packet].concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use veche_sfu::engine::DATAGRAM_BYTES_MAX;

    use super::{FIRST_BYTES_MAX, Frames, Strange, Whose, framed};

    /// Feeds a stream in pieces of these sizes, over and over. The packets that come out of it are somebody's from the first on.
    fn cut(stream: &[u8], sizes: &[usize]) -> Result<Vec<Vec<u8>>, Strange> {
        let (mut frames, mut packets, mut rest) = (Frames::default(), Vec::new(), stream);
        for size in sizes.iter().cycle() {
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            frames.feed(piece, |packet| {
                packets.push(packet.to_vec());
                Whose::Participants
            })?;
            assert!(frames.begun.capacity() <= 2 * (2 + DATAGRAM_BYTES_MAX), "memory grows with what has come");
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        Ok(packets)
    }

    fn stream(packets: &[Vec<u8>]) -> Vec<u8> {
        packets.iter().flat_map(|packet| framed(packet).unwrap()).collect()
    }

    #[test]
    fn a_frame_too_long_for_a_packet_is_passed_over_and_what_follows_is_heard() {
        let packets =
            [vec![1; 20], vec![2; 65_535], vec![3; DATAGRAM_BYTES_MAX], vec![4; DATAGRAM_BYTES_MAX + 1], vec![5]];
        for size in [1, 2, 3, 1_000, 65_537, 200_000] {
            let expected = [&packets[0], &packets[2], &packets[4]];
            assert_eq!(cut(&stream(&packets), &[size]).unwrap().iter().collect::<Vec<_>>(), expected, "{size}");
        }
    }

    #[test]
    fn the_first_packet_is_short_and_somebodys() {
        assert!(cut(&stream(&[vec![1; FIRST_BYTES_MAX]]), &[1]).is_ok());
        assert_eq!(cut(&stream(&[vec![1; FIRST_BYTES_MAX + 1]])[..2], &[1]), Err(Strange), "told by the length alone");
        for first in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01\x02\x00\x01", b"\xFF\xFF"] {
            assert_eq!(cut(first, &[1]), Err(Strange), "{first:?}");
        }
        for first in [vec![], vec![0x80; 40]] {
            let mut frames = Frames::default();
            assert_eq!(frames.feed(&framed(&first).unwrap(), |_| Whose::Nobodys), Err(Strange));
        }
    }

    #[test]
    fn who_is_known_may_say_what_nobody_understands_and_a_probe_makes_nobody_known() {
        let mut frames = Frames::default();
        let long = framed(&vec![9; FIRST_BYTES_MAX + 1]).unwrap();
        assert_eq!(frames.feed(&framed(&[1]).unwrap(), |_| Whose::Probes), Ok(()));
        assert_eq!(frames.feed(&long, |_| Whose::Participants), Err(Strange));
        let mut frames = Frames::default();
        assert_eq!(frames.feed(&framed(&[1]).unwrap(), |_| Whose::Participants), Ok(()));
        assert_eq!(frames.feed(&[&long[..], &[0, 0]].concat(), |_| Whose::Nobodys), Ok(()));
        assert_eq!(frames.begun.capacity(), 0, "nothing is held");
    }

    #[test]
    fn what_is_announced_takes_no_memory() {
        let mut frames = Frames::default();
        frames.feed(&framed(&[1]).unwrap(), |_| Whose::Participants).unwrap();
        let [high, low] = u16::try_from(DATAGRAM_BYTES_MAX).unwrap().to_be_bytes();
        frames.feed(&[high, low, 7], |_| panic!("half a frame is none")).unwrap();
        assert!(frames.begun.capacity() < 64);
    }

    proptest! {
        #[test]
        fn packets_come_out_whole_however_the_stream_is_cut(
            packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..FIRST_BYTES_MAX), 1..40),
            sizes in prop::collection::vec(1_usize..3_000, 1..10),
        ) {
            prop_assert_eq!(cut(&stream(&packets), &sizes).unwrap(), packets);
        }
    }
}
