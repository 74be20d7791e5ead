//! A stream of STUN messages and ChannelData (RFC 8656 §12.5), cut wherever the network likes.

use veche_turn::{FRAME_BYTES_MAX, Framer, FramingError, sniff};

/// The first byte says how the stream is cut; the rest is the stream. Cut or whole, it must mean the same.
pub fn feed(input: &[u8]) {
    let Some((cut, stream)) = input.split_first() else { return };
    for length in 0..stream.len().min(24) {
        sniff(&stream[..length]);
    }
    let pieces = usize::from(*cut) + 1;
    assert_eq!(frames(stream, pieces), frames(stream, usize::MAX), "cut into pieces of {pieces} bytes");
}

/// The frames of the stream, and whether an error ends it. Which one may depend on how much of it had come.
fn frames(mut stream: &[u8], piece_bytes: usize) -> (Vec<Vec<u8>>, bool) {
    let (mut framer, mut found) = (Framer::new(), Vec::new());
    while !stream.is_empty() {
        let space = framer.space();
        assert!(!space.is_empty(), "a stream would never be read on");
        let length = piece_bytes.min(space.len()).min(stream.len());
        space[..length].copy_from_slice(&stream[..length]);
        framer.filled(length);
        stream = &stream[length..];
        loop {
            match framer.next_frame() {
                Ok(Some(packet)) => {
                    assert!(packet.bytes().len() <= FRAME_BYTES_MAX);
                    found.push(packet.bytes().to_vec());
                }
                Ok(None) => break,
                Err(FramingError::Foreign | FramingError::TooLong) => return (found, true),
            }
        }
        framer.release();
    }
    (found, false)
}
