use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;

use super::{Damage, FRAME_HEADER_BYTES, HEADER_BYTES, Log, read};

/// Small, so that a transaction has several.
const PAGE_BYTES: usize = 1_024;
const FRAME_BYTES: usize = FRAME_HEADER_BYTES + PAGE_BYTES;

/// A database whose log is written by the engine itself and never emptied.
struct Fixture {
    dir: tempfile::TempDir,
    connection: Connection,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let connection = Connection::open(dir.path().join("test.sqlite")).unwrap();
        connection.execute_batch(&format!("PRAGMA page_size = {PAGE_BYTES}; PRAGMA journal_mode = wal")).unwrap();
        connection.execute_batch("PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL").unwrap();
        connection.execute_batch("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)").unwrap();
        Self { dir, connection }
    }

    fn note(&self, bytes: usize) {
        self.connection.execute("INSERT INTO notes (text) VALUES (?1)", [random_text(bytes)]).unwrap();
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("test.sqlite-wal")
    }

    fn log(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }
}

/// Text that is not the same everywhere, so that no two pages are alike.
fn random_text(bytes: usize) -> String {
    let mut word = bytes as u64 + 1;
    let letters = std::iter::repeat_with(|| {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + (word >> 33) as u8 % 26)
    });
    letters.take(bytes).collect()
}

/// A log of three transactions: the table, one small note, and one that takes several frames.
fn three_transactions() -> Vec<u8> {
    let fixture = Fixture::new();
    fixture.note(100);
    fixture.note(5_000);
    fixture.log()
}

/// Where the transactions of a sound log end, as numbers of frames.
fn ends(log: &[u8]) -> Vec<usize> {
    let frames = log[HEADER_BYTES..].chunks_exact(FRAME_BYTES);
    let commits = frames.enumerate().filter(|(_, frame)| frame[4..8] != [0; 4]);
    commits.map(|(index, _)| index + 1).collect()
}

fn frames_of(log: &[u8]) -> Result<usize, Damage> {
    read(log).map(|log| log.frames.len())
}

fn frame_at(index: usize) -> usize {
    HEADER_BYTES + index * FRAME_BYTES
}

#[test]
fn a_sound_log_is_read_to_its_end() {
    let bytes = three_transactions();
    let ends = ends(&bytes);
    assert!(ends.len() == 3 && ends[2] - ends[1] > 4, "{ends:?}");
    let log = read(&bytes).unwrap();
    assert_eq!((log.page_bytes, log.frames.len()), (PAGE_BYTES, ends[2]));
    let highest = log.frames.iter().map(|(number, _)| *number).max().unwrap();
    assert_eq!(log.pages, highest, "the last page is among the new ones");
}

#[test]
fn nothing_is_an_empty_log() {
    let empty = Log { page_bytes: 0, pages: 0, frames: Vec::new() };
    let bytes = three_transactions();
    for length in 0..HEADER_BYTES {
        assert_eq!(read(&bytes[..length]), Ok(Log { frames: Vec::new(), ..empty }), "{length} bytes");
    }
    assert_eq!(frames_of(&[0; HEADER_BYTES]), Ok(0), "a header that was not written to its end");
    assert_eq!(frames_of(&bytes[..HEADER_BYTES]), Ok(0));
}

#[test]
fn a_log_that_was_cut_anywhere_is_torn_and_not_damaged() {
    let bytes = three_transactions();
    let ends = ends(&bytes);
    for cut in (0..bytes.len()).step_by(31) {
        let frames = cut.saturating_sub(HEADER_BYTES) / FRAME_BYTES;
        let whole = ends.iter().copied().filter(|end| *end <= frames).max().unwrap_or(0);
        assert_eq!(frames_of(&bytes[..cut]), Ok(whole), "cut at {cut}");
        // The file may have grown before what is in it was written.
        let mut zeros = bytes.clone();
        zeros[cut..].fill(0);
        let frames = (0..).take_while(|frame| zeros.get(..frame_at(frame + 1)) == bytes.get(..frame_at(frame + 1)));
        let frames = frames.take(ends[2]).count();
        let whole = ends.iter().copied().filter(|end| *end <= frames).max().unwrap_or(0);
        if cut >= HEADER_BYTES {
            assert_eq!(frames_of(&zeros), Ok(whole), "zeros from {cut}");
        }
    }
}

#[test]
fn frames_of_the_last_transaction_may_have_reached_the_disk_in_any_order() {
    let bytes = three_transactions();
    let ends = ends(&bytes);
    for lost in ends[1]..ends[2] {
        for (from, length) in [(0, FRAME_BYTES), (0, FRAME_HEADER_BYTES), (FRAME_HEADER_BYTES, PAGE_BYTES), (512, 512)]
        {
            let mut torn = bytes.clone();
            torn[frame_at(lost) + from..][..length].fill(0);
            assert_eq!(frames_of(&torn), Ok(ends[1]), "frame {lost}, {length} bytes from {from}");
        }
    }
}

