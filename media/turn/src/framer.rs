//! Cutting a stream into messages (RFC 8656 §12.5, RFC 8489 §6.2.2), and telling from its first
//! bytes whether a stream is one of ours at all.
//!
//! The buffer of a connection exists only while it holds something, so that idle connections cost
//! nothing. Frames are handed out where they lie: what was read before them is their headroom.

use crate::channel_data::{CHANNEL_HEADER_BYTES, CHANNEL_NUMBERS};
use crate::packet::{HEADROOM_BYTES, Packet};
use crate::stun::{HEADER_BYTES, MAGIC_COOKIE};

/// The longest message on a stream, padding included. Media packets are below 1,500 bytes and
/// requests far below; a client that announces more is not one of calls.
pub const FRAME_BYTES_MAX: usize = 8_192;
/// Buffer of a connection that has something to read: one whole frame always fits behind another's rest.
const BUFFER_BYTES: usize = HEADROOM_BYTES + 2 * FRAME_BYTES_MAX;

/// Why a stream cannot be read on; the connection must be closed, because there is no way to find
/// the next message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// Neither STUN nor a channel number.
    #[error("neither a STUN message nor ChannelData")]
    Foreign,
    /// Longer than [`FRAME_BYTES_MAX`].
    #[error("message is too long")]
    TooLong,
}

/// The receiving half of one stream.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Framer {
    /// A stream of which nothing was read.
    pub const fn new() -> Self {
        Self { buffer: Vec::new(), start: 0, end: 0 }
    }

    /// Where the next bytes of the stream are to be read to; never empty once all frames are taken.
    pub fn space(&mut self) -> &mut [u8] {
        if self.buffer.is_empty() {
            self.buffer.resize(BUFFER_BYTES, 0);
            (self.start, self.end) = (HEADROOM_BYTES, HEADROOM_BYTES);
        } else if self.start > HEADROOM_BYTES && self.buffer.len() - self.start < FRAME_BYTES_MAX {
            // The frame that has begun would not fit: move its beginning to the front.
            self.buffer.copy_within(self.start..self.end, HEADROOM_BYTES);
            (self.start, self.end) = (HEADROOM_BYTES, HEADROOM_BYTES + self.end - self.start);
        }
        &mut self.buffer[self.end..]
    }

    /// Tells that so many bytes were read into [`Framer::space`].
    pub fn filled(&mut self, bytes: usize) {
        self.end = (self.end + bytes).min(self.buffer.len());
    }

    /// The next whole message, `None` if its end has not arrived. Padding of ChannelData is part of
    /// the packet.
    ///
    /// # Errors
    /// [`FramingError`] if the stream cannot be understood; it stays so.
    pub fn next_frame(&mut self) -> Result<Option<Packet<'_>>, FramingError> {
        let waiting = &self.buffer[self.start..self.end];
        let Some(length) = frame_bytes(waiting)?.filter(|length| *length <= waiting.len()) else {
            if waiting.is_empty() {
                self.start = HEADROOM_BYTES.min(self.buffer.len());
                self.end = self.start;
            }
            return Ok(None);
        };
        let frame = self.start..self.start + length;
        self.start = frame.end;
        // The packet must not reach into what follows: that belongs to the next message.
        Ok(Some(Packet::new(&mut self.buffer[..frame.end], frame)))
    }

    /// Gives the memory back if nothing is waiting in it: to be called when the connection is idle.
    pub fn release(&mut self) {
        if self.start == self.end {
            *self = Self::new();
        }
    }
}

/// How long the message is that begins here; `None` if too little has arrived to tell.
fn frame_bytes(waiting: &[u8]) -> Result<Option<usize>, FramingError> {
    let Some([a, b, c, d]) = waiting.first_chunk().copied() else {
        return match waiting.first() {
            Some(first) if *first & 0x80 != 0 => Err(FramingError::Foreign),
            _ => Ok(None),
        };
    };
    let length = usize::from(u16::from_be_bytes([c, d]));
    let whole = if CHANNEL_NUMBERS.contains(&u16::from_be_bytes([a, b])) {
        CHANNEL_HEADER_BYTES + length.next_multiple_of(4)
    } else {
        let cookie = MAGIC_COOKIE.to_be_bytes();
        let seen = &waiting[4..waiting.len().min(8)];
        if a & 0xC0 != 0 || !length.is_multiple_of(4) || !cookie.starts_with(seen) {
            return Err(FramingError::Foreign);
        }
        HEADER_BYTES + length
    };
    if whole > FRAME_BYTES_MAX { Err(FramingError::TooLong) } else { Ok(Some(whole)) }
}

/// What a stream on a shared port turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sniffed {
    /// STUN or TURN.
    Turn,
    /// Something else, HTTP by all likelihood.
    Other,
    /// More bytes are needed: at most eight are ever.
    Undecided,
}

