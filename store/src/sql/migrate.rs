//! Bringing the file to the newest format, one step at a time, each in a transaction of its own.
//!
//! To change the format: add a file and a line to `STEPS`, and keep a database of the old format for the tests
//! (`sql/fixtures`). A step that was released never changes. A step that makes a table adds it to
//! `row_hashes::TABLES`; all rows are hashed anew at the end of each step.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::{OpenError, connection, row_hashes};

/// Marks the file as ours ("vech"), so that no foreign database is ever migrated.
const APPLICATION_ID: i32 = 0x7665_6368;

/// Step n brings a file from format n to format n + 1.
const STEPS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
];

/// The format this program writes.
pub(super) const FORMAT: u32 = STEPS.len() as u32;

/// The format of an open file: 0 for an empty one. Fails if it is newer than this program, or somebody else's.
pub(super) fn format(connection: &Connection, path: &Path) -> Result<u32, OpenError> {
    format_up_to(connection, path, FORMAT)
}

/// Brings a file that has format `found` to the newest.
pub(super) fn run(connection: &mut Connection, path: &Path, found: u32) -> Result<(), OpenError> {
    run_steps(connection, path, found, STEPS)
}

/// A new database of an older or the newest format, in memory.
pub(super) fn in_memory(format: u32) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    connection::prepare(&connection)?;
    for (number, step) in (1..=format).zip(STEPS) {
        apply(&mut connection, number, step)?;
    }
    Ok(connection)
}

fn format_up_to(connection: &Connection, path: &Path, known: u32) -> Result<u32, OpenError> {
    let failed = |error: rusqlite::Error| connection::describe(path, &error);
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(failed)?;
    let objects: i64 =
        connection.query_row("SELECT count(*) FROM main.sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    let ours = id == APPLICATION_ID || (id == 0 && objects == 0);
    if !ours {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    if found > known {
        return Err(OpenError::Newer { path: path.to_owned(), found, known });
    }
    Ok(found)
}

fn run_steps(connection: &mut Connection, path: &Path, found: u32, steps: &[&str]) -> Result<(), OpenError> {
    for (format, step) in (1_u32..).zip(steps).skip(found as usize) {
        apply(connection, format, step).map_err(|error| connection::describe(path, &error))?;
        tracing::info!(format, "migrated the administration database");
    }
    Ok(())
}

fn apply(connection: &mut Connection, format: u32, step: &str) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    row_hashes::detach(&transaction)?;
    transaction.execute_batch(step)?;
    row_hashes::attach(&transaction)?;
    row_hashes::fill(&transaction)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", format)?;
    transaction.commit()
}

#[cfg(test)]
mod tests;
