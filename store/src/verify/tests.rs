use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ruma::{OwnedEventId, event_id, room_id, user_id};

use super::{BLOCK_CACHE_BYTES, Held, LINKS_DIR, Report, check, compare_content};
use crate::content::ContentHash;
use crate::engine::Engine;
use crate::error::{Error, OpenError};
use crate::families::Family;
use crate::positions::{ShortRoomId, ShortStateHash, StreamPosition};
use crate::records::content::{Media, MediaFile, MediaKey};
use crate::records::rooms::{
    EventIdKey, EventKind, EventLocation, OutlierKey, RoomIdKey, RoomRecord, RoomStateKey, ShortRoomKey, StateGroup,
    StateGroupKey, TimelineEntry, TimelineKey,
};
use crate::store::Store;
use crate::store::tests::Fixture;
use crate::txn::Txn;
use crate::values::Json;

const ROOM: ShortRoomId = ShortRoomId(1);
const GROUP: ShortStateHash = ShortStateHash(2);

fn entry(event_id: &OwnedEventId) -> TimelineEntry {
    TimelineEntry {
        short: StreamPosition(3),
        event_id: event_id.clone(),
        state_before: ShortStateHash::EMPTY,
        state_after: GROUP,
        room_state: GROUP,
        flags: 0,
        json: br#"{"type":"m.room.message"}"#.to_vec(),
    }
}

/// A small room with everything in its place.
fn write_room(txn: &mut Txn) {
    let room_id = room_id!("!room:example.org").to_owned();
    let creator = user_id!("@alice:example.org").to_owned();
    let record = RoomRecord { short: ROOM, version: "12".to_owned(), creator, created: StreamPosition(1) };
    txn.put(&RoomIdKey { room_id: room_id.clone() }, &record);
    txn.put(&ShortRoomKey { room: ROOM }, &room_id);
    let group = StateGroup { parent: None, added: Vec::new(), removed: Vec::new(), hops: 0 };
    txn.put(&StateGroupKey { group: GROUP }, &group);
    txn.put(&RoomStateKey { room: ROOM }, &GROUP);
    let event_id = event_id!("$event").to_owned();
    txn.put(&TimelineKey { room: ROOM, order: 1 }, &entry(&event_id));
    txn.put(&EventIdKey { event_id }, &EventLocation { room: ROOM, order: 1, kind: EventKind::Timeline });
    let event_id = event_id!("$outlier").to_owned();
    txn.put(&OutlierKey { event_id: event_id.clone() }, &Json(b"{}".to_vec()));
    txn.put(&EventIdKey { event_id }, &EventLocation { room: ROOM, order: 0, kind: EventKind::Outlier });
}

/// What `veche check` says about the small room after `damage` was done to it.
fn findings(damage: impl FnOnce(&mut Txn) + Send + 'static) -> Vec<String> {
    let fixture = Fixture::new();
    let store = fixture.open();
    let written = store.commit_blocking(|txn| {
        write_room(txn);
        damage(txn);
        Ok::<_, Error>(())
    });
    written.expect("committed");
    drop(store);
    let report = check(fixture.dir.path()).expect("opens");
    assert!(report.records > 8, "{report:?}");
    report.findings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_sound_store_has_no_findings() {
    assert_eq!(findings(|_| ()), Vec::<String>::new());
}

#[test]
fn each_kind_of_damage_is_found_and_named() {
    type Damage = fn(&mut Txn);
    let cases: &[(Damage, &str)] = &[
        (|txn| txn.delete(&ShortRoomKey { room: ROOM }), "short id does not lead back"),
        (|txn| txn.delete(&StateGroupKey { group: GROUP }), "current state is missing"),
        (|txn| txn.delete(&TimelineKey { room: ROOM, order: 1 }), "the timeline has no event"),
        (|txn| txn.delete(&EventIdKey { event_id: event_id!("$event").to_owned() }), "does not lead to its place"),
        (|txn| txn.delete(&OutlierKey { event_id: event_id!("$outlier").to_owned() }), "the outlier is missing"),
        (
            |txn| txn.put(&OutlierKey { event_id: event_id!("$outlier").to_owned() }, &Json(b"{".to_vec())),
            "not valid JSON",
        ),
        (
            |txn| {
                let parent = Some(ShortStateHash(77));
                let group = StateGroup { parent, added: Vec::new(), removed: Vec::new(), hops: 1 };
                txn.put(&StateGroupKey { group: GROUP }, &group);
            },
            "parent is missing",
        ),
    ];
    for (damage, words) in cases {
        let found = findings(*damage);
        assert!(found.len() == 1 && found[0].contains(words), "{words}: {found:?}");
        assert!(found[0].starts_with("family "), "{found:?}");
    }
}

#[test]
fn a_store_in_use_is_not_checked() {
    let fixture = Fixture::new();
    let _store = fixture.open();
    assert!(matches!(check(fixture.dir.path()), Err(OpenError::InUse { .. })));
}

#[test]
fn an_empty_directory_is_refused_not_created() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    check(dir.path()).expect_err("nothing to check");
    assert!(!dir.path().join("db").join("CURRENT").exists());
}