/// Tells TURN from HTTP by the first bytes of a stream, as soon as they can be told apart.
///
/// A client's first message is a request, whose first byte is 0 or 1 and never the beginning of an
/// HTTP method; the cookie must follow, so that noise is not taken for TURN.
pub fn sniff(first: &[u8]) -> Sniffed {
    let cookie = MAGIC_COOKIE.to_be_bytes();
    match first {
        [] => Sniffed::Undecided,
        [kind, ..] if *kind > 0x01 => Sniffed::Other,
        [_, _, _, _, rest @ ..] if !cookie.starts_with(&rest[..rest.len().min(4)]) => Sniffed::Other,
        long if long.len() >= 8 => Sniffed::Turn,
        _ => Sniffed::Undecided,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{FRAME_BYTES_MAX, Framer, FramingError, Sniffed, sniff};
    use crate::stun::{Class, MessageWriter, Method, attribute};

    fn channel(number: u16, data: &[u8]) -> Vec<u8> {
        let mut frame = crate::channel_data::header(number, data.len()).unwrap().to_vec();
        frame.extend_from_slice(data);
        frame.resize(frame.len().next_multiple_of(4), 0);
        frame
    }

    fn stun(data: &[u8]) -> Vec<u8> {
        MessageWriter::new(Class::Indication, Method::SEND, [3; 12]).attribute(attribute::DATA, data).finish()
    }

    /// Feeds the stream in pieces of these sizes, over and over.
    fn cut(stream: &[u8], sizes: &[usize]) -> Result<Vec<Vec<u8>>, FramingError> {
        let mut framer = Framer::new();
        let mut frames = Vec::new();
        let mut rest = stream;
        for size in sizes.iter().cycle() {
            let space = framer.space();
            let taken = (*size).clamp(1, space.len()).min(rest.len());
            space[..taken].copy_from_slice(&rest[..taken]);
            framer.filled(taken);
            rest = &rest[taken..];
            while let Some(frame) = framer.next_frame()? {
                frames.push(frame.bytes().to_vec());
            }
            framer.release();
            if rest.is_empty() {
                return Ok(frames);
            }
        }
        Ok(frames)
    }

    #[test]
    fn what_is_not_ours_closes_the_stream() {
        for bad in [
            &b"\x80"[..],
            b"\xFF\xFF\xFF\xFF",
            b"\x00\x01\x00\x00NOPE",
            b"\x00\x01\x00\x00\x21\x13",
            b"\x00\x01\x00\x03\x21\x12\xA4\x42",
        ] {
            assert_eq!(cut(bad, &[1]).unwrap_err(), FramingError::Foreign, "{bad:?}");
        }
        // Their first letters make a channel number, and what follows a length.
        assert_eq!(cut(b"POST / HTTP/1.1\r\n", &[1]).unwrap_err(), FramingError::TooLong);
        assert_eq!(cut(b"GET / HTTP/1.1\r\n", &[1]).unwrap_err(), FramingError::TooLong);
        assert_eq!(cut(b"\x40\x00\xFF\xFF", &[1]).unwrap_err(), FramingError::TooLong);
        assert_eq!(cut(b"\x00\x01\xFF\xFC\x21\x12\xA4\x42", &[1]).unwrap_err(), FramingError::TooLong);
    }

    #[test]
    fn the_longest_frames_fit_again_and_again() {
        let long = channel(0x4000, &vec![7; FRAME_BYTES_MAX - 4]);
        let stream: Vec<u8> = std::iter::repeat_n(long.clone(), 9).flatten().collect();
        for size in [1_000, FRAME_BYTES_MAX, 3 * FRAME_BYTES_MAX, 8_191] {
            assert_eq!(cut(&stream, &[size]).unwrap(), vec![long.clone(); 9]);
        }
    }

    #[test]
    fn turn_is_told_from_http_byte_by_byte() {
        let request = MessageWriter::new(Class::Request, Method::ALLOCATE, [0; 12]).finish();
        for length in 0..8 {
            assert_eq!(sniff(&request[..length]), Sniffed::Undecided);
        }
        assert_eq!(sniff(&request[..8]), Sniffed::Turn);
        assert_eq!(sniff(&request), Sniffed::Turn);
        for other in [
            &b"G"[..],
            b"PRI * HTTP/2.0",
            b"\x16",
            b"\x02",
            b"\x00\x01\x00\x00\x22",
            b"\x00\x01\x00\x00\x21\x12\xA4\x43",
        ] {
            assert_eq!(sniff(other), Sniffed::Other);
        }
    }

    proptest! {
        #[test]
        fn frames_come_out_whole_however_the_stream_is_split(
            data in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..1_500)), 1..40),
            sizes in prop::collection::vec(1_usize..3_000, 1..10),
        ) {
            let frames: Vec<Vec<u8>> =
                data.iter().map(|(is_stun, data)| if *is_stun { stun(data) } else { channel(0x4321, data) }).collect();
            prop_assert_eq!(cut(&frames.concat(), &sizes).unwrap(), frames);
        }

        #[test]
        fn arbitrary_streams_end_in_frames_or_an_error(
            stream in prop::collection::vec(any::<u8>(), 0..5_000),
            sizes in prop::collection::vec(1_usize..300, 1..5),
        ) {
            if let Ok(frames) = cut(&stream, &sizes) {
                prop_assert!(frames.iter().map(Vec::len).sum::<usize>() <= stream.len());
            }
        }
    }
}
