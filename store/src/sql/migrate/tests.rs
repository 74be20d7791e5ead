use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;

use super::super::grants::Grants;
use super::super::{FILE_NAME, OpenError, Options, Sql, accounts, connection, journal, sessions, settings, verify};
use super::{FORMAT, STEPS, format_up_to, in_memory, run_steps};

/// What the files of old formats held; a line for each format but the newest.
const OLD_FORMATS: [(u32, &str); 5] = [
    (1, include_str!("../fixtures/format_1.sql")),
    (2, include_str!("../fixtures/format_2.sql")),
    (3, include_str!("../fixtures/format_3.sql")),
    (4, include_str!("../fixtures/format_4.sql")),
    (5, include_str!("../fixtures/format_5.sql")),
];

const TWO_STEPS: &[&str] = &[
    "CREATE TABLE first (number INTEGER) STRICT; INSERT INTO first VALUES (1)",
    "UPDATE first SET number = number + 1",
];

fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection::prepare(&connection).unwrap();
    connection
}

/// Does what opening a file does, by a program that knows these steps.
fn migrate(connection: &mut Connection, steps: &[&str]) -> Result<(), OpenError> {
    let path = Path::new("test.sqlite");
    let found = format_up_to(connection, path, steps.len() as u32)?;
    run_steps(connection, path, found, steps)
}

/// The number that the steps count, and the format.
fn counted(connection: &Connection) -> (i64, u32) {
    let number = connection.query_row("SELECT sum(number) FROM first", [], |row| row.get(0)).unwrap();
    (number, connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap())
}

#[test]
fn a_fresh_file_takes_every_step_once() {
    let mut connection = database();
    for _ in 0..2 {
        migrate(&mut connection, TWO_STEPS).unwrap();
        assert_eq!(counted(&connection), (2, 2));
    }
}

#[test]
fn a_file_that_is_one_step_behind_takes_that_step_only() {
    let mut connection = database();
    migrate(&mut connection, &TWO_STEPS[..1]).unwrap();
    assert_eq!(counted(&connection), (1, 1));
    migrate(&mut connection, TWO_STEPS).unwrap();
    assert_eq!(counted(&connection), (2, 2));
}

#[test]
fn a_step_that_fails_leaves_the_file_as_it_was_before_it() {
    let mut connection = database();
    let failing = "UPDATE first SET number = 9; CREATE TABLE second (number INTEGER); SELECT no_such_function()";
    let error = migrate(&mut connection, &[TWO_STEPS[0], TWO_STEPS[1], failing]).unwrap_err();
    assert!(error.to_string().contains("no_such_function"), "{error}");
    assert_eq!(counted(&connection), (2, 2), "the steps before it are done");
    assert!(!connection.table_exists(Some("main"), "second").unwrap());
    assert!(connection.is_autocommit());
    migrate(&mut connection, &[TWO_STEPS[0], TWO_STEPS[1], "UPDATE first SET number = 3"]).unwrap();
    assert_eq!(counted(&connection), (3, 3), "a better program goes on from there");
}

#[test]
fn a_newer_file_is_refused_unchanged() {
    let mut connection = database();
    migrate(&mut connection, TWO_STEPS).unwrap();
    let error = migrate(&mut connection, &TWO_STEPS[..1]).unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 2, known: 1, .. }), "{error}");
    assert_eq!(counted(&connection), (2, 2));
}

#[test]
fn somebody_elses_file_is_refused_unchanged() {
    let mut connection = database();
    connection.execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    assert!(matches!(migrate(&mut connection, TWO_STEPS), Err(OpenError::Foreign { .. })));
    assert!(!connection.table_exists(Some("main"), "first").unwrap());
}

#[test]
fn a_file_of_every_old_format_is_opened_with_all_it_holds() {
    assert_eq!(OLD_FORMATS.map(|(format, _)| format).as_slice(), (1..FORMAT).collect::<Vec<_>>());
    for (format, dump) in OLD_FORMATS {
        let dir = TempDir::new().unwrap();
        let old = Connection::open(dir.path().join(FILE_NAME)).unwrap();
        old.execute_batch(dump).unwrap();
        drop(old);
        assert_eq!(verify::check(dir.path()).unwrap(), Vec::<String>::new(), "format {format}, before");
        let sql = Sql::open(dir.path(), Options::default()).unwrap();
        sql.read_blocking(|view| -> Result<(), super::super::Error> {
            let accounts = accounts::all(view)?;
            let marks: Vec<_> = accounts.iter().map(|it| (it.admin, it.has_password, it.locked, it.erased)).collect();
            assert_eq!(marks, [(true, true, false, false), (false, false, true, true)]);
            let roles: Vec<_> = accounts.iter().map(accounts::Account::role).collect();
            assert_eq!(roles, [Some(accounts::Role::Administrator(Grants::ALL)), None]);
            let sessions = sessions::all(view)?;
            assert_eq!(sessions.iter().map(|it| it.session_id.0).collect::<Vec<_>>(), [3, 4]);
            assert_eq!(sessions[0].previous.unwrap().refresh, Some([4; 32]));
            assert_eq!(settings::get::<String>(view, "server.name")?.as_deref(), Some("ex.org"));
            assert_eq!(journal::verify(view)?, None);
            Ok(())
        })
        .unwrap();
        sql.close();
        assert_eq!(verify::check(dir.path()).unwrap(), Vec::<String>::new(), "format {format}, after");
    }
}

#[test]
fn every_old_format_is_still_what_its_steps_make() {
    for (format, dump) in OLD_FORMATS {
        let fixture = Connection::open_in_memory().unwrap();
        fixture.execute_batch(dump).unwrap();
        let made = in_memory(format).unwrap();
        assert_eq!(schema(&fixture), schema(&made), "format {format}: a step that was released never changes");
    }
    assert_eq!(STEPS.len(), FORMAT as usize);
}

fn schema(connection: &Connection) -> Vec<(String, Option<String>)> {
    let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}
