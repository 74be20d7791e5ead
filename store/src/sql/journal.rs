//! The journal: who did what to whom, for every act of an administrator.
//!
//! Rows are only ever added (the schema refuses anything else), and each row's hash covers the hash of
//! the row before it, so that a change behind the server's back shows in [`verify`]. Cutting rows off the
//! end shows too, as long as the engine's own counter was not changed along with them; who wants
//! more keeps [`head`] somewhere else.

mod search;

use rusqlite::{Row, params};
use sha2::{Digest, Sha256};

use super::view::ms;
use super::{Error, Tx, View, from_ms, to_ms};
pub use search::{Filter, search};

/// What stands before the first row.
const GENESIS: [u8; 32] = [0; 32];

/// An act to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// When, on the wall clock.
    pub at_ms: u64,
    /// Who: a user id, `console` or `system`.
    pub actor: String,
    /// What: `noun.verb`, like `account.lock`.
    pub action: String,
    /// On whom or what.
    pub target: String,
    /// The rest, as JSON; never a secret, never content.
    pub detail: serde_json::Value,
}

/// A row of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Counts from one without holes.
    pub row_id: u64,
    /// The act.
    pub act: Act,
    /// Hash of this row and, through it, of all before.
    pub hash: [u8; 32],
}

/// Where the chain breaks, as found by [`verify`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// This row is not what was written, or one before it is missing.
    Row(u64),
    /// Rows after this one have been cut off.
    End(u64),
}

/// Adds a row; it is part of the transaction that does the act.
pub fn append(tx: &Tx<'_>, act: &Act) -> Result<(), Error> {
    let previous = head(tx)?;
    let detail = act.detail.to_string();
    let row_id = tx.count("SELECT seq + 1 FROM sqlite_sequence WHERE name = 'journal'", [])?.max(1);
    let hash = hash(&previous, row_id, act, &detail);
    tx.execute(
        "INSERT INTO journal (row_id, at_ms, actor, action, target, detail, previous_hash, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![from_ms(row_id), from_ms(act.at_ms), act.actor, act.action, act.target, detail, previous, hash],
    )?;
    Ok(())
}

/// The hash of the last row.
pub fn head(view: &View<'_>) -> Result<[u8; 32], Error> {
    let last = view.row("SELECT hash FROM journal ORDER BY row_id DESC LIMIT 1", [], |row| Ok(row.get(0)?))?;
    Ok(last.unwrap_or(GENESIS))
}

/// Rows after `after`, at most `limit`, oldest first.
pub fn page(view: &View<'_>, after: u64, limit: u32) -> Result<Vec<Entry>, Error> {
    stored(view, after, limit)?.into_iter().map(Stored::entry).collect()
}

/// Walks the whole chain; `None` means that it is whole.
pub fn verify(view: &View<'_>) -> Result<Option<Break>, Error> {
    const PAGE: u32 = 1_000;
    let (mut last, mut previous) = (0, GENESIS);
    loop {
        let rows = stored(view, last, PAGE)?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let row_id = row.row_id;
            let (claimed_previous, claimed, detail) = (row.previous_hash, row.hash, row.detail.clone());
            let fits = row.act().is_ok_and(|act| hash(&previous, row_id, &act, &detail) == claimed);
            if row_id != last + 1 || claimed_previous != previous || !fits {
                return Ok(Some(Break::Row(row_id)));
            }
            (last, previous) = (row_id, claimed);
        }
    }
    let written = view.count("SELECT seq FROM sqlite_sequence WHERE name = 'journal'", [])?;
    Ok((written > last).then_some(Break::End(last)))
}

struct Stored {
    row_id: u64,
    at_ms: u64,
    actor: String,
    action: String,
    target: String,
    detail: String,
    previous_hash: [u8; 32],
    hash: [u8; 32],
}

impl Stored {
    fn entry(self) -> Result<Entry, Error> {
        Ok(Entry { row_id: self.row_id, hash: self.hash, act: self.act()? })
    }

    fn act(self) -> Result<Act, Error> {
        let detail = serde_json::from_str(&self.detail)
            .map_err(|error| Error::Corrupt(format!("journal row {}: {error}", self.row_id)))?;
        Ok(Act { at_ms: self.at_ms, actor: self.actor, action: self.action, target: self.target, detail })
    }
}

fn stored(view: &View<'_>, after: u64, limit: u32) -> Result<Vec<Stored>, Error> {
    let sql = "SELECT row_id, at_ms, actor, action, target, detail, previous_hash, hash
               FROM journal WHERE row_id > ?1 ORDER BY row_id LIMIT ?2";
    view.rows(sql, params![from_ms(after), limit], read)
}

fn read(row: &Row<'_>) -> Result<Stored, Error> {
    Ok(Stored {
        row_id: to_ms(row.get(0)?),
        at_ms: ms(row, 1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        target: row.get(4)?,
        detail: row.get(5)?,
        previous_hash: row.get(6)?,
        hash: row.get(7)?,
    })
}

/// Each text is preceded by its length, so that no two different rows have the same bytes.
fn hash(previous: &[u8; 32], row_id: u64, act: &Act, detail: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(row_id.to_be_bytes());
    hasher.update(act.at_ms.to_be_bytes());
    for text in [act.actor.as_str(), &act.action, &act.target, detail] {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    }
    hasher.finalize().into()
}
