//! Sessions: a device that is signed in, with the hashes of its tokens.
//!
//! Tokens come and are kept as SHA-256 only. Nothing here knows whether a token has expired: times
//! are stored as given.

use ruma::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use rusqlite::{Row, params};

use super::view::{device_id, ms, optional_ms, user_id};
use super::{Error, Tx, View, from_ms, to_ms};

/// SHA-256 of a token.
pub type TokenHash = [u8; 32];

/// Names one sign-in. Never used again, also not when the same device signs in anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// The hashes that belong together: an access token, when it expires, and what renews it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenPair {
    /// Of the access token.
    pub access: TokenHash,
    /// When the access token expires; never when `None`.
    pub expires_ms: Option<u64>,
    /// Of the refresh token, for clients that asked for one.
    pub refresh: Option<TokenHash>,
}

/// Where and when a session was last used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastSeen {
    /// When.
    pub at_ms: u64,
    /// From which address.
    pub ip: Option<String>,
    /// With which program.
    pub agent: Option<String>,
}

/// A device that is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Names this sign-in.
    pub session_id: SessionId,
    /// Whose it is.
    pub user_id: OwnedUserId,
    /// Which device.
    pub device_id: OwnedDeviceId,
    /// What its owner calls it.
    pub display_name: Option<String>,
    /// When it signed in.
    pub created_ms: u64,
    /// The tokens it holds.
    pub current: TokenPair,
    /// The tokens before the last refresh, until the new ones are used.
    pub previous: Option<TokenPair>,
    /// Its last sign of life that was written down.
    pub last_seen: LastSeen,
}

/// What is needed to sign a device in.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Whose it is; the account exists.
    pub user_id: OwnedUserId,
    /// Which device.
    pub device_id: OwnedDeviceId,
    /// What to call it, if it is new.
    pub display_name: Option<String>,
    /// The tokens it gets.
    pub tokens: TokenPair,
    /// The request that signs it in.
    pub seen: LastSeen,
}

const COLUMNS: &str = "session_id, user_id, device_id, display_name, created_ms, \
    access_hash, access_expires_ms, refresh_hash, \
    previous_access_hash, previous_expires_ms, previous_refresh_hash, \
    last_seen_ms, last_seen_ip, last_seen_agent";

/// Signs the device in. A session the device had before ends; its name is kept.
pub fn create(tx: &Tx<'_>, new: &NewSession) -> Result<Session, Error> {
    let former = get(tx, &new.user_id, &new.device_id)?;
    if let Some(former) = &former {
        delete(tx, former.session_id)?;
    }
    let display_name = former.and_then(|it| it.display_name).or_else(|| new.display_name.clone());
    tx.execute(
        "INSERT INTO sessions (user_id, device_id, display_name, created_ms, access_hash, access_expires_ms, refresh_hash,
            last_seen_ms, last_seen_ip, last_seen_agent)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?4, ?8, ?9)",
        params![
            new.user_id.as_str(),
            new.device_id.as_str(),
            display_name,
            from_ms(new.seen.at_ms),
            new.tokens.access,
            new.tokens.expires_ms.map(from_ms),
            new.tokens.refresh,
            new.seen.ip,
            new.seen.agent,
        ],
    )?;
    Ok(Session {
        session_id: SessionId(tx.last_id()),
        user_id: new.user_id.clone(),
        device_id: new.device_id.clone(),
        display_name,
        created_ms: new.seen.at_ms,
        current: new.tokens,
        previous: None,
        last_seen: new.seen.clone(),
    })
}

/// The session of one device.
pub fn get(view: &View<'_>, user: &UserId, device: &DeviceId) -> Result<Option<Session>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM sessions WHERE user_id = ?1 AND device_id = ?2");
    whole(view, view.row(&sql, [user.as_str(), device.as_str()], read)?)
}

/// All sessions of one account, the one unseen for longest first.
pub fn of_user(view: &View<'_>, user: &UserId) -> Result<Vec<Session>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM sessions WHERE user_id = ?1 ORDER BY last_seen_ms, session_id");
    view.rows(&sql, [user.as_str()], read)
}

