//! What a connection begins with, cut wherever the network likes.

use veche_server::listeners::first_bytes::{FirstBytes, Spoken};
use veche_turn::{Sniffed, sniff};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The first byte says how the stream is cut; the rest is the stream. Cut or whole, it must mean the same.
pub fn feed(input: &[u8]) {
    let Some((cut, stream)) = input.split_first() else { return };
    let spoken = hear(stream, usize::from(*cut) + 1);
    assert_eq!(spoken, hear(stream, usize::MAX), "cut into pieces of {} bytes", usize::from(*cut) + 1);
    assert_eq!(spoken == Some(Spoken::Turn), sniff(stream) == Sniffed::Turn);
    assert_eq!(spoken == Some(Spoken::Http2), stream.starts_with(PREFACE));
    // As many bytes as the longest of them are enough for anything.
    assert!(spoken.is_some() || stream.len() < PREFACE.len());
}

/// What is heard in pieces of at most so many bytes.
fn hear(mut stream: &[u8], piece_bytes: usize) -> Option<Spoken> {
    let (whole, mut first) = (stream, FirstBytes::default());
    loop {
        assert!(whole.starts_with(first.bytes()), "whoever comes next would see other bytes");
        assert_eq!(first.bytes().len() + stream.len(), whole.len(), "a byte is lost");
        if let Some(spoken) = first.spoken() {
            return Some(spoken);
        }
        let space = first.space();
        assert!(!space.is_empty(), "a connection would never be heard to the end");
        let length = piece_bytes.min(space.len()).min(stream.len());
        if length == 0 {
            return None;
        }
        space[..length].copy_from_slice(&stream[..length]);
        first.filled(length);
        stream = &stream[length..];
    }
}