/// A closed store whose records are in tables and whose last commit is in the log.
fn closed_store() -> Fixture {
    let fixture = Fixture::new();
    let store = fixture.open();
    let room = |txn: &mut Txn| {
        write_room(txn);
        Ok::<_, Error>(())
    };
    store.commit_blocking(room).expect("committed");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(store.flush()).expect("flushed");
    store.commit_blocking(room).expect("committed");
    fixture
}

fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(dir).expect("readable").map(|entry| entry.expect("readable").path());
    files.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

/// Every record of a database, read in order and found by its key.
fn records(dir: &Path) -> BTreeMap<(&'static str, Vec<u8>), Vec<u8>> {
    let engine = Engine::open_read_only(&dir.join("db"), BLOCK_CACHE_BYTES).expect("opens");
    let mut found = BTreeMap::new();
    for family in Family::ALL {
        let read = engine.records(*family, |key, value| {
            let by_key = engine.get(*family, key).expect("readable").expect("found");
            assert_eq!(*by_key, *value);
            found.insert((family.name(), key.to_vec()), value.to_vec());
            ControlFlow::Continue(())
        });
        assert!(read.expect("readable").is_continue());
    }
    found
}

#[test]
fn no_flipped_byte_of_a_table_changes_what_is_read() {
    let fixture = closed_store();
    let expected = records(fixture.dir.path());
    let tables = files(&fixture.dir.path().join("db"), "sst");
    assert!(tables.len() > 4, "{tables:?}");
    for table in tables {
        let sound = fs::read(&table).expect("readable");
        let mut told = 0;
        let places: Vec<usize> = (0..sound.len()).step_by(sound.len() / 40 + 1).chain([10, sound.len() - 1]).collect();
        for &at in &places {
            let mut damaged = sound.clone();
            damaged[at] ^= 1 << (at % 8);
            fs::write(&table, &damaged).expect("writable");
            match check(fixture.dir.path()) {
                Ok(report) if report.findings.is_empty() => {
                    // A damaged filter is taken for one that knows nothing, and a note about the table for none.
                    assert_eq!(records(fixture.dir.path()), expected, "byte {at} of {}", table.display());
                    continue;
                }
                Ok(_) => {}
                Err(refused) => assert!(matches!(refused, OpenError::Engine(_)), "{refused}"),
            }
            told += 1;
        }
        assert!(told > places.len() / 2, "{told} of {} were told of", places.len());
        fs::write(&table, &sound).expect("writable");
    }
    assert!(check(fixture.dir.path()).expect("opens").findings.is_empty());
}

/// Every file below `dir` with its bytes.
fn bytes_of(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).expect("readable").map(|entry| entry.expect("readable")) {
        if entry.file_type().expect("readable").is_dir() {
            found.extend(bytes_of(&entry.path()));
            found.insert(entry.path(), Vec::new());
        } else {
            found.insert(entry.path(), fs::read(entry.path()).expect("readable"));
        }
    }
    found
}

#[test]
fn a_check_changes_no_byte_and_makes_no_file() {
    let fixture = Fixture::new();
    let store = fixture.open();
    store
        .commit_blocking(|txn| {
            write_room(txn);
            Ok::<_, Error>(())
        })
        .expect("committed");
    // Once as a server leaves it that was stopped, and once as one that was killed.
    for dir in [fixture.copy_as_after_a_kill(), {
        drop(store);
        fixture.copy_as_after_a_kill()
    }] {
        let before = bytes_of(dir.path());
        assert!(check(dir.path()).expect("opens").findings.is_empty());
        assert!(bytes_of(dir.path()) == before);
    }
}

#[test]
fn a_folder_is_kept_for_the_one_who_checks_it() {
    let fixture = closed_store();
    let held = Held::take(fixture.dir.path()).expect("nobody has it");
    assert!(
        matches!(fixture.try_open(fixture.dir.path()), Err(OpenError::InUse { holder, .. }) if holder == "unknown")
    );
    drop(Held::take(fixture.dir.path()).expect("two may look"));
    assert!(held.conversations().expect("opens").findings.is_empty());
    drop(held);
    drop(fixture.open());
}

