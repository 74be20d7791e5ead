use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::super::tests::{act, alice, behind_the_back, fresh, new_session};
use super::super::{Error, FILE_NAME, OpenError, Options, Sql, accounts, journal, sessions, settings};
use super::{check, image, in_memory, log_path};

fn bytes_of(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

/// What a killed process leaves: a file and a log with changes that are not in the file yet.
fn killed() -> TempDir {
    let (dir, sql) = fresh();
    sql.write_blocking(|tx| accounts::create(tx, &alice())).unwrap();
    for number in 1..=20 {
        sql.write_blocking(move |tx| -> Result<(), Error> {
            sessions::create(tx, &new_session(&format!("DEVICE{number}"), number))?;
            journal::append(tx, &act(u64::from(number)))
        })
        .unwrap();
    }
    let after = TempDir::new().unwrap();
    for (name, bytes) in bytes_of(dir.path()) {
        if !name.ends_with("-shm") {
            fs::write(after.path().join(name), bytes).unwrap();
        }
    }
    after
}

#[test]
fn a_check_reads_the_log_and_changes_no_byte() {
    let dir = killed();
    let before = bytes_of(dir.path());
    assert!(before[&format!("{FILE_NAME}-wal")].len() > 50_000);
    assert_eq!(check(dir.path()).unwrap(), Vec::<String>::new());
    assert_eq!(bytes_of(dir.path()), before);
    // What it read is what the engine reads.
    let copy = in_memory(&image(&dir.path().join(FILE_NAME)).unwrap()).unwrap();
    let seen: i64 = copy.query_row("SELECT count(*) FROM sessions", [], |row| row.get(0)).unwrap();
    let engine: i64 = behind_the_back(&dir).query_row("SELECT count(*) FROM sessions", [], |row| row.get(0)).unwrap();
    assert_eq!((seen, engine), (20, 20));
}

#[test]
fn the_copy_in_memory_is_the_file_that_the_engine_writes() {
    let dir = killed();
    // A database that has become smaller, too.
    let other = behind_the_back(&dir);
    other.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    settings_of_bytes(&other, 200_000);
    other.execute_batch("DELETE FROM settings; VACUUM").unwrap();
    settings_of_bytes(&other, 20_000);
    let mut ours = image(&dir.path().join(FILE_NAME)).unwrap();
    let busy: i64 = other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
    assert_eq!(busy, 0);
    ours[18..20].fill(2);
    assert!(ours == fs::read(dir.path().join(FILE_NAME)).unwrap());
}

fn settings_of_bytes(connection: &rusqlite::Connection, bytes: usize) {
    let text = format!("\"{}\"", "x".repeat(bytes));
    connection.execute("INSERT INTO settings VALUES ('large', ?1)", [text]).unwrap();
}

#[test]
fn no_flipped_bit_of_the_log_loses_a_commit_unsaid() {
    let dir = killed();
    let log = log_path(&dir.path().join(FILE_NAME));
    let sound = fs::read(&log).unwrap();
    for at in (0..sound.len()).step_by(2_999).chain([sound.len() - 1]) {
        let mut damaged = sound.clone();
        damaged[at] ^= 0x10;
        fs::write(&log, &damaged).unwrap();
        let before = bytes_of(dir.path());
        for refused in [check(dir.path()).err(), Sql::open(dir.path(), Options::default()).err()] {
            let error = refused.unwrap_or_else(|| panic!("byte {at} of the log"));
            assert!(matches!(&error, OpenError::Damaged { path, .. } if *path == log), "byte {at}: {error}");
            assert!(error.to_string().contains("acknowledged changes"), "{error}");
        }
        assert!(bytes_of(dir.path()) == before, "what is refused stays as it is");
    }
}

#[test]
fn a_log_that_ends_in_the_middle_of_a_write_is_opened() {
    let dir = killed();
    let log = log_path(&dir.path().join(FILE_NAME));
    let sound = fs::read(&log).unwrap();
    fs::write(&log, &sound[..sound.len() - 100]).unwrap();
    assert_eq!(check(dir.path()).unwrap(), Vec::<String>::new());
    let sql = Sql::open(dir.path(), Options::default()).unwrap();
    assert_eq!(sql.read_blocking(sessions::all).unwrap().len(), 19, "only the last one is gone");
    assert_eq!(fs::metadata(log).unwrap().len(), 0, "nothing torn stays behind what is written next");
}

#[test]
fn a_log_without_its_file_is_refused() {
    let dir = killed();
    let file = dir.path().join(FILE_NAME);
    fs::write(&file, "").unwrap();
    for _ in 0..2 {
        let error = Sql::open(dir.path(), Options::default()).err().unwrap().to_string();
        assert!(error.contains("its log holds acknowledged changes"), "{error}");
        let _ = fs::remove_file(&file);
    }
}

/// Flips bits all over the file. Whoever opens it is told, or else every answer is the old one.
#[test]
fn no_flipped_bit_of_the_file_gives_a_wrong_answer() {
    let (dir, sql) = fresh();
    sql.write_blocking(|tx| -> Result<(), Error> {
        accounts::create(tx, &alice())?;
        sessions::create(tx, &new_session("PHONE", 1))?;
        settings::set(tx, "ports", &[1, 2])?;
        journal::append(tx, &act(1))
    })
    .unwrap();
    let answers = |sql: &Sql| {
        sql.read_blocking(|view| -> Result<_, Error> {
            let password = accounts::password_hash(view, &alice().user_id)?;
            let page = journal::page(view, 0, 9)?;
            Ok((accounts::all(view)?, password, sessions::all(view)?, settings::all(view)?, page))
        })
    };
    let expected = answers(&sql).unwrap();
    sql.close();
    drop(sql);
    let file = dir.path().join(FILE_NAME);
    let sound = fs::read(&file).unwrap();
    let (mut told, mut meaningless) = (0, 0);
    for at in (0..100).chain((100..sound.len()).step_by(397)) {
        let mut damaged = sound.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(&file, &damaged).unwrap();
        let found = check(dir.path()).map_or(true, |problems| !problems.is_empty());
        match Sql::open(dir.path(), Options::default()) {
            Err(error) => {
                assert!(found, "byte {at}: the check finds nothing, but the start is refused: {error}");
                told += 1;
            }
            Ok(sql) => {
                assert!(!found, "byte {at}: the check finds something, but the start is not refused");
                assert_eq!(answers(&sql).unwrap(), expected, "byte {at}");
                meaningless += 1;
            }
        }
        for rest in ["-wal", "-shm"] {
            let _ = fs::remove_file(dir.path().join(format!("{FILE_NAME}{rest}")));
        }
    }
    assert!(told > 20 && meaningless > 20, "{told} were told of, {meaningless} changed nothing that is ever read");
}