#[test]
fn a_lost_frame_before_the_last_transaction_is_damage() {
    let bytes = three_transactions();
    let ends = ends(&bytes);
    // Without its header, the one frame of the second transaction might be the first one of the third.
    let whole = (0..ends[0]).map(|lost| (lost, 0));
    let pages = (0..ends[1]).map(|lost| (lost, FRAME_HEADER_BYTES));
    for (lost, from) in whole.chain(pages) {
        let mut damaged = bytes.clone();
        damaged[frame_at(lost) + from..frame_at(lost + 1)].fill(0);
        assert_eq!(frames_of(&damaged), Err(Damage { offset: frame_at(lost) }), "frame {lost} from {from}");
    }
    let mut damaged = bytes;
    damaged[..HEADER_BYTES].fill(0);
    assert_eq!(frames_of(&damaged), Err(Damage { offset: 0 }), "the header");
}

#[test]
fn no_flipped_bit_goes_unnoticed_not_even_in_the_last_transaction() {
    let bytes = three_transactions();
    let last = bytes.len() - FRAME_BYTES;
    // Every bit of the log's header, of the first frame's and of the last one's, and a bit of every other place.
    let headers = (0..HEADER_BYTES + FRAME_HEADER_BYTES).chain(last..last + FRAME_HEADER_BYTES);
    let everywhere = (HEADER_BYTES..bytes.len()).step_by(13);
    let flips = headers.flat_map(|at| (0..8).map(move |bit| (at, bit))).chain(everywhere.map(|at| (at, at % 8)));
    for (at, bit) in flips {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << bit;
        let offset = at.checked_sub(HEADER_BYTES).map_or(0, |at| frame_at(at / FRAME_BYTES));
        assert_eq!(frames_of(&damaged), Err(Damage { offset }), "bit {bit} of byte {at}");
    }
}

#[test]
fn frames_from_before_the_log_was_begun_anew_are_no_damage() {
    let fixture = Fixture::new();
    fixture.note(5_000);
    let before = fixture.log();
    let busy: i64 = fixture.connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get(0)).unwrap();
    assert_eq!(busy, 0);
    fixture.note(100);
    let after = fixture.log();
    assert!(after.len() == before.len() && after[..HEADER_BYTES] != before[..HEADER_BYTES]);
    let frames = frames_of(&after).unwrap();
    assert!(frames > 0 && frames < ends(&before)[1], "{frames} frames are new");
    // A bad frame among the new ones, before old ones.
    let mut damaged = after;
    damaged[frame_at(frames - 1) + 100] ^= 4;
    assert_eq!(frames_of(&damaged), Err(Damage { offset: frame_at(frames - 1) }));
}

#[test]
fn frames_of_a_transaction_that_was_taken_back_are_no_damage() {
    let fixture = Fixture::new();
    // With a cache this small, pages go into the log before their transaction has ended.
    fixture.connection.execute_batch("PRAGMA cache_size = 5; BEGIN").unwrap();
    for _ in 0..40 {
        fixture.note(3_000);
    }
    fixture.connection.execute_batch("ROLLBACK").unwrap();
    fixture.note(100);
    let log = fixture.log();
    let ends = ends(&log);
    assert!(log.len() > frame_at(ends[1] + 10), "frames were left behind");
    assert_eq!(ends.len(), 2);
    assert_eq!(frames_of(&log), Ok(ends[1]));
}

#[test]
fn checksums_of_a_big_endian_machine_are_read() {
    let mut bytes = three_transactions();
    let frames = ends(&bytes)[2];
    bytes[3] |= 1;
    let mut sums = [0_u32; 2];
    let mut add = |bytes: &[u8]| {
        for pair in bytes.chunks_exact(8) {
            sums[0] = sums[0].wrapping_add(u32::from_be_bytes(pair[..4].try_into().unwrap())).wrapping_add(sums[1]);
            sums[1] = sums[1].wrapping_add(u32::from_be_bytes(pair[4..].try_into().unwrap())).wrapping_add(sums[0]);
        }
        sums.map(u32::to_be_bytes).concat()
    };
    let sum = add(&bytes[..24]);
    bytes[24..32].copy_from_slice(&sum);
    for frame in 0..frames {
        let at = frame_at(frame);
        add(&bytes[at..at + 8]);
        let sum = add(&bytes[at + FRAME_HEADER_BYTES..at + FRAME_BYTES]);
        bytes[at + 16..at + 24].copy_from_slice(&sum);
    }
    assert_eq!(frames_of(&bytes), Ok(frames));
    bytes[frame_at(1) + 500] ^= 1;
    assert_eq!(frames_of(&bytes), Err(Damage { offset: frame_at(1) }));
}
