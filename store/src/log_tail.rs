//! A torn end of a log is told from a damaged one.
//!
//! The engine takes a last record that claims to be longer than the file for a write that a power cut interrupted, and
//! forgets it together with all that stands behind it. A flipped bit in the length of an *earlier* record of the last
//! block looks the same to it, and up to 32 KiB of acknowledged records would be gone without a word. But the
//! checksum in a record's header covers its bytes and not its length: if it fits the bytes up to some other length, the
//! record was written whole, and its header was changed afterwards. Then the database must not be opened.
//!
//! Everything else that is wrong in a log the engine finds itself: it compares the checksum of each whole record.
//! The format is that of RocksDB's `log_format.h`: blocks of 32 KiB, records that never span two of them, and before
//! each record its masked CRC-32C (4 bytes), its length (2) and its type (1), all little-endian.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::OpenError;

const BLOCK_BYTES: u64 = 32 << 10;
const HEADER_BYTES: usize = 7;
/// A whole record, and the first, a middle and the last piece of one.
const TYPES: [u8; 4] = [1, 2, 3, 4];

/// Refuses a database whose log of writes or of files ends in a record with a changed header.
pub(crate) fn refuse_damaged(dir: &Path) -> Result<(), OpenError> {
    if !dir.exists() {
        return Ok(());
    }
    for entry in dir.read_dir().map_err(OpenError::file(dir))? {
        let path = entry.map_err(OpenError::file(dir))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !(name.ends_with(".log") || name.starts_with("MANIFEST-")) {
            continue;
        }
        let (start, block) = last_block(&path).map_err(OpenError::file(&path))?;
        if let Some(at) = changed_header(&block) {
            return Err(OpenError::LogDamaged { offset: start + at as u64, path });
        }
    }
    Ok(())
}

/// The unfinished last block of a file and where it starts. No record reaches into it from the one before.
fn last_block(path: &Path) -> io::Result<(u64, Vec<u8>)> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let start = length - length % BLOCK_BYTES;
    file.seek(SeekFrom::Start(start))?;
    let mut block = Vec::new();
    file.take(BLOCK_BYTES).read_to_end(&mut block)?;
    Ok((start, block))
}

/// Where the record stands that reaches past the end but was once whole.
fn changed_header(block: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some((header, rest)) = block.get(at..).and_then(|rest| rest.split_first_chunk::<HEADER_BYTES>()) {
        let [sum @ .., low, high, kind] = *header;
        let length = usize::from(u16::from_le_bytes([low, high]));
        if length <= rest.len() {
            at += HEADER_BYTES + length;
            continue;
        }
        let sum = unmask(u32::from_le_bytes(sum));
        let was_whole = TYPES.into_iter().chain([kind]).any(|kind| {
            let mut crc = Crc32c::default();
            crc.add(kind);
            crc.value() == sum || rest.iter().any(|byte| crc.add(*byte).value() == sum)
        });
        return was_whole.then_some(at);
    }
    None
}

/// A checksum over bytes that hold checksums is stored turned and moved.
const fn unmask(masked: u32) -> u32 {
    masked.wrapping_sub(0xa282_ead8).rotate_left(15)
}

/// CRC-32C (Castagnoli), bit by bit: it runs over one block at most, and only after a crash in the middle of a write.
struct Crc32c(u32);

impl Default for Crc32c {
    fn default() -> Self {
        Self(!0)
    }
}

impl Crc32c {
    fn add(&mut self, byte: u8) -> &Self {
        self.0 ^= u32::from(byte);
        for _ in 0..8 {
            let carry = 0_u32.wrapping_sub(self.0 & 1);
            self.0 = (self.0 >> 1) ^ (0x82f6_3b78 & carry);
        }
        self
    }

    const fn value(&self) -> u32 {
        !self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Crc32c, changed_header, unmask};

    fn crc(bytes: &[u8]) -> u32 {
        let mut crc = Crc32c::default();
        for byte in bytes {
            crc.add(*byte);
        }
        crc.value()
    }

    fn record(out: &mut Vec<u8>, payload: &[u8]) {
        let masked = crc(&[&[1], payload].concat()).rotate_right(15).wrapping_add(0xa282_ead8);
        out.extend(masked.to_le_bytes());
        out.extend(u16::try_from(payload.len()).unwrap().to_le_bytes());
        out.push(1);
        out.extend(payload);
    }

    fn block() -> Vec<u8> {
        let mut block = Vec::new();
        for number in 0..20_u8 {
            record(&mut block, &vec![number; 90 + usize::from(number)]);
        }
        block
    }

    #[test]
    fn the_checksum_is_the_one_of_rfc_3720() {
        assert_eq!(crc(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(unmask(0x1234_5678_u32.rotate_right(15).wrapping_add(0xa282_ead8)), 0x1234_5678);
    }

    #[test]
    fn a_log_that_was_cut_anywhere_is_torn_and_not_damaged() {
        let block = block();
        for cut in 0..=block.len() {
            assert_eq!(changed_header(&block[..cut]), None, "cut at {cut}");
        }
    }

    #[test]
    fn a_length_that_was_changed_is_damage() {
        let whole = block();
        let mut at = 0;
        for number in 0..20_usize {
            for bit in 0..16 {
                let mut block = whole.clone();
                block[at + 4 + bit / 8] ^= 1 << (bit % 8);
                let length = usize::from(u16::from_le_bytes([block[at + 4], block[at + 5]]));
                // Within the file, the record's checksum is wrong, which the engine finds.
                if at + 7 + length > block.len() {
                    assert_eq!(changed_header(&block), Some(at), "record {number}, bit {bit}");
                }
            }
            at += 7 + 90 + number;
        }
        assert_eq!(at, whole.len());
    }
}
