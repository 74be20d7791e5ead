//! A hash of every row, kept beside it, so that a changed byte in the file does not go unnoticed.
//!
//! SQLite's pages carry no checksum: the file's own check finds a broken tree and not a changed value in it. So the
//! table `row_hashes` holds the SHA-256 of every row of every table in [`TABLES`], written by triggers in the same
//! transaction as the row. Why so, and what is compared when: `docs/administration-database.md`.
//!
//! The triggers and the function they call belong to the connections of this program and not to the file: a table that
//! gets another column needs nothing here, and what was changed by another program shows as what it is.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{ToSql, ValueRef};
use sha2::{Digest, Sha256};

use super::Error;

/// A table whose rows are hashed, and the column that names a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Table {
    name: &'static str,
    key: &'static str,
}

/// All tables save the journal, whose rows are chained by hashes of their own, and the hashes themselves.
/// A new table is a new line here.
pub(super) const TABLES: [Table; 18] = [
    Table { name: "accounts", key: "user_id" },
    Table { name: "sessions", key: "session_id" },
    Table { name: "registration_tokens", key: "token" },
    Table { name: "short_tokens", key: "token_hash" },
    Table { name: "settings", key: "key" },
    Table { name: "secrets", key: "name" },
    Table { name: "reports", key: "report_id" },
    Table { name: "outbox", key: "row_id" },
    Table { name: "days", key: "day" },
    Table { name: "closed_rooms", key: "room_id" },
    Table { name: "second_factors", key: "user_id" },
    Table { name: "passkeys", key: "credential_id" },
    Table { name: "meetings", key: "meeting_id" },
    Table { name: "guests", key: "user_id" },
    Table { name: "user_directories", key: "directory_id" },
    Table { name: "directory_people", key: "user_id" },
    Table { name: "directory_reports", key: "report_id" },
    SEQUENCE,
];

/// Tables whose numbers are never given twice, with the number's column. The engine keeps the last number of each in a
/// table that can have no triggers.
pub(super) const NUMBERED: [Table; 7] = [
    Table { name: "sessions", key: "session_id" },
    Table { name: "journal", key: "row_id" },
    Table { name: "reports", key: "report_id" },
    Table { name: "outbox", key: "row_id" },
    Table { name: "meetings", key: "meeting_id" },
    Table { name: "user_directories", key: "directory_id" },
    Table { name: "directory_reports", key: "report_id" },
];

const SEQUENCE: Table = Table { name: "sqlite_sequence", key: "name" };

/// Teaches a connection the function that hashes a row.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("row_hash", -1, flags, hash)
}

/// Shows a connection what the rows of each table hash to now, in views named `hashed_<table>`.
pub(super) fn attach(connection: &Connection) -> rusqlite::Result<()> {
    for Table { name, key } in hashed(connection)? {
        let values = columns(connection, name, "")?;
        connection.execute_batch(&format!(
            "CREATE TEMP VIEW hashed_{name} AS SELECT {key} AS of_key, row_hash('{name}', {values}) AS hash FROM main.{name}"
        ))?;
    }
    Ok(())
}

/// Takes the views away: the engine lets no table change its form while a view shows it.
pub(super) fn detach(connection: &Connection) -> rusqlite::Result<()> {
    for Table { name, .. } in TABLES {
        connection.execute_batch(&format!("DROP VIEW IF EXISTS temp.hashed_{name}"))?;
    }
    Ok(())
}

/// Makes the one writing connection keep the hashes up to date. To be called once the tables have their last form.
pub(super) fn keep(connection: &Connection) -> rusqlite::Result<()> {
    for Table { name, key } in hashed(connection)?.into_iter().filter(|table| *table != SEQUENCE) {
        let (old, new) = (columns(connection, name, "OLD.")?, columns(connection, name, "NEW.")?);
        // A damaged row that is written again would be given the hash of its damage.
        connection.execute_batch(&format!(
            "CREATE TEMP TRIGGER {name}_is_whole BEFORE UPDATE ON main.{name} BEGIN
                SELECT RAISE(ABORT, 'a row of {name} is damaged') WHERE row_hash('{name}', {old}) IS NOT
                    (SELECT hash FROM row_hashes WHERE of_table = '{name}' AND of_key = +OLD.{key});
             END;
             CREATE TEMP TRIGGER {name}_changed AFTER UPDATE ON main.{name} BEGIN
                UPDATE row_hashes SET of_key = NEW.{key}, hash = row_hash('{name}', {new})
                WHERE of_table = '{name}' AND of_key = +OLD.{key};
             END;
             CREATE TEMP TRIGGER {name}_added AFTER INSERT ON main.{name} BEGIN
                INSERT INTO row_hashes VALUES ('{name}', NEW.{key}, row_hash('{name}', {new}));
             END;
             CREATE TEMP TRIGGER {name}_gone AFTER DELETE ON main.{name} BEGIN
                DELETE FROM row_hashes WHERE of_table = '{name}' AND of_key = +OLD.{key};
             END;"
        ))?;
    }
    for Table { name, key } in NUMBERED {
        connection.execute_batch(&format!(
            "CREATE TEMP TRIGGER {name}_numbered AFTER INSERT ON main.{name} BEGIN
                INSERT OR REPLACE INTO row_hashes
                VALUES ('sqlite_sequence', '{name}', row_hash('sqlite_sequence', '{name}', NEW.{key}));
             END;"
        ))?;
    }
    Ok(())
}

