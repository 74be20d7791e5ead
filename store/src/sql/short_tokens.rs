//! Tokens that live for minutes: to sign a second device in (used once), and to prove to another
//! service who somebody is (OpenID).

use ruma::{OwnedUserId, UserId};
use rusqlite::params;

use super::sessions::TokenHash;
use super::view::{ms, user_id};
use super::{Error, Tx, View, from_ms};

/// What a token is good for. One purpose's token is never accepted for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Signing in once.
    Login,
    /// Proving who somebody is, as often as asked.
    OpenId,
}

/// A token that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortToken {
    /// Whose it is.
    pub user_id: OwnedUserId,
    /// When it was issued.
    pub issued_ms: u64,
    /// Until when it is good.
    pub expires_ms: u64,
}

/// Stores a token, and forgets the oldest of the same account and purpose beyond `keep`.
pub fn create(tx: &Tx<'_>, purpose: Purpose, hash: &TokenHash, token: &ShortToken, keep: u32) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO short_tokens (token_hash, purpose, user_id, issued_ms, expires_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![hash, text(purpose), token.user_id.as_str(), from_ms(token.issued_ms), from_ms(token.expires_ms)],
    )?;
    tx.execute(
        "DELETE FROM short_tokens WHERE token_hash IN (
            SELECT token_hash FROM short_tokens WHERE user_id = ?1 AND purpose = ?2
            ORDER BY issued_ms DESC, token_hash = ?4 DESC LIMIT -1 OFFSET ?3)",
        params![token.user_id.as_str(), text(purpose), keep, hash],
    )?;
    Ok(())
}

/// Looks a token up.
pub fn get(view: &View<'_>, purpose: Purpose, hash: &TokenHash) -> Result<Option<ShortToken>, Error> {
    view.expect_whole("short_tokens", hash)?;
    let sql = "SELECT user_id, issued_ms, expires_ms FROM short_tokens WHERE token_hash = ?1 AND purpose = ?2";
    view.row(sql, params![hash, text(purpose)], |row| {
        Ok(ShortToken { user_id: user_id(row, 0)?, issued_ms: ms(row, 1)?, expires_ms: ms(row, 2)? })
    })
}

/// Looks a token up and uses it up.
pub fn take(tx: &Tx<'_>, purpose: Purpose, hash: &TokenHash) -> Result<Option<ShortToken>, Error> {
    let found = get(tx, purpose, hash)?;
    if found.is_some() {
        tx.execute("DELETE FROM short_tokens WHERE token_hash = ?1", [hash])?;
    }
    Ok(found)
}

/// Forgets all tokens of an account.
pub fn delete_of_user(tx: &Tx<'_>, user: &UserId) -> Result<(), Error> {
    tx.execute("DELETE FROM short_tokens WHERE user_id = ?1", [user.as_str()])?;
    Ok(())
}

/// Forgets what has expired and says how many that were.
pub fn delete_expired(tx: &Tx<'_>, now_ms: u64) -> Result<usize, Error> {
    tx.execute("DELETE FROM short_tokens WHERE expires_ms <= ?1", [from_ms(now_ms)])
}

const fn text(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Login => "login",
        Purpose::OpenId => "openid",
    }
}
