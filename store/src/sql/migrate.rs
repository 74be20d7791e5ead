//! Bringing the file to the newest format, one step at a time, each in a transaction of its own.
//!
//! To change the format: add a file and a line to `STEPS`. A step that was released never changes.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::OpenError;

/// Marks the file as ours ("vech"), so that no foreign database is ever migrated.
const APPLICATION_ID: i32 = 0x7665_6368;

/// Step n brings a file from format n to format n + 1.
const STEPS: &[&str] = &[include_str!("schema_1.sql")];

/// The format this program writes.
pub(super) const FORMAT: u32 = STEPS.len() as u32;

pub(super) fn run(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let unusable = |error: rusqlite::Error| OpenError::Unusable { path: path.to_owned(), problem: error.to_string() };
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(unusable)?;
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(unusable)?;
    let objects: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(unusable)?;
    let ours = id == APPLICATION_ID || (id == 0 && objects == 0);
    if !ours {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    if found > FORMAT {
        return Err(OpenError::Newer { path: path.to_owned(), found, known: FORMAT });
    }
    for (format, step) in (1_u32..).zip(STEPS).skip(found as usize) {
        apply(connection, format, step).map_err(unusable)?;
        tracing::info!(format, "migrated the administration database");
    }
    Ok(())
}

fn apply(connection: &mut Connection, format: u32, step: &str) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(step)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", format)?;
    transaction.commit()
}
