//! What administrators make, in SQLite: accounts, sessions, settings, secrets, the journal.
//!
//! Invariants:
//! - one connection writes, on a thread of its own, and it is the only one that checkpoints;
//! - an answer of [`Sql::write`] means that the write is on disk (`synchronous=FULL`);
//! - writes that wait together share one transaction and one sync, each inside a savepoint of its own;
//! - hooks given to [`Sql::write_then`] run in commit order, before anybody is answered;
//! - a changed byte in the file is found at the next start, weekly, by `veche check`, or when it is read
//!   (`docs/administration-database.md`).
//!
//! Invariants of absence: no type of the engine leaves this module, and nothing here knows a clock,
//! randomness, passwords or tokens: callers bring times as numbers and tokens as hashes.
//!
//! Why a group of writes may share a transaction, and what happens when the disk fails: `writer.rs`.

pub mod accounts;
pub mod closed_rooms;
mod connection;
pub mod days;
pub mod grants;
pub mod journal;
pub mod meetings;
mod migrate;
pub mod outbox;
pub mod passkeys;
mod readers;
pub mod registration_tokens;
pub mod reports;
mod row_hashes;
pub mod second_factors;
pub mod secrets;
pub mod sessions;
pub mod settings;
pub mod short_tokens;
#[cfg(test)]
mod tests;
pub mod user_directories;
mod verify;
mod view;
mod wal;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use veche_base::metrics::Registry;

pub use self::verify::check;
pub use self::view::{Tx, View};

/// The file inside the data folder.
pub const FILE_NAME: &str = "admin.sqlite";

/// Why the database could not do what it was asked. Callers can tell only what they can act on.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The volume is full; nothing was changed, and trying again later may work.
    #[error("the disk is full")]
    DiskFull,
    /// A write could not be synced. Final: nothing is accepted until the process starts again.
    #[error("the database stopped after a failed write")]
    Failed,
    /// The database was closed.
    #[error("the database is closed")]
    Closed,
    /// A bug in the code that was run inside the transaction; its changes were thrown away.
    #[error("a transaction panicked")]
    Panicked,
    /// A stored value is not what this program writes.
    #[error("the database holds a value that cannot be read: {0}")]
    Corrupt(String),
    /// Anything else the engine says; for the log only.
    #[error("the database refused: {0}")]
    Engine(String),
}

/// Why the database could not be opened, in words for the person who starts the server.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Written by a later version of this program.
    #[error(
        "{path} was written by a newer version (format {found}, this program knows up to {known}); \
         start the newer version, or restore a snapshot made by this one"
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The format it says it has.
        found: u32,
        /// The newest format this program can read.
        known: u32,
    },
    /// Some other program's database.
    #[error("{path} is not a database of this program")]
    Foreign {
        /// The database file.
        path: PathBuf,
    },
    /// The check at start found damage.
    #[error("{path} is damaged ({problem}); restore it from a snapshot")]
    Damaged {
        /// The database file.
        path: PathBuf,
        /// The first thing the check complained about.
        problem: String,
    },
    /// The file or its folder could not be used.
    #[error("cannot open {path}: {problem}")]
    Unusable {
        /// The database file.
        path: PathBuf,
        /// What the system or the engine says.
        problem: String,
    },
}

/// Called once, from the writer's thread, when a write could not be synced. The process should end.
pub type FailureHook = Box<dyn Fn() + Send>;

/// How to open the database.
pub struct Options {
    /// Where the metrics are registered.
    pub metrics: Registry,
    /// Told when the database stopped for good; see [`Error::Failed`].
    pub on_failure: FailureHook,
}

impl Default for Options {
    fn default() -> Self {
        Self { metrics: Registry::new(), on_failure: Box::new(|| {}) }
    }
}

/// The open database.
pub struct Sql {
    readers: Arc<readers::Readers>,
    writer: writer::Writer,
}

impl Sql {
    /// Opens `dir/admin.sqlite`, makes it when it is missing, checks it and brings it to the newest format.
    ///
    /// Fails with words when the file is newer than this program, damaged or somebody else's.
    pub fn open(dir: &Path, options: Options) -> Result<Arc<Self>, OpenError> {
        let path = dir.join(FILE_NAME);
        let writing = connection::open_writer(&path)?;
        let readers = Arc::new(readers::Readers::open(&path)?);
        let writer = writer::Writer::start(writing, options)
            .map_err(|error| OpenError::Unusable { path, problem: error.to_string() })?;
        Ok(Arc::new(Self { readers, writer }))
    }

    /// Runs `work` in a transaction; when the answer is `Ok`, its changes are on disk.
    ///
    /// An `Err` from `work` throws its changes away and nobody else's. The work goes on when the caller stops waiting.
    pub async fn write<R, E>(&self, work: impl FnOnce(&Tx<'_>) -> Result<R, E> + Send + 'static) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.write_then(work, |_| ()).await
    }

    /// As [`Sql::write`], and runs `then` once the changes are on disk, before the caller hears of it.
    ///
    /// Hooks run one after another in commit order, also when the caller stopped waiting: what they
    /// keep in memory therefore never disagrees with the disk. They must be short.
    pub async fn write_then<R, E>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<R, E> + Send + 'static,
        then: impl FnOnce(&R) + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.writer.write_then(work, then).await
    }

    /// Runs `work` on a reading connection; it sees one consistent moment, everything acknowledged included.
    pub async fn read<R, E>(&self, work: impl FnOnce(&View<'_>) -> Result<R, E> + Send + 'static) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        Arc::clone(&self.readers).read(work).await
    }

    /// As [`Sql::read`], on the calling thread; for the start of the program, before requests come.
    pub fn read_blocking<R, E: From<Error>>(&self, work: impl FnOnce(&View<'_>) -> Result<R, E>) -> Result<R, E> {
        self.readers.read_blocking(work)
    }

    /// As [`Sql::write`], on the calling thread; for the start of the program, before requests come.
    pub fn write_blocking<R, E>(&self, work: impl FnOnce(&Tx<'_>) -> Result<R, E> + Send + 'static) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.writer.write_blocking(work)
    }

    /// What is wrong with the database, in plain words, for the weekly job and for snapshots. Empty means sound.
    pub async fn problems(&self) -> Result<Vec<String>, Error> {
        self.read(|view| verify::problems(view.connection(), migrate::FORMAT)).await
    }

    /// Finishes the waiting writes, writes the log back into the file and stops the writer.
    ///
    /// Blocks for as long as that takes. Later writes answer [`Error::Closed`].
    pub fn close(&self) {
        self.writer.close();
    }
}

/// Times are stored as SQLite's only integer; one past its range is a bug elsewhere and stays in range here.
fn from_ms(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

fn to_ms(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull,
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
                Self::Corrupt(error.to_string())
            }
            _ => Self::Engine(error.to_string()),
        }
    }
}