/// Hashes every row anew, as part of a migration. The rows were compared before.
pub(super) fn fill(connection: &Connection) -> rusqlite::Result<()> {
    let tables = hashed(connection)?;
    if !tables.is_empty() {
        connection.execute_batch("DELETE FROM row_hashes")?;
    }
    for Table { name, .. } in tables {
        let copy = format!("INSERT INTO row_hashes SELECT '{name}', of_key, hash FROM temp.hashed_{name}");
        connection.execute_batch(&copy)?;
    }
    Ok(())
}

/// What is wrong with the rows, table by table, in plain words. The keys stay unsaid: some of them are secrets.
pub(super) fn problems(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut found = Vec::new();
    for Table { name, key } in hashed(connection)? {
        // The sign keeps the engine from converting the key, after which it could not be looked up.
        let changed = format!(
            "SELECT count(*) FROM temp.hashed_{name} AS row WHERE row.hash IS NOT
                (SELECT hash FROM row_hashes WHERE of_table = '{name}' AND of_key = +row.of_key)"
        );
        let lost = format!(
            "SELECT count(*) FROM row_hashes AS kept WHERE kept.of_table = '{name}'
                AND NOT EXISTS (SELECT 1 FROM main.{name} AS row WHERE row.{key} = +kept.of_key)"
        );
        for (sql, words) in [(changed, "not as they were written"), (lost, "lost")] {
            let rows: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
            if rows > 0 {
                found.push(format!("rows of table {name} that are {words}: {rows}"));
            }
        }
    }
    Ok(found)
}

/// Fails with [`Error::Corrupt`] if the row of this key is not as it was written. No row is as good as any.
pub(super) fn expect_whole(connection: &Connection, table: &str, key: &dyn ToSql) -> Result<(), Error> {
    let sql = format!(
        "SELECT (SELECT hash FROM row_hashes WHERE of_table = '{table}' AND of_key = ?1)
             IS (SELECT hash FROM temp.hashed_{table} WHERE of_key = ?1)"
    );
    let whole: bool = connection.prepare_cached(&sql)?.query_row([key], |row| row.get(0))?;
    if whole { Ok(()) } else { Err(Error::Corrupt(format!("a row of table {table} is not as it was written"))) }
}

/// The tables that are hashed in a file of this format: none in the first, and never one that is not there yet.
fn hashed(connection: &Connection) -> rusqlite::Result<Vec<Table>> {
    let exists = |name: &str| connection.table_exists(Some("main"), name);
    let mut tables = Vec::new();
    if exists("row_hashes")? {
        for table in TABLES {
            if exists(table.name)? {
                tables.push(table);
            }
        }
    }
    Ok(tables)
}

/// All columns of a table in their order, each after `prefix`.
fn columns(connection: &Connection, table: &str, prefix: &str) -> rusqlite::Result<String> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1, 'main') ORDER BY cid")?;
    let names = statement.query_map([table], |row| row.get::<_, String>(0))?;
    let names = names.map(|name| Ok(format!("{prefix}\"{}\"", name?))).collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(names.join(", "))
}

/// Each value is preceded by its kind and, where it has one, its length, so that no two rows have the same bytes.
fn hash(context: &Context<'_>) -> rusqlite::Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    let mut bytes = |kind: u8, bytes: &[u8]| {
        hasher.update([kind]);
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    for index in 0..context.len() {
        match context.get_raw(index) {
            ValueRef::Null => bytes(0, &[]),
            ValueRef::Integer(number) => bytes(1, &number.to_be_bytes()),
            ValueRef::Real(number) => bytes(2, &number.to_bits().to_be_bytes()),
            ValueRef::Text(text) => bytes(3, text),
            ValueRef::Blob(blob) => bytes(4, blob),
        }
    }
    Ok(hasher.finalize().into())
}

#[cfg(test)]
mod tests;
