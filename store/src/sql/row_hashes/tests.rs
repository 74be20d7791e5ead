use std::collections::BTreeSet;
use std::sync::Arc;

use ruma::device_id;
use rusqlite::Connection;
use tempfile::TempDir;

use super::super::tests::{alice, behind_the_back, fresh, new_session, pair};
use super::super::{Error, OpenError, Options, Sql, accounts, outbox, sessions, settings, verify};
use super::{NUMBERED, TABLES};

/// A database in which something is in every table that the tests change.
fn filled() -> (TempDir, Arc<Sql>) {
    let (dir, sql) = fresh();
    sql.write_blocking(|tx| -> Result<(), Error> {
        accounts::create(tx, &alice())?;
        sessions::create(tx, &new_session("PHONE", 1))?;
        sessions::create(tx, &new_session("LAPTOP", 2))?;
        settings::set(tx, "ports", &[1, 2])?;
        let work = outbox::Work::AccountDeactivated { user_id: alice().user_id, erase: true };
        outbox::push(tx, &work)
    })
    .unwrap();
    (dir, sql)
}

fn problems(sql: &Sql) -> Vec<String> {
    sql.read_blocking(|view| verify::problems(view.connection(), super::super::migrate::FORMAT)).unwrap()
}

fn names(connection: &Connection, condition: &str) -> BTreeSet<String> {
    let sql = format!("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND {condition}");
    let mut statement = connection.prepare(&sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn every_table_is_hashed_or_chained() {
    let (dir, _sql) = fresh();
    let connection = behind_the_back(&dir);
    let tables = TABLES.iter().map(|table| table.name).chain(["journal", "row_hashes"]);
    assert_eq!(names(&connection, "true"), tables.map(str::to_owned).collect());
    let numbered = NUMBERED.iter().map(|table| table.name.to_owned()).collect();
    assert_eq!(names(&connection, "sql LIKE '%AUTOINCREMENT%'"), numbered);
}

#[test]
fn hashes_follow_what_is_added_changed_renamed_taken_back_and_deleted() {
    let (_dir, sql) = filled();
    assert_eq!(problems(&sql), Vec::<String>::new());
    sql.write_blocking(|tx| -> Result<(), Error> {
        let user = alice().user_id;
        assert!(accounts::set_locked(tx, &user, true)?);
        let phone = sessions::get(tx, &user, device_id!("PHONE"))?.unwrap().session_id;
        assert!(sessions::replace_tokens(tx, phone, &pair(3), &pair(1))?);
        assert!(sessions::delete(tx, phone)?);
        settings::set(tx, "ports", &[3])?;
        assert!(settings::unset(tx, "ports")?);
        tx.execute("UPDATE sessions SET session_id = 70 WHERE device_id = 'LAPTOP'", [])?;
        outbox::done(tx, 1)
    })
    .unwrap();
    let refused = sql.write_blocking(|tx| -> Result<(), Error> {
        sessions::create(tx, &new_session("TABLET", 9))?;
        Err(Error::Closed)
    });
    refused.unwrap_err();
    assert_eq!(problems(&sql), Vec::<String>::new());
}

#[test]
fn whatever_is_changed_behind_the_back_is_found_at_the_next_start() {
    let cases = [
        ("UPDATE accounts SET password_hash = '$phd'", "table accounts that are not as they were written: 1"),
        ("UPDATE accounts SET admin = 1", "table accounts that are not as they were written: 1"),
        (
            "UPDATE sessions SET access_hash = zeroblob(32) WHERE session_id = 1",
            "table sessions that are not as they were written",
        ),
        ("UPDATE sessions SET last_seen_ms = last_seen_ms + 1", "table sessions that are not as they were written: 2"),
        ("DELETE FROM sessions WHERE device_id = 'PHONE'", "table sessions that are lost: 1"),
        ("INSERT INTO settings VALUES ('new', '1')", "table settings that are not as they were written: 1"),
        ("UPDATE settings SET value = '[1,3]'", "table settings that are not as they were written: 1"),
        ("UPDATE sqlite_sequence SET seq = 1 WHERE name = 'sessions'", "table sqlite_sequence that are not"),
        ("UPDATE row_hashes SET hash = zeroblob(32) WHERE of_table = 'outbox'", "table outbox that are not"),
        ("DELETE FROM row_hashes WHERE of_table = 'outbox'", "table outbox that are not"),
    ];
    for (change, words) in cases {
        let (dir, sql) = filled();
        sql.close();
        drop(sql);
        behind_the_back(&dir).execute_batch(change).unwrap();
        let found = verify::check(dir.path()).unwrap();
        assert!(found.len() == 1 && found[0].contains(words), "{change}: {found:?}");
        let error = Sql::open(dir.path(), Options::default()).err().unwrap();
        assert!(matches!(error, OpenError::Damaged { .. }) && error.to_string().contains(words), "{change}: {error}");
    }
}

#[test]
fn changed_definitions_are_found_and_an_index_made_by_hand_is_not_refused() {
    let (dir, sql) = filled();
    sql.close();
    drop(sql);
    let other = behind_the_back(&dir);
    other.execute_batch("CREATE INDEX by_hand ON sessions (last_seen_ms)").unwrap();
    assert_eq!(verify::check(dir.path()).unwrap(), Vec::<String>::new());
    other.execute_batch("PRAGMA writable_schema = ON").unwrap();
    let changed = other
        .execute("UPDATE sqlite_schema SET sql = replace(sql, 'locked         INTEGER NOT NULL DEFAULT 0', 'locked         INTEGER NOT NULL DEFAULT 1')", [])
        .unwrap();
    assert!(changed > 0);
    drop(other);
    let found = verify::check(dir.path()).unwrap();
    assert_eq!(found, ["table accounts is missing or defined otherwise than by this program"]);
    assert!(matches!(Sql::open(dir.path(), Options::default()), Err(OpenError::Damaged { .. })));
}

#[test]
fn a_row_that_is_damaged_while_the_server_runs_is_neither_read_nor_written_again() {
    let (dir, sql) = filled();
    behind_the_back(&dir).execute_batch("UPDATE accounts SET password_hash = '$phd'").unwrap();
    behind_the_back(&dir).execute_batch("UPDATE sessions SET last_seen_ms = 5 WHERE device_id = 'PHONE'").unwrap();
    let user = alice().user_id;
    let read = sql.read_blocking(|view| accounts::password_hash(view, &user));
    assert!(matches!(read, Err(Error::Corrupt(_))), "{read:?}");
    let read = sql.read_blocking(|view| sessions::by_refresh_token(view, &[101; 32]));
    assert!(matches!(read, Err(Error::Corrupt(_))), "{read:?}");
    let written = sql.write_blocking(move |tx| accounts::set_locked(tx, &user, true));
    assert!(written.as_ref().unwrap_err().to_string().contains("a row of accounts is damaged"), "{written:?}");
    // The others are as good as before.
    let laptop = sql.read_blocking(|view| sessions::by_refresh_token(view, &[102; 32])).unwrap().unwrap();
    assert_eq!(laptop.device_id, "LAPTOP");
    let found = problems(&sql);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn values_of_different_types_and_borders_hash_differently() {
    let connection = Connection::open_in_memory().unwrap();
    super::register(&connection).unwrap();
    let rows = ["NULL", "0", "'0'", "x'30'", "0.0", "'', '0'", "'0', ''", "x'', '0'", "1, 2", "12"];
    let hashes: BTreeSet<[u8; 32]> = rows
        .iter()
        .map(|row| connection.query_row(&format!("SELECT row_hash({row})"), [], |row| row.get(0)).unwrap())
        .collect();
    assert_eq!(hashes.len(), rows.len());
}
