use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rocksdb::WriteBatch;

use super::{Fixture, GIB, key, text, write_next};
use crate::error::{Error, OpenError};
use crate::families::Family;
use crate::records::meta::{MetaKey, SCHEMA};
use crate::store::Store;
use crate::txn::Txn;

fn ephemeral(txn: &mut Txn) -> Result<u64, Error> {
    Ok(txn.next_position().0)
}

#[test]
fn positions_never_repeat_not_even_ephemeral_ones() {
    let fixture = Fixture::new();
    let mut highest = 0;
    for round in 0..4 {
        let store = fixture.open();
        assert!(store.position().0 >= highest);
        for _ in 0..3 {
            let position = store.commit_blocking(write_next).expect("committed").0;
            assert!(position > highest, "round {round}: {position} after {highest}");
            highest = store.commit_blocking(ephemeral).expect("committed");
            assert!(highest > position);
        }
        assert_eq!(store.position().0, highest);
    }
}

#[test]
fn positions_never_repeat_after_a_kill() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let written = store.commit_blocking(write_next).expect("committed").0;
    let highest = store.commit_blocking(ephemeral).expect("committed");
    let copy = fixture.copy_as_after_a_kill();
    let revived = fixture.try_open(copy.path()).expect("opens");
    assert!(revived.contains(&key(written)).expect("readable"), "acknowledged, so there");
    assert!(revived.position().0 >= highest);
    assert!(revived.commit_blocking(ephemeral).expect("committed") > highest);
    assert_eq!(revived.epoch(), store.epoch());
}

#[test]
fn one_process_at_a_time() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let Err(refused) = fixture.try_open(fixture.dir.path()) else { panic!("opened twice") };
    let words = refused.to_string();
    assert!(matches!(refused, OpenError::InUse { .. }) && words.contains(&std::process::id().to_string()), "{words}");
    drop(store);
    fixture.open();
}

#[test]
fn a_newer_schema_is_refused() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let mut batch = WriteBatch::default();
    store.shared.engine.add_record(&mut batch, &MetaKey::named(SCHEMA), &99);
    store.shared.engine.write(batch).expect("written");
    drop(store);
    let Err(refused) = fixture.try_open(fixture.dir.path()) else { panic!("opened") };
    assert!(matches!(refused, OpenError::Newer { found: 99, .. }), "{refused}");
    assert!(matches!(crate::verify::check(fixture.dir.path()), Err(OpenError::Newer { .. })));
}

#[test]
fn families_of_a_newer_program_are_refused() {
    let fixture = Fixture::new();
    drop(fixture.open());
    let path = fixture.dir.path().join("db");
    let options = rocksdb::Options::default();
    let names = rocksdb::DB::list_cf(&options, &path).expect("listed");
    let mut db = rocksdb::DB::open_cf(&options, &path, names).expect("opens");
    db.create_cf("hologram_dance", &options).expect("created");
    drop(db);
    let Err(refused) = fixture.try_open(fixture.dir.path()) else { panic!("opened") };
    assert!(refused.to_string().contains("hologram_dance"), "{refused}");
}

/// The live log, with a known number of single-record commits in it.
fn write_log(fixture: &Fixture, commits: u64) -> (tempfile::TempDir, PathBuf) {
    let store = fixture.open();
    for number in 1..=commits {
        let put = move |txn: &mut Txn| {
            txn.put(&key(number), &text(&"x".repeat(200)));
            Ok::<_, Error>(())
        };
        store.commit_blocking(put).expect("committed");
    }
    let copy = fixture.copy_as_after_a_kill();
    let log = newest(&copy.path().join("db"), "log");
    (copy, log)
}

fn newest(dir: &Path, extension: &str) -> PathBuf {
    let files = fs::read_dir(dir).expect("readable").map(|entry| entry.expect("readable").path());
    let found = files.filter(|path| path.extension().is_some_and(|found| found == extension)).max();
    found.expect("there is one")
}

/// How many of the commits are there; fails if one is missing before another one that is there.
fn prefix(store: &Arc<Store>, commits: u64) -> u64 {
    let there: Vec<bool> = (1..=commits).map(|number| store.contains(&key(number)).expect("readable")).collect();
    let count = there.iter().take_while(|there| **there).count();
    assert!(there[count..].iter().all(|there| !there), "a hole: {there:?}");
    count as u64
}

#[test]
fn a_torn_tail_opens_without_the_torn_commit() {
    let fixture = Fixture::new();
    let (copy, log) = write_log(&fixture, 20);
    let whole = fs::metadata(&log).expect("readable").len();
    for cut in [1, 7, 100, 250, 1_000] {
        let torn = tempfile::tempdir().expect("a temporary directory");
        super::copy_dir(copy.path(), torn.path());
        let torn_log = torn.path().join("db").join(log.file_name().expect("a file"));
        fs::OpenOptions::new().write(true).open(&torn_log).expect("writable").set_len(whole - cut).expect("cut");
        let store = fixture.try_open(torn.path()).unwrap_or_else(|error| panic!("cut {cut}: {error}"));
        let there = prefix(&store, 20);
        assert!((20 - cut.div_ceil(200)..20).contains(&there), "cut {cut}: {there} commits left");
        store.commit_blocking(write_next).expect("goes on");
    }
}

