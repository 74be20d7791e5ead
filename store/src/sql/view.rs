//! What the domain functions are handed: the right to read, and the right to write.

use std::ops::Deref;

use ruma::{OwnedDeviceId, OwnedUserId};
use rusqlite::{Connection, Params, Row, ToSql};

use super::{Error, row_hashes};

/// One consistent moment of the database. Whoever holds it may read.
pub struct View<'c> {
    connection: &'c Connection,
}

/// An open transaction. Whoever holds it may read and write; what was written is seen at once by
/// the holder and by everybody else once it is on disk.
pub struct Tx<'c> {
    view: View<'c>,
}

impl<'c> View<'c> {
    pub(super) const fn new(connection: &'c Connection) -> Self {
        Self { connection }
    }

    pub(super) const fn connection(&self) -> &Connection {
        self.connection
    }

    pub(super) fn row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        rows.next()?.map(read).transpose()
    }

    pub(super) fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    /// To be asked before one row is read by its key: fails if it is not as it was written.
    pub(super) fn expect_whole(&self, table: &str, key: impl ToSql) -> Result<(), Error> {
        row_hashes::expect_whole(self.connection, table, &key)
    }

    pub(super) fn count(&self, sql: &str, params: impl Params) -> Result<u64, Error> {
        let count: Option<i64> = self.row(sql, params, |row| Ok(row.get(0)?))?;
        Ok(count.map_or(0, super::to_ms))
    }
}

impl<'c> Tx<'c> {
    pub(super) const fn new(connection: &'c Connection) -> Self {
        Self { view: View::new(connection) }
    }

    /// Runs one statement and says how many rows it changed.
    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, Error> {
        Ok(self.view.connection.prepare_cached(sql)?.execute(params)?)
    }

    pub(super) fn last_id(&self) -> u64 {
        super::to_ms(self.view.connection.last_insert_rowid())
    }
}

impl<'c> Deref for Tx<'c> {
    type Target = View<'c>;

    fn deref(&self) -> &View<'c> {
        &self.view
    }
}

pub(super) fn user_id(row: &Row<'_>, column: usize) -> Result<OwnedUserId, Error> {
    let text: String = row.get(column)?;
    OwnedUserId::try_from(text.as_str()).map_err(|_| Error::Corrupt(format!("{text:?} is no user id")))
}

pub(super) fn device_id(row: &Row<'_>, column: usize) -> Result<OwnedDeviceId, Error> {
    let text: String = row.get(column)?;
    Ok(text.into())
}

pub(super) fn ms(row: &Row<'_>, column: usize) -> Result<u64, Error> {
    Ok(super::to_ms(row.get(column)?))
}

pub(super) fn optional_ms(row: &Row<'_>, column: usize) -> Result<Option<u64>, Error> {
    let stored: Option<i64> = row.get(column)?;
    Ok(stored.map(super::to_ms))
}
