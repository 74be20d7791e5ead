//! SQLite's write-ahead log, read without SQLite: what it holds, and whether its end is torn or damaged.
//!
//! When the engine meets a frame whose checksum is wrong, it takes that frame for the torn end of the log and forgets
//! it together with all that stands behind it. A flipped bit in an *earlier* frame looks the same to it, and every
//! commit since would be gone without a word. Here the two are told apart. The frame is damaged, and the database must
//! not be opened, if
//! - another transaction follows its own: that one began only after the one with the bad frame had been synced; or
//! - the change of a single byte makes its checksum right: a write that was cut off leaves more behind than that.
//!
//! Everything else is taken for a write that nobody was told of. Frames of a transaction reach the disk in any order,
//! so a bad frame that is followed by frames of its own transaction only is no damage. What cannot be told: more than
//! a byte of the last transaction has changed, or the whole last frame of the one before it.
//!
//! This holds as long as no frames of an earlier life of the process lie behind those of this one, which is why
//! opening the database empties the log. The format is that of <https://sqlite.org/fileformat2.html>, section 4.

/// Magic number, format version, size of a page, number of the checkpoint, two salts, two checksums.
const HEADER_BYTES: usize = 32;
/// Page number, size of the database after a commit (else 0), two salts, two checksums.
const FRAME_HEADER_BYTES: usize = 24;
/// What the checksum of a frame covers of the frame's header.
const SUMMED_BYTES: usize = 8;
const SALT: std::ops::Range<usize> = 8..16;
const SUM: std::ops::Range<usize> = 16..24;
/// The last bit says in which order of bytes the checksums were reckoned.
const MAGIC: u32 = 0x377f_0682;

/// What a log adds to the database file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Log<'a> {
    /// The size of a page; 0 if the log is empty.
    pub(super) page_bytes: usize,
    /// The size of the database after the last commit; 0 without one.
    pub(super) pages: u32,
    /// The pages of all whole transactions in the order in which they were written, each with its number from 1.
    pub(super) frames: Vec<(u32, &'a [u8])>,
}

/// A place that is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what stands at byte {offset} of its log is not what was written there, and acknowledged changes depend on it")]
pub(super) struct Damage {
    /// Where the header or frame starts.
    pub(super) offset: usize,
}

/// Reads a log of which this is every byte. A torn end is left out.
pub(super) fn read(bytes: &[u8]) -> Result<Log<'_>, Damage> {
    let empty = Log { page_bytes: 0, pages: 0, frames: Vec::new() };
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER_BYTES>() else { return Ok(empty) };
    let Some(header) = Header::read(header) else {
        // It is synced before the first frame is written: without frames, nobody was told of anything.
        return if rest.is_empty() { Ok(empty) } else { Err(Damage { offset: 0 }) };
    };
    let frames: Vec<Frame<'_>> = rest.chunks_exact(FRAME_HEADER_BYTES + header.page_bytes).map(Frame::read).collect();
    let (mut sum, mut whole, mut pages) = (header.sum, 0, 0);
    for (index, frame) in frames.iter().enumerate() {
        let reckoned = sum.over(frame.summed, header.order).over(frame.page, header.order);
        if frame.salt != header.salt || frame.sum != reckoned {
            if is_damaged(&header, &frames[index..], reckoned) {
                return Err(Damage { offset: HEADER_BYTES + index * (FRAME_HEADER_BYTES + header.page_bytes) });
            }
            break;
        }
        sum = reckoned;
        if frame.pages > 0 {
            (whole, pages) = (index + 1, frame.pages);
        }
    }
    let frames = frames[..whole].iter().map(|frame| (frame.number, frame.page)).collect();
    Ok(Log { page_bytes: header.page_bytes, pages, frames })
}

