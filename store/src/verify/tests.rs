use std::collections::BTreeSet;
use std::fs;

use ruma::{OwnedEventId, event_id, room_id, user_id};

use super::{Report, check, check_content};
use crate::content::ContentHash;
use crate::error::{Error, OpenError};
use crate::positions::{ShortRoomId, ShortStateHash, StreamPosition};
use crate::records::rooms::{
    EventIdKey, EventKind, EventLocation, OutlierKey, RoomIdKey, RoomRecord, RoomStateKey, ShortRoomKey, StateGroup,
    StateGroupKey, TimelineEntry, TimelineKey,
};
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

#[test]
fn no_flipped_byte_of_a_table_goes_unnoticed() {
    let fixture = Fixture::new();
    let store = fixture.open();
    store
        .commit_blocking(|txn| {
            write_room(txn);
            Ok::<_, Error>(())
        })
        .expect("committed");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(store.flush()).expect("flushed");
    drop(store);
    let db = fixture.dir.path().join("db");
    let tables = fs::read_dir(&db).expect("readable").map(|entry| entry.expect("readable").path());
    let tables: Vec<_> = tables.filter(|path| path.extension().is_some_and(|found| found == "sst")).collect();
    assert!(!tables.is_empty());
    for table in tables {
        let sound = fs::read(&table).expect("readable");
        // The first block holds the records themselves.
        let mut damaged = sound.clone();
        damaged[10] ^= 1;
        fs::write(&table, &damaged).expect("writable");
        match check(fixture.dir.path()) {
            Ok(report) => assert!(!report.findings.is_empty(), "{}", table.display()),
            Err(refused) => assert!(matches!(refused, OpenError::Engine(_)), "{refused}"),
        }
        fs::write(&table, &sound).expect("writable");
    }
    assert!(check(fixture.dir.path()).expect("opens").findings.is_empty());
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
    check_content(dir.path(), &BTreeSet::from([sound, damaged, missing]), &mut report);
    assert_eq!((report.content_files, report.findings.len()), (3, 2));
    for (hash, words) in [(damaged, "its bytes hash to"), (missing, "it is missing")] {
        let place = format!("content file {hash}");
        let found = report.findings.iter().find(|finding| finding.place == place).expect("found");
        assert!(found.problem.contains(words), "{found}");
    }
}
