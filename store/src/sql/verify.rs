//! Is everything in the administration database as it was written?
//!
//! What is looked at: the trees of tables and indexes (the engine's own check), the definitions of tables, the hash of
//! every row, and the chain of the journal. At every start, weekly while the server runs, and by `veche check`, which
//! reads the files without the engine and so cannot change them.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{Error, FILE_NAME, OpenError, View, connection, journal, migrate, row_hashes, wal};

/// Complaints of the engine's check; a broken file may have thousands, and the first ones tell the story.
const COMPLAINTS_MAX: usize = 10;

/// The header of the database file.
const HEADER_BYTES: u64 = 100;
/// Where the header says how the file is written and read: with a log (2) or without one (1).
const VERSIONS: std::ops::Range<usize> = 18..20;

/// What is wrong with the database in `dir`, in plain words; empty for a sound one. Not a byte is changed.
///
/// The caller sees to it that no process has the database open. Fails as opening it would.
pub fn check(dir: &Path) -> Result<Vec<String>, OpenError> {
    let path = dir.join(FILE_NAME);
    refuse_misleading(&path)?;
    let image = image(&path)?;
    let connection = in_memory(&image).map_err(|error| connection::describe(&path, &error))?;
    let format = migrate::format(&connection, &path)?;
    let found = row_hashes::attach(&connection).map_err(Error::from).and_then(|()| problems(&connection, format));
    found.map_err(|error| OpenError::Damaged { path, problem: error.to_string() })
}

/// What is wrong with the open database, which has this format.
pub(super) fn problems(connection: &Connection, format: u32) -> Result<Vec<String>, Error> {
    // In a broken tree, whatever is asked next may fail or be wrong.
    let mut found = complaints(connection)?;
    if found.is_empty() {
        found = definitions(connection, format)?;
    }
    if found.is_empty() && format > 0 {
        found = row_hashes::problems(connection)?;
        found.extend(
            journal::verify(&View::new(connection))?.map(|broken| format!("the journal is broken: {broken:?}")),
        );
    }
    Ok(found)
}

/// Refuses the files of a database that is not open if the engine would take damage in them for something else.
pub(super) fn refuse_misleading(path: &Path) -> Result<(), OpenError> {
    let log = read_log(path)?;
    let log = parse_log(&log, path)?;
    let mut start = Vec::new();
    match fs::File::open(path) {
        Ok(file) => drop(file.take(HEADER_BYTES).read_to_end(&mut start).map_err(unusable(path))?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(unusable(path)(error)),
    }
    let damaged = |problem: &str| Err(OpenError::Damaged { path: path.to_owned(), problem: problem.to_owned() });
    // The engine would throw away the log of an empty file.
    if start.is_empty() && !log.frames.is_empty() {
        return damaged("it is empty or missing, but its log holds acknowledged changes");
    }
    // The engine would open it for reading only.
    if !has_known_versions(&start) {
        return damaged("its header says that it is written in a way that this program never used");
    }
    Ok(())
}

/// Whether the header of a file of the engine says that it is written and read with a log, or without one. Whoever has
/// no such header is told elsewhere.
fn has_known_versions(start: &[u8]) -> bool {
    !start.starts_with(b"SQLite format 3\0") || matches!(start.get(VERSIONS), None | Some([1, 1] | [2, 2]))
}

/// Type, name, table and definition of a table, an index or a trigger.
type Object = (String, String, String, Option<String>);

/// What the engine itself complains about.
fn complaints(connection: &Connection) -> Result<Vec<String>, Error> {
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({COMPLAINTS_MAX})"))?;
    let words = statement.query_map([], |row| row.get::<_, String>(0))?;
    let words = words.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(words.into_iter().filter(|words| words != "ok").collect())
}

/// Tables, indexes and triggers that are not defined as in a new database of this format. What somebody added by
/// hand is his business.
fn definitions(connection: &Connection, format: u32) -> Result<Vec<String>, Error> {
    let fresh = migrate::in_memory(format)?;
    let read = |connection: &Connection| -> rusqlite::Result<Vec<Object>> {
        let mut statement = connection.prepare("SELECT type, name, tbl_name, sql FROM main.sqlite_schema")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        rows.collect()
    };
    let (expected, found) = (read(&fresh)?, read(connection)?);
    let missing = expected.into_iter().filter(|object| !found.contains(object));
    Ok(missing
        .map(|(kind, name, ..)| format!("{kind} {name} is missing or defined otherwise than by this program"))
        .collect())
}

/// A connection to the bytes of a database, which holds them in memory.
fn in_memory(image: &[u8]) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    if !image.is_empty() {
        connection.deserialize_read_exact("main", image, image.len(), true)?;
    }
    connection::prepare(&connection)?;
    Ok(connection)
}

/// The bytes that the database file would have if its log were written back.
fn image(path: &Path) -> Result<Vec<u8>, OpenError> {
    let log = read_log(path)?;
    let log = parse_log(&log, path)?;
    let mut image = fs::read(path).map_err(unusable(path))?;
    if log.pages > 0 {
        image.resize(log.pages as usize * log.page_bytes, 0);
        for (number, page) in log.frames {
            // A page beyond the end was cut off by a later transaction.
            let at = (number as usize).saturating_sub(1) * log.page_bytes;
            if let Some(place) = image.get_mut(at..at + log.page_bytes) {
                place.copy_from_slice(page);
            }
        }
    }
    // Memory has no place for a log.
    if let Some(versions) = image.get_mut(VERSIONS).filter(|versions| **versions == [2, 2]) {
        versions.fill(1);
    }
    Ok(image)
}

/// The log beside the database file; nothing if there is none.
fn read_log(path: &Path) -> Result<Vec<u8>, OpenError> {
    let log = log_path(path);
    match fs::read(&log) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read.map_err(unusable(&log)),
    }
}

fn parse_log<'a>(bytes: &'a [u8], path: &Path) -> Result<wal::Log<'a>, OpenError> {
    wal::read(bytes).map_err(|damage| OpenError::Damaged { path: log_path(path), problem: damage.to_string() })
}

fn log_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

fn unusable(path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    move |error| OpenError::Unusable { path, problem: error.to_string() }
}

#[cfg(test)]
mod tests;