/// All sessions.
pub fn all(view: &View<'_>) -> Result<Vec<Session>, Error> {
    view.rows(&format!("SELECT {COLUMNS} FROM sessions ORDER BY session_id"), [], read)
}

/// The session that holds this refresh token, as its current or its previous one.
pub fn by_refresh_token(view: &View<'_>, hash: &TokenHash) -> Result<Option<Session>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM sessions WHERE refresh_hash = ?1 OR previous_refresh_hash = ?1");
    whole(view, view.row(&sql, [hash], read)?)
}

/// Gives the session a new pair and keeps `previous` beside it; `false` when the session has ended.
pub fn replace_tokens(
    tx: &Tx<'_>,
    session: SessionId,
    current: &TokenPair,
    previous: &TokenPair,
) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE sessions SET access_hash = ?2, access_expires_ms = ?3, refresh_hash = ?4,
            previous_access_hash = ?5, previous_expires_ms = ?6, previous_refresh_hash = ?7
         WHERE session_id = ?1",
        params![
            key(session),
            current.access,
            current.expires_ms.map(from_ms),
            current.refresh,
            previous.access,
            previous.expires_ms.map(from_ms),
            previous.refresh,
        ],
    )?;
    Ok(changed == 1)
}

/// Ends the grace of the previous pair, if the session still holds `access` as its current token.
pub fn forget_previous_tokens(tx: &Tx<'_>, session: SessionId, access: &TokenHash) -> Result<bool, Error> {
    let sql = "UPDATE sessions
               SET previous_access_hash = NULL, previous_expires_ms = NULL, previous_refresh_hash = NULL
               WHERE session_id = ?1 AND access_hash = ?2";
    Ok(tx.execute(sql, params![key(session), access])? == 1)
}

/// Renames a device; `false` when it is not signed in.
pub fn rename(tx: &Tx<'_>, user: &UserId, device: &DeviceId, name: Option<&str>) -> Result<bool, Error> {
    let sql = "UPDATE sessions SET display_name = ?3 WHERE user_id = ?1 AND device_id = ?2";
    Ok(tx.execute(sql, params![user.as_str(), device.as_str(), name])? == 1)
}

/// Writes down a sign of life; nothing happens when the session has ended.
pub fn set_last_seen(tx: &Tx<'_>, session: SessionId, seen: &LastSeen) -> Result<(), Error> {
    let sql = "UPDATE sessions SET last_seen_ms = ?2, last_seen_ip = ?3, last_seen_agent = ?4 WHERE session_id = ?1";
    tx.execute(sql, params![key(session), from_ms(seen.at_ms), seen.ip, seen.agent])?;
    Ok(())
}

/// Ends a session; `false` when it had ended.
pub fn delete(tx: &Tx<'_>, session: SessionId) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM sessions WHERE session_id = ?1", [key(session)])? == 1)
}

/// A session that was found, if its row is as it was written.
fn whole(view: &View<'_>, found: Option<Session>) -> Result<Option<Session>, Error> {
    if let Some(session) = &found {
        view.expect_whole("sessions", key(session.session_id))?;
    }
    Ok(found)
}

fn key(session: SessionId) -> i64 {
    from_ms(session.0)
}

fn read(row: &Row<'_>) -> Result<Session, Error> {
    let current = TokenPair { access: row.get(5)?, expires_ms: optional_ms(row, 6)?, refresh: row.get(7)? };
    let previous_access: Option<TokenHash> = row.get(8)?;
    let previous = match previous_access {
        Some(access) => Some(TokenPair { access, expires_ms: optional_ms(row, 9)?, refresh: row.get(10)? }),
        None => None,
    };
    Ok(Session {
        session_id: SessionId(to_ms(row.get(0)?)),
        user_id: user_id(row, 1)?,
        device_id: device_id(row, 2)?,
        display_name: row.get(3)?,
        created_ms: ms(row, 4)?,
        current,
        previous,
        last_seen: LastSeen { at_ms: ms(row, 11)?, ip: row.get(12)?, agent: row.get(13)? },
    })
}
