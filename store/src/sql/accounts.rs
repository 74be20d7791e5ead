//! Accounts: who may sign in, and how they are marked.
//!
//! An account is never deleted, so that its name is never given to somebody else.

use ruma::{OwnedUserId, UserId};
use rusqlite::{Row, params};

use super::grants::Grants;
use super::view::{ms, optional_ms, user_id};
use super::{Error, Tx, View, from_ms};

/// What kind of person an account stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Somebody with a name and a password.
    User,
    /// Somebody who came by a link.
    Guest,
}

/// One account, without its password hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The full user id.
    pub user_id: OwnedUserId,
    /// What kind of person it stands for.
    pub kind: Kind,
    /// Whether a password opens it.
    pub has_password: bool,
    /// May administer the server, as far as `grants` go.
    pub admin: bool,
    /// Owns the server: an administrator who may do everything, also to administrators.
    pub owner: bool,
    /// What an administrator may do; nobody else has any.
    pub grants: Grants,
    /// When it was made.
    pub created_ms: u64,
    /// When it was deactivated, for good.
    pub deactivated_ms: Option<u64>,
    /// The owner asked that messages be forgotten too.
    pub erased: bool,
    /// May do nothing but sign out, until unlocked.
    pub locked: bool,
    /// May read and leave, not write, until lifted.
    pub suspended: bool,
    /// Shows a code beside the password: see `second_factors`.
    pub second_factor: bool,
    /// Has at least one passkey: see `passkeys`.
    pub passkey: bool,
}

/// What an administrator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Whoever claimed the server, and whom he made an owner.
    Owner,
    /// Does what he has been granted.
    Administrator(Grants),
}

impl Account {
    /// What it is beside a user.
    pub const fn role(&self) -> Option<Role> {
        match (self.admin, self.owner) {
            (false, _) => None,
            (true, true) => Some(Role::Owner),
            (true, false) => Some(Role::Administrator(self.grants)),
        }
    }
}

/// What is needed to make an account.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The full user id; the caller has checked its grammar.
    pub user_id: OwnedUserId,
    /// What kind of person it stands for.
    pub kind: Kind,
    /// PHC string, or none when no password shall open it.
    pub password_hash: Option<String>,
    /// May administer the server, in all its parts.
    pub admin: bool,
    /// Now.
    pub created_ms: u64,
}

const COLUMNS: &str =
    "user_id, kind, password_hash IS NOT NULL, admin, created_ms, deactivated_ms, erased, locked, suspended, owner, grants,
     EXISTS (SELECT 1 FROM second_factors WHERE user_id = accounts.user_id AND since_ms IS NOT NULL),
     EXISTS (SELECT 1 FROM passkeys WHERE user_id = accounts.user_id)";

/// Makes the account; `false` when the name is taken, also by a deactivated account.
pub fn create(tx: &Tx<'_>, new: &NewAccount) -> Result<bool, Error> {
    let made = tx.execute(
        "INSERT INTO accounts (user_id, kind, password_hash, admin, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
        params![new.user_id.as_str(), kind_text(new.kind), new.password_hash, new.admin, from_ms(new.created_ms)],
    )?;
    Ok(made == 1)
}

/// One account.
pub fn get(view: &View<'_>, user: &UserId) -> Result<Option<Account>, Error> {
    view.expect_whole("accounts", user.as_str())?;
    view.row(&format!("SELECT {COLUMNS} FROM accounts WHERE user_id = ?1"), [user.as_str()], read)
}

/// All accounts, by user id.
pub fn all(view: &View<'_>) -> Result<Vec<Account>, Error> {
    view.rows(&format!("SELECT {COLUMNS} FROM accounts ORDER BY user_id"), [], read)
}

/// How many accounts were ever made.
pub fn count(view: &View<'_>) -> Result<u64, Error> {
    view.count("SELECT count(*) FROM accounts", [])
}