/// Stores a file and a record that refers to it.
async fn upload(store: &Store, name: &str, bytes: &'static [u8]) -> ContentHash {
    let mut writer = store.content().create().await.expect("room");
    writer.write(bytes).await.expect("written");
    let stored = writer.finish().await.expect("finished");
    let key = MediaKey { media_id: name.to_owned() };
    let file = MediaFile { hash: stored.hash, bytes: stored.bytes, content_type: None, name: None };
    let owner = user_id!("@alice:example.org").to_owned();
    let record = Media { owner, created_ms: 1, file: Some(file) };
    let put = move |txn: &mut Txn| {
        txn.put(&key, &record);
        Ok::<_, Error>(())
    };
    store.commit(put).await.expect("committed");
    stored.hash
}

fn verify(store: &Store) -> Report {
    let found = store.verify(&mut |_| ControlFlow::Continue(())).expect("it can be verified");
    found.expect("not broken off")
}

#[tokio::test]
async fn a_store_in_use_verifies_itself() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let sound = upload(&store, "sound", b"sound").await;
    let damaged = upload(&store, "damaged", b"damaged").await;
    let missing = upload(&store, "missing", b"missing").await;
    let report = verify(&store);
    assert!(report.records >= 3 && report.content_files == 3 && report.findings.is_empty(), "{report:?}");

    let path = |hash: ContentHash| {
        let name = hash.to_string();
        fixture.dir.path().join("content").join(&name[..2]).join(&name[2..])
    };
    fs::write(path(damaged), b"DAMAGED").expect("writable");
    fs::remove_file(path(missing)).expect("there");
    let found: Vec<String> = verify(&store).findings.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().any(|it| it.starts_with(&format!("content file {damaged}: its bytes hash to"))), "{found:?}");
    assert!(found.iter().any(|it| it.starts_with(&format!("content file {missing}: a record refers"))), "{found:?}");
    assert!(!fixture.dir.path().join(LINKS_DIR).exists());

    // A file that is deleted together with its record while others are being read is not missed.
    let reader = Arc::clone(&store);
    let mut deleted = false;
    let found = store.verify(&mut |_| {
        if !std::mem::replace(&mut deleted, true) {
            fs::remove_file(path(sound)).expect("there");
            let gone = |txn: &mut Txn| {
                txn.delete(&MediaKey { media_id: "sound".to_owned() });
                Ok::<_, Error>(())
            };
            std::thread::scope(|scope| scope.spawn(|| reader.commit_blocking(gone)).join().expect("no panic"))
                .expect("committed");
        }
        ControlFlow::Continue(())
    });
    assert_eq!(found.expect("verified").expect("to its end").findings.len(), 2);
}

#[test]
fn a_verification_finds_a_flipped_byte_in_a_table_that_is_in_use() {
    let fixture = closed_store();
    let store = fixture.open();
    let key = OutlierKey { event_id: event_id!("$outlier").to_owned() };
    assert!(store.get(&key).expect("readable").is_some(), "the block is in the cache now");
    for table in files(&fixture.dir.path().join("db"), "sst") {
        let mut bytes = fs::read(&table).expect("readable");
        bytes[10] ^= 1;
        // In place: the open database has the file open.
        let file = fs::OpenOptions::new().write(true).open(&table).expect("writable");
        std::os::unix::fs::FileExt::write_all_at(&file, &bytes, 0).expect("writable");
    }
    assert!(store.get(&key).expect("out of the cache").is_some());
    assert!(!verify(&store).findings.is_empty());
}

#[test]
fn a_verification_can_be_broken_off_and_leaves_nothing_behind() {
    let fixture = closed_store();
    let store = fixture.open();
    fs::create_dir(fixture.dir.path().join(LINKS_DIR)).expect("what a killed process left");
    let mut calls = 0;
    let found = store.verify(&mut |_| {
        calls += 1;
        if calls == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(found.expect("no failure").is_none());
    assert_eq!(calls, 3);
    assert!(!fixture.dir.path().join(LINKS_DIR).exists());
}

#[test]
fn missing_and_damaged_content_is_found() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let [sound, damaged, missing] = [&b"sound"[..], b"damaged", b"missing"].map(ContentHash::of);
    for (hash, bytes) in [(sound, b"sound"), (damaged, b"DAMAG")] {
        let name = hash.to_string();
        let (folder, file) = name.split_at(2);
        fs::create_dir(dir.path().join(folder)).expect("created");
        fs::write(dir.path().join(folder).join(file), bytes).expect("written");
    }
    let mut report = Report::default();
    let mut pace = |_| ControlFlow::Continue(());
    let wanted = BTreeSet::from([sound, damaged, missing]);
    let gone = compare_content(dir.path(), wanted, &mut report, &mut pace).continue_value().expect("not broken off");
    assert_eq!((report.content_files, gone), (3, BTreeSet::from([missing])));
    let [found] = report.findings.as_slice() else { panic!("{report:?}") };
    assert_eq!(found.place, format!("content file {damaged}"));
    assert!(found.problem.contains("its bytes hash to"), "{found}");
}
