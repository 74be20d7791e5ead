//! A connection over TCP to the port of calls: packets behind their lengths (RFC 4571), cut wherever the network likes.

use veche_media_driver::testing::packets_on_connection;

/// The longest first packet, and the longest at all; see `frames.rs` of the driver.
const FIRST_BYTES_MAX: usize = 1_024;
const PACKET_BYTES_MAX: usize = 2_000;

/// The first byte says how the stream is cut, the second whose packets are somebody's; the rest is the stream. Cut or whole, it
/// must mean the same, and the same as a slower reader finds.
pub fn feed(input: &[u8]) {
    let Some(([cut, mark], stream)) = input.split_first_chunk::<2>() else { return };
    let is_somebodys = |packet: &[u8]| packet.first().is_some_and(|first| first & mark == 0);
    let whole = packets_on_connection(stream, usize::MAX, is_somebodys);
    assert_eq!(packets_on_connection(stream, usize::from(*cut) + 1, is_somebodys), whole, "cut after {cut}");
    assert_eq!(whole, packets(stream, is_somebodys));
}

/// The packets of the stream, and whether the connection is to be closed.
fn packets(mut stream: &[u8], is_somebodys: impl Fn(&[u8]) -> bool) -> (Vec<Vec<u8>>, bool) {
    let (mut found, mut is_known) = (Vec::new(), false);
    while let Some((length, rest)) = stream.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        if !is_known && length > FIRST_BYTES_MAX {
            return (found, true);
        }
        let Some((packet, rest)) = rest.split_at_checked(length) else { break };
        stream = rest;
        if length > PACKET_BYTES_MAX {
            continue;
        }
        found.push(packet.to_vec());
        is_known |= is_somebodys(packet);
        if !is_known {
            return (found, true);
        }
    }
    (found, false)
}