/// The password hash of an account that may be signed in to by password.
pub fn password_hash(view: &View<'_>, user: &UserId) -> Result<Option<String>, Error> {
    view.expect_whole("accounts", user.as_str())?;
    let sql = "SELECT password_hash FROM accounts WHERE user_id = ?1";
    Ok(view.row(sql, [user.as_str()], |row| Ok(row.get(0)?))?.flatten())
}

/// Sets the password hash; `false` when there is no such account or it is deactivated.
pub fn set_password_hash(tx: &Tx<'_>, user: &UserId, hash: &str) -> Result<bool, Error> {
    let sql = "UPDATE accounts SET password_hash = ?2 WHERE user_id = ?1 AND deactivated_ms IS NULL";
    Ok(tx.execute(sql, [user.as_str(), hash])? == 1)
}

/// Makes or unmakes an administrator who may do everything; `false` when there is no such account.
pub fn set_admin(tx: &Tx<'_>, user: &UserId, admin: bool) -> Result<bool, Error> {
    set_role(tx, user, admin.then_some(Role::Administrator(Grants::ALL)))
}

/// Gives an account this role, or none; `false` when there is no such account.
pub fn set_role(tx: &Tx<'_>, user: &UserId, role: Option<Role>) -> Result<bool, Error> {
    let (admin, owner, grants) = match role {
        None => (false, false, None),
        Some(Role::Owner) => (true, true, None),
        Some(Role::Administrator(grants)) => (true, false, grants.to_stored()),
    };
    let sql = "UPDATE accounts SET admin = ?2, owner = ?3, grants = ?4 WHERE user_id = ?1";
    Ok(tx.execute(sql, params![user.as_str(), admin, owner, grants])? == 1)
}

/// Locks or unlocks; `false` when there is no such account.
pub fn set_locked(tx: &Tx<'_>, user: &UserId, locked: bool) -> Result<bool, Error> {
    set_flag(tx, "UPDATE accounts SET locked = ?2 WHERE user_id = ?1", user, locked)
}

/// Suspends or lifts the suspension; `false` when there is no such account.
pub fn set_suspended(tx: &Tx<'_>, user: &UserId, suspended: bool) -> Result<bool, Error> {
    set_flag(tx, "UPDATE accounts SET suspended = ?2 WHERE user_id = ?1", user, suspended)
}

/// Deactivates for good and forgets the password and the administrator's mark.
/// `false` when there is no such account or it was deactivated before.
pub fn deactivate(tx: &Tx<'_>, user: &UserId, erase: bool, now_ms: u64) -> Result<bool, Error> {
    let sql = "UPDATE accounts SET deactivated_ms = ?2, erased = ?3, password_hash = NULL, admin = 0, owner = 0, grants = NULL
               WHERE user_id = ?1 AND deactivated_ms IS NULL";
    Ok(tx.execute(sql, params![user.as_str(), from_ms(now_ms), erase])? == 1)
}

fn set_flag(tx: &Tx<'_>, sql: &str, user: &UserId, value: bool) -> Result<bool, Error> {
    Ok(tx.execute(sql, params![user.as_str(), value])? == 1)
}

const fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "user",
        Kind::Guest => "guest",
    }
}

fn read(row: &Row<'_>) -> Result<Account, Error> {
    let kind: String = row.get(1)?;
    let (admin, grants): (bool, Option<String>) = (row.get(3)?, row.get(10)?);
    Ok(Account {
        user_id: user_id(row, 0)?,
        kind: if kind == "guest" { Kind::Guest } else { Kind::User },
        has_password: row.get(2)?,
        admin,
        owner: row.get(9)?,
        grants: if admin { Grants::from_stored(grants.as_deref())? } else { Grants::NONE },
        created_ms: ms(row, 4)?,
        deactivated_ms: optional_ms(row, 5)?,
        erased: row.get(6)?,
        locked: row.get(7)?,
        suspended: row.get(8)?,
        second_factor: row.get(11)?,
        passkey: row.get(12)?,
    })
}
