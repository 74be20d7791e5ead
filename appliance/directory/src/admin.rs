//! What administrators do to accounts. Every act is a row of the journal, in the same transaction.
//!
//! Administrators may not lock, suspend, deactivate or demote themselves or one another
//! ([MSC4323](https://github.com/matrix-org/matrix-spec-proposals/pull/4323) refuses both): a
//! stolen administrator's session must not be able to shut the others out. The machine's console may.

use ruma::{OwnedDeviceId, OwnedUserId, UserId};
use serde_json::{Value, json};
use veche_base::Secret;
use veche_store::sql::accounts::{self, Account, Kind, NewAccount};
use veche_store::sql::{Tx, journal, sessions};

use crate::StoreError;
use crate::account::{deactivate, set_password};
use crate::directory::Directory;
use crate::journal::Authority;
use crate::register::{RegisterError, create};
use crate::registry::{Change, Reason};
use crate::shared_secret::is_usable_password;
use crate::sign_in::remove;

/// An account an administrator makes.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name before the colon.
    pub username: String,
    /// The password.
    pub password: Secret<String>,
    /// The account shall be an administrator.
    pub admin: bool,
}

/// Why an administrator's act was refused.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is no such account here (`M_NOT_FOUND`).
    #[error("unknown account")]
    NotFound,
    /// Not to an administrator, oneself included (`M_FORBIDDEN`).
    #[error("the account is an administrator's")]
    Administrator,
    /// The account has been deactivated (`M_USER_DEACTIVATED`).
    #[error("deactivated account")]
    Deactivated,
    /// The password is empty or longer than can be typed (`M_WEAK_PASSWORD`).
    #[error("unusable password")]
    UnusablePassword,
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

impl Directory {
    /// Makes an account.
    pub async fn create_user(&self, authority: &Authority, new: NewUser) -> Result<OwnedUserId, RegisterError> {
        let user_id = self.free_user_id(&new.username)?;
        if !is_usable_password(&new.password) {
            return Err(RegisterError::WeakPassword);
        }
        let hash = self.passwords.hash(new.password).await.map_err(StoreError::from)?;
        let (created_ms, admin) = (self.clock.wall_ms(), new.admin);
        let new = NewAccount { user_id, kind: Kind::User, password_hash: Some(hash), admin, created_ms };
        let act = self.act(authority, "account.create", new.user_id.as_str(), json!({ "admin": admin }));
        self.commit(move |tx, changes| {
            create(tx, changes, &new)?;
            journal::append(tx, &act)?;
            Ok(new.user_id)
        })
        .await
    }

    /// Locks an account, which may then only sign out, or unlocks it. Its open requests end at once.
    pub async fn set_locked(&self, authority: &Authority, user: &UserId, locked: bool) -> Result<(), AdminError> {
        let action = if locked { "account.lock" } else { "account.unlock" };
        self.mark(authority, user, action, Guard::Others, move |tx, user| accounts::set_locked(tx, user, locked)).await
    }

    /// Suspends an account, which may then read and leave but not write, or lifts that.
    pub async fn set_suspended(&self, authority: &Authority, user: &UserId, suspended: bool) -> Result<(), AdminError> {
        let action = if suspended { "account.suspend" } else { "account.unsuspend" };
        let mark = move |tx: &Tx<'_>, user: &UserId| accounts::set_suspended(tx, user, suspended);
        self.mark(authority, user, action, Guard::Others, mark).await
    }

    /// Makes an administrator. Unmaking one is the console's.
    pub async fn set_admin(&self, authority: &Authority, user: &UserId, admin: bool) -> Result<(), AdminError> {
        let action = if admin { "account.make_admin" } else { "account.unmake_admin" };
        let guard = if admin { Guard::Anybody } else { Guard::Others };
        self.mark(authority, user, action, guard, move |tx, user| accounts::set_admin(tx, user, admin)).await
    }

    /// Deactivates an account for good. `erase`: its messages shall be forgotten as far as possible.
    pub async fn deactivate_user(&self, authority: &Authority, user: &UserId, erase: bool) -> Result<(), AdminError> {
        let now_ms = self.clock.wall_ms();
        self.administer(authority, user, "account.deactivate", json!({ "erase": erase }), Guard::Others, {
            move |tx, changes, account| {
                if !deactivate(tx, changes, &account.user_id, erase, now_ms)? {
                    return Err(AdminError::Deactivated);
                }
                Ok(())
            }
        })
        .await
    }

    /// Gives an account a new password and ends all its sessions.
    pub async fn reset_password(
        &self,
        authority: &Authority,
        user: &UserId,
        password: Secret<String>,
    ) -> Result<(), AdminError> {
        if !is_usable_password(&password) {
            return Err(AdminError::UnusablePassword);
        }
        let hash = self.passwords.hash(password).await.map_err(StoreError::from)?;
        self.administer(authority, user, "account.reset_password", json!({}), Guard::Others, {
            move |tx, changes, account| {
                if !set_password(tx, changes, &account.user_id, &hash)? {
                    return Err(AdminError::Deactivated);
                }
                for session in sessions::of_user(tx, &account.user_id)? {
                    remove(tx, changes, &session, Reason::PasswordChanged)?;
                }
                Ok(())
            }
        })
        .await
    }

    /// Ends one session of an account, or all when no device is named. The device is deleted.
    pub async fn end_sessions(
        &self,
        authority: &Authority,
        user: &UserId,
        device: Option<OwnedDeviceId>,
    ) -> Result<(), AdminError> {
        let detail = json!({ "device_id": device });
        self.administer(authority, user, "account.end_sessions", detail, Guard::Others, {
            move |tx, changes, account| {
                for session in sessions::of_user(tx, &account.user_id)? {
                    if device.as_ref().is_none_or(|device| *device == session.device_id) {
                        remove(tx, changes, &session, Reason::EndedByAdministrator)?;
                    }
                }
                Ok(())
            }
        })
        .await
    }

    async fn mark(
        &self,
        authority: &Authority,
        user: &UserId,
        action: &str,
        guard: Guard,
        mark: impl FnOnce(&Tx<'_>, &UserId) -> Result<bool, StoreError> + Send + 'static,
    ) -> Result<(), AdminError> {
        self.administer(authority, user, action, json!({}), guard, move |tx, changes, account| {
            if account.deactivated_ms.is_some() {
                return Err(AdminError::Deactivated);
            }
            mark(tx, &account.user_id)?;
            changes.extend(accounts::get(tx, &account.user_id)?.map(Change::Account));
            Ok(())
        })
        .await
    }

    async fn administer(
        &self,
        authority: &Authority,
        user: &UserId,
        action: &str,
        detail: Value,
        guard: Guard,
        work: impl FnOnce(&Tx<'_>, &mut Vec<Change>, &Account) -> Result<(), AdminError> + Send + 'static,
    ) -> Result<(), AdminError> {
        let act = self.act(authority, action, user.as_str(), detail);
        let spares_administrators = guard == Guard::Others && !authority.is_console();
        let user = user.to_owned();
        self.commit(move |tx, changes| {
            let account = accounts::get(tx, &user)?.ok_or(AdminError::NotFound)?;
            if spares_administrators && account.admin {
                return Err(AdminError::Administrator);
            }
            work(tx, changes, &account)?;
            Ok(journal::append(tx, &act)?)
        })
        .await
    }
}

/// To whom an administrator may do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    Anybody,
    /// To everybody but administrators.
    Others,
}
