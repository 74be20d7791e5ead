//! The four bytes before relayed data on a channel (RFC 8656 §12.4).

/// Channel number and length.
pub(crate) const CHANNEL_HEADER_BYTES: usize = 4;
/// The numbers that clients may bind: those of RFC 5766 §11, of which RFC 8656 §12 has left the first quarter, because
/// clients in the field (coturn's among them) still use all. Nothing else begins with these two bits on our ports.
pub(crate) const CHANNEL_NUMBERS: std::ops::RangeInclusive<u16> = 0x4000..=0x7FFF;

/// Reads the number and where the data lies; `None` if the bytes are not ChannelData.
///
/// What follows the data is padding, which UDP clients may send and need not.
pub(crate) fn read(bytes: &[u8]) -> Option<(u16, std::ops::Range<usize>)> {
    let [a, b, c, d] = *bytes.first_chunk()?;
    let number = u16::from_be_bytes([a, b]);
    let end = CHANNEL_HEADER_BYTES + usize::from(u16::from_be_bytes([c, d]));
    (CHANNEL_NUMBERS.contains(&number) && end <= bytes.len()).then_some((number, CHANNEL_HEADER_BYTES..end))
}

/// Writes the header for so many bytes of data; `None` if they are too many.
pub(crate) fn header(number: u16, data_bytes: usize) -> Option<[u8; CHANNEL_HEADER_BYTES]> {
    let [a, b] = number.to_be_bytes();
    let [c, d] = u16::try_from(data_bytes).ok()?.to_be_bytes();
    Some([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::{header, read};

    #[test]
    fn numbers_and_lengths_are_checked() {
        assert_eq!(read(b"\x40\x00\x00\x02ab"), Some((0x4000, 4..6)));
        assert_eq!(read(b"\x4F\xFF\x00\x02ab\0\0"), Some((0x4FFF, 4..6)));
        assert_eq!(read(b"\x7F\xFF\x00\x00"), Some((0x7FFF, 4..4)));
        assert_eq!(read(b"\x40\x00\x00\x00"), Some((0x4000, 4..4)));
        for bad in [&b"\x80\x00\x00\x00"[..], b"\x3F\xFF\x00\x00", b"\x40\x00\x00\x01", b"\x40\x00\x00", b""] {
            assert_eq!(read(bad), None);
        }
        assert_eq!(header(0x4001, 258), Some([0x40, 0x01, 0x01, 0x02]));
        assert_eq!(header(0x4001, 65_536), None);
    }
}
