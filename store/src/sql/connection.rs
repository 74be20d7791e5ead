//! How a connection is opened: the settings that make an acknowledged write survive a power cut,
//! and a hostile or damaged file harmless.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{OpenError, migrate, row_hashes, verify};

/// How long a connection waits for another one. Only a tool that somebody started by hand makes it wait.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements a connection keeps prepared; we have about this many.
const STATEMENTS_KEPT: usize = 128;

/// Opens the one writing connection: makes the file when it is missing, checks it, migrates it.
///
/// The whole check at every start, because it is quick: the file holds what a few people do by hand.
pub(super) fn open_writer(path: &Path) -> Result<Connection, OpenError> {
    let unusable = |problem: String| OpenError::Unusable { path: path.to_owned(), problem };
    verify::refuse_misleading(path)?;
    create_private(path).map_err(|error| unusable(error.to_string()))?;
    let mut connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | NO_MUTEX)
        .map_err(|error| unusable(error.to_string()))?;
    prepare(&connection).map_err(|error| describe(path, &error))?;
    // What is refused stays as it is, for whoever looks into it.
    keep_log_at_close(&connection, true).map_err(|error| describe(path, &error))?;
    let format = migrate::format(&connection, path)?;
    let damaged = |problem: String| OpenError::Damaged { path: path.to_owned(), problem };
    row_hashes::attach(&connection).map_err(|error| damaged(error.to_string()))?;
    let problems = verify::problems(&connection, format).map_err(|error| damaged(error.to_string()))?;
    if !problems.is_empty() {
        return Err(damaged(problems.join("; ")));
    }
    prepare_writer(&connection).map_err(|error| describe(path, &error))?;
    migrate::run(&mut connection, path, format)?;
    row_hashes::keep(&connection).map_err(|error| describe(path, &error))?;
    if let Err(error) = empty_log(&connection) {
        // A full disk is no reason not to start: the log is good where it is.
        tracing::warn!(%error, "the log of the administration database could not be written back");
    }
    Ok(connection)
}

/// Opens one of the reading connections. The writer has been opened before.
pub(super) fn open_reader(path: &Path) -> Result<Connection, OpenError> {
    let open = || {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | NO_MUTEX)?;
        prepare(&connection)?;
        row_hashes::attach(&connection)?;
        // The last connection to close would otherwise checkpoint, and only the writer may.
        keep_log_at_close(&connection, true)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    };
    open().map_err(|error: rusqlite::Error| describe(path, &error))
}

/// Each connection is used by one thread at a time, which the type system already sees to.
const NO_MUTEX: OpenFlags = OpenFlags::SQLITE_OPEN_NO_MUTEX;

/// The file holds password hashes and the signing key: nobody but the service may read it, from its first byte on.
fn create_private(path: &Path) -> std::io::Result<()> {
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => {
            file.sync_all()?;
            // Without this a power cut may forget that the file exists, with everything acknowledged in it.
            path.parent().map_or(Ok(()), |dir| fs::File::open(dir)?.sync_all())
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// What every connection has, also one to a copy in memory.
pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // A damaged or foreign schema must not be able to run functions.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // A read error on a mapped page would be a signal that ends the process.
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    row_hashes::register(connection)
}

fn prepare_writer(connection: &Connection) -> rusqlite::Result<()> {
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    debug_assert_eq!(mode, "wal");
    keep_log_at_close(connection, false)?;
    // NORMAL would acknowledge commits that a power cut forgets.
    connection.pragma_update(None, "synchronous", "FULL")
}

fn keep_log_at_close(connection: &Connection, keep: bool) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep).map(|_| ())
}

/// Writes the log back into the file. What a crash left at its end would otherwise stay behind the next frames, and a
/// later crash could not be told from damage.
fn empty_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

pub(super) fn describe(path: &Path, error: &rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    let problem = error.to_string();
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => OpenError::Foreign { path },
        Some(rusqlite::ErrorCode::DatabaseCorrupt) => OpenError::Damaged { path, problem },
        _ => OpenError::Unusable { path, problem },
    }
}
