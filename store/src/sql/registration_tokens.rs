//! Registration tokens: an administrator's permission to make accounts, so many times, until then.

use rusqlite::{Row, params};

use super::view::{ms, optional_ms};
use super::{Error, Tx, View, from_ms, to_ms};

/// One permission to make accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationToken {
    /// What the newcomer types. Kept readable, because an administrator has to hand it on.
    pub token: String,
    /// How many accounts it may make; without bound when `None`.
    pub uses_allowed: Option<u64>,
    /// Registrations under way that have shown it.
    pub pending: u64,
    /// Accounts it has made.
    pub completed: u64,
    /// Until when; for ever when `None`.
    pub expires_ms: Option<u64>,
    /// When it was made.
    pub created_ms: u64,
}

impl RegistrationToken {
    /// Whether one more account may be made with it.
    pub fn is_usable(&self, now_ms: u64) -> bool {
        self.uses_allowed.is_none_or(|allowed| self.completed < allowed)
            && self.expires_ms.is_none_or(|expires_ms| now_ms < expires_ms)
    }
}

const COLUMNS: &str = "token, uses_allowed, pending, completed, expires_ms, created_ms";

/// Stores a new token; `false` when it exists.
pub fn create(tx: &Tx<'_>, new: &RegistrationToken) -> Result<bool, Error> {
    let made = tx.execute(
        "INSERT INTO registration_tokens (token, uses_allowed, pending, completed, expires_ms, created_ms)
         VALUES (?1, ?2, 0, 0, ?3, ?4) ON CONFLICT DO NOTHING",
        params![new.token, new.uses_allowed.map(from_ms), new.expires_ms.map(from_ms), from_ms(new.created_ms)],
    )?;
    Ok(made == 1)
}

/// One token.
pub fn get(view: &View<'_>, token: &str) -> Result<Option<RegistrationToken>, Error> {
    view.expect_whole("registration_tokens", token)?;
    view.row(&format!("SELECT {COLUMNS} FROM registration_tokens WHERE token = ?1"), [token], read)
}

/// All tokens, the oldest first.
pub fn all(view: &View<'_>) -> Result<Vec<RegistrationToken>, Error> {
    view.rows(&format!("SELECT {COLUMNS} FROM registration_tokens ORDER BY created_ms, token"), [], read)
}

/// Changes what a token allows; `false` when there is none such.
pub fn update(tx: &Tx<'_>, token: &str, uses_allowed: Option<u64>, expires_ms: Option<u64>) -> Result<bool, Error> {
    let sql = "UPDATE registration_tokens SET uses_allowed = ?2, expires_ms = ?3 WHERE token = ?1";
    Ok(tx.execute(sql, params![token, uses_allowed.map(from_ms), expires_ms.map(from_ms)])? == 1)
}

/// Takes a token away; `false` when there is none such.
pub fn delete(tx: &Tx<'_>, token: &str) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM registration_tokens WHERE token = ?1", [token])? == 1)
}

/// Counts one account made with the token. `false` when it may make no more: the account must not be made either.
pub fn complete(tx: &Tx<'_>, token: &str, now_ms: u64) -> Result<bool, Error> {
    let sql = "UPDATE registration_tokens SET completed = completed + 1
               WHERE token = ?1 AND (uses_allowed IS NULL OR completed < uses_allowed)
                 AND (expires_ms IS NULL OR ?2 < expires_ms)";
    Ok(tx.execute(sql, params![token, from_ms(now_ms)])? == 1)
}

fn read(row: &Row<'_>) -> Result<RegistrationToken, Error> {
    let uses_allowed: Option<i64> = row.get(1)?;
    Ok(RegistrationToken {
        token: row.get(0)?,
        uses_allowed: uses_allowed.map(to_ms),
        pending: ms(row, 2)?,
        completed: ms(row, 3)?,
        expires_ms: optional_ms(row, 4)?,
        created_ms: ms(row, 5)?,
    })
}