#[test]
fn damage_in_the_middle_of_the_log_refuses_to_open() {
    let fixture = Fixture::new();
    let (copy, log) = write_log(&fixture, 20);
    let bytes = fs::read(&log).expect("readable");
    for at in (bytes.len() / 4..bytes.len() / 2).step_by(97) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x40;
        fs::write(&log, &damaged).expect("writable");
        match fixture.try_open(copy.path()) {
            Err(OpenError::Engine(words)) => assert!(words.contains("orrupt"), "{words}"),
            Err(other) => panic!("byte {at}: {other}"),
            Ok(_) => panic!("byte {at}: opened"),
        }
    }
    fs::write(&log, &bytes).expect("writable");
    assert_eq!(prefix(&fixture.try_open(copy.path()).expect("the whole log opens"), 20), 20);
}

#[test]
fn a_changed_length_is_not_taken_for_a_torn_tail() {
    let fixture = Fixture::new();
    let (copy, log) = write_log(&fixture, 20);
    let bytes = fs::read(&log).expect("readable");
    let mut at = 0;
    while let Some(header) = bytes.get(at..at + 7) {
        let mut damaged = bytes.clone();
        damaged[at + 5] ^= 0x80;
        fs::write(&log, &damaged).expect("writable");
        let Err(refused) = fixture.try_open(copy.path()) else { panic!("byte {at}: opened") };
        assert!(matches!(refused, OpenError::LogDamaged { offset, .. } if offset == at as u64), "{refused}");
        let checked = crate::verify::check(copy.path()).expect_err("it does not open");
        assert_eq!(checked.to_string(), refused.to_string());
        at += 7 + usize::from(u16::from_le_bytes([header[4], header[5]]));
    }
    assert!(at == bytes.len() && at > 1_000);
    fs::write(&log, &bytes).expect("writable");
    assert_eq!(prefix(&fixture.try_open(copy.path()).expect("the whole log opens"), 20), 20);
}

#[test]
fn durability_settings_are_those_promised() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let path = newest_options(&fixture.dir.path().join("db"));
    let text = fs::read_to_string(path).expect("readable");
    for setting in [
        "wal_recovery_mode=kTolerateCorruptedTailRecords",
        "paranoid_checks=true",
        "track_and_verify_wals_in_manifest=true",
        "verify_sst_unique_id_in_manifest=true",
        "best_efforts_recovery=false",
        "file_checksum_gen_factory=FileChecksumGenCrc32cFactory",
        "manual_wal_flush=false",
        "enable_pipelined_write=false",
        "unordered_write=false",
        "two_write_queues=false",
        "recycle_log_file_num=0",
        "use_fsync=false",
        "atomic_flush=false",
        "max_open_files=-1",
        "wal_bytes_per_sync=0",
    ] {
        assert!(text.lines().any(|line| line.trim() == setting), "{setting} is not in force:\n{text}");
    }
    // For families: the default one and all of ours.
    for setting in ["force_consistency_checks=true", "paranoid_file_checks=true", "block_protection_bytes_per_key=8"] {
        let count = text.lines().filter(|line| line.trim() == setting).count();
        assert_eq!(count, Family::ALL.len() + 1, "{setting}");
    }
    drop(store);
}

/// By number: the files are `OPTIONS-000123`.
fn newest_options(dir: &Path) -> PathBuf {
    let files = fs::read_dir(dir).expect("readable").map(|entry| entry.expect("readable").path());
    let named =
        files.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("OPTIONS-")));
    named.max().expect("there is one")
}

#[test]
fn a_damaged_record_is_named_and_never_a_panic() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let mut batch = WriteBatch::default();
    let family = Family::NumberTypeStateKey;
    store.shared.engine.add(&mut batch, family, &7_u64.to_be_bytes(), Some(&[9, 9, 9]));
    store.shared.engine.add(&mut batch, family, b"short", Some(&[1, 0, 0]));
    store.shared.engine.write(batch).expect("written");
    let words = store.get(&key(7)).expect_err("damaged").to_string();
    assert!(words.contains("number_typestatekey") && words.contains(r"\x00\x07"), "{words}");
    let rows: Vec<_> = store.scan::<crate::records::rooms::ShortStateKeyKey>(()).collect();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| matches!(row, Err(Error::Damaged { .. }))), "{rows:?}");
    let inside = store.commit_blocking(|txn| txn.get(&key(7)).map(|_| ()));
    assert!(matches!(inside, Err(Error::Damaged { .. })));
}

#[tokio::test]
async fn every_way_of_opening_shows_the_same_records() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let position = store.commit(write_next).await.expect("committed").0;
    store.flush().await.expect("flushed");
    drop(store);
    let store = fixture.open();
    assert!(store.contains(&key(position)).expect("readable"), "reopened from tables");
    drop(store);
    fixture.set_free(GIB / 2);
    let store = fixture.open();
    assert!(store.contains(&key(position)).expect("readable"), "opened on a full disk");
    let report = tokio::task::spawn_blocking({
        let copy = fixture.copy_as_after_a_kill();
        move || crate::verify::check(copy.path()).expect("opens")
    });
    assert!(report.await.expect("no panic").findings.is_empty(), "opened read-only");
}