/// Whether the first of these frames was whole once. `reckoned` is the checksum that it should have.
fn is_damaged(header: &Header, frames: &[Frame<'_>], reckoned: Sum) -> bool {
    let Some(bad) = frames.first() else { return false };
    if bad.sum == reckoned || bad.sum.is_one_byte_from(reckoned) {
        // Only the salt is wrong, which the checksum does not cover, or only the checksum itself.
        return true;
    }
    let ours = |frame: &&Frame<'_>| frame.salt == header.salt;
    let commit = frames.iter().position(|frame| ours(&frame) && frame.pages > 0);
    let another_follows = commit.is_some_and(|commit| frames[commit + 1..].iter().any(|frame| ours(&frame)));
    another_follows || (ours(&bad) && reckoned.becomes(bad.sum, (SUMMED_BYTES + header.page_bytes) / 8))
}

struct Header {
    order: Order,
    page_bytes: usize,
    salt: [u8; 8],
    sum: Sum,
}

impl Header {
    /// `None` if this is not what the engine writes.
    fn read(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        let (summed, sum) = bytes.split_last_chunk::<8>()?;
        let order = match word(summed, 0).checked_sub(MAGIC)? {
            0 => Order::Little,
            1 => Order::Big,
            _ => return None,
        };
        let page_bytes = word(summed, 8);
        let sum = Sum::read(sum);
        let is_page = page_bytes.is_power_of_two() && (512..=65_536).contains(&page_bytes);
        if !is_page || Sum(0, 0).over(summed, order) != sum {
            return None;
        }
        let salt = summed[16..24].try_into().ok()?;
        Some(Self { order, page_bytes: usize::try_from(page_bytes).ok()?, salt, sum })
    }
}

struct Frame<'a> {
    /// The page's number, from 1.
    number: u32,
    /// The size of the database, if this frame ends a transaction; else 0.
    pages: u32,
    salt: &'a [u8],
    sum: Sum,
    summed: &'a [u8],
    page: &'a [u8],
}

impl<'a> Frame<'a> {
    /// `bytes` are the frame's header and its page.
    fn read(bytes: &'a [u8]) -> Self {
        let (header, page) = bytes.split_at(FRAME_HEADER_BYTES);
        Self {
            number: word(header, 0),
            pages: word(header, 4),
            salt: &header[SALT],
            sum: Sum(word(header, SUM.start), word(header, SUM.start + 4)),
            summed: &header[..SUMMED_BYTES],
            page,
        }
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes[at..].first_chunk().copied().map_or(0, u32::from_be_bytes)
}

/// The order of bytes in which words are summed; the log's own numbers are all big-endian.
#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    const fn word(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }
}

/// The two running sums of the log. Each frame's go on from those of the frame before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sum(u32, u32);

impl Sum {
    fn read(bytes: &[u8; 8]) -> Self {
        Self(word(bytes, 0), word(bytes, 4))
    }

    fn over(self, bytes: &[u8], order: Order) -> Self {
        let (pairs, _) = bytes.as_chunks::<8>();
        pairs.iter().fold(self, |Self(first, second), &[a, b, c, d, e, f, g, h]| {
            let first = first.wrapping_add(order.word([a, b, c, d])).wrapping_add(second);
            Self(first, second.wrapping_add(order.word([e, f, g, h])).wrapping_add(first))
        })
    }

    /// Whether the two differ in one byte of the eight.
    fn is_one_byte_from(self, other: Self) -> bool {
        let different = |a: u32, b: u32| (a ^ b).to_be_bytes().iter().filter(|byte| **byte != 0).count();
        different(self.0, other.0) + different(self.1, other.1) == 1
    }

    /// Whether the change of one byte among that many pairs of summed words makes `wanted` of this sum.
    ///
    /// A sum is linear in each word. A word that grows by `d` makes the sums grow by `p * d` and `q * d`, where `p` and
    /// `q` depend only on how many words follow it, and one of the two is always odd and can be divided by.
    fn becomes(self, wanted: Self, pairs: usize) -> bool {
        let grown = (wanted.0.wrapping_sub(self.0), wanted.1.wrapping_sub(self.1));
        // The last pair's first and second word; every pair before passes through one more step of both sums.
        let step = |(p, q): (u32, u32)| (p.wrapping_add(q), p.wrapping_add(q.wrapping_mul(2)));
        let (mut first, mut second) = ((1, 1), (0, 1));
        for _ in 0..pairs {
            for (p, q) in [first, second] {
                let by = if p % 2 == 1 { divide(grown.0, p) } else { divide(grown.1, q) };
                if is_byte(by) && (by.wrapping_mul(p), by.wrapping_mul(q)) == grown {
                    return true;
                }
            }
            (first, second) = (step(first), step(second));
        }
        false
    }
}

/// `number / odd`, where all reckoning is modulo 2^32.
fn divide(number: u32, odd: u32) -> u32 {
    // Newton: an odd number is its own inverse in its last three bits, and each round doubles how many are right.
    let inverse = (0..4).fold(odd, |found, _| found.wrapping_mul(2_u32.wrapping_sub(odd.wrapping_mul(found))));
    number.wrapping_mul(inverse)
}

/// Whether a word that grows by this much may have changed in one byte only.
fn is_byte(by: u32) -> bool {
    by != 0 && [by, by.wrapping_neg()].iter().any(|by| (0..4).any(|byte| by & !(0xff << (8 * byte)) == 0))
}

#[cfg(test)]
mod tests;
