//! What administrators do to accounts. Every act is a row of the journal, in the same transaction.
//!
//! Administrators may not lock, suspend or deactivate themselves or one another
//! ([MSC4323](https://github.com/matrix-org/matrix-spec-proposals/pull/4323) refuses both): a
//! stolen administrator's session must not be able to shut the others out. An owner may do it to administrators, and the
//! machine's console to everybody. Who gives and takes roles: `roles.rs`.

use ruma::{OwnedDeviceId, OwnedUserId, UserId};
use serde_json::{Value, json};
use veche_base::Secret;
use veche_store::sql::accounts::{self, Account, Kind, NewAccount, Role};
use veche_store::sql::grants::{Grant, Grants};
use veche_store::sql::{Tx, journal, sessions, user_directories};

use crate::StoreError;
use crate::account::{deactivate, set_password};
use crate::directory::Directory;
use crate::journal::{Authority, NotGranted};
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
    /// The administrator has not been granted this (`M_FORBIDDEN`).
    #[error(transparent)]
    NotGranted(#[from] NotGranted),
    /// More than the administrator may do himself (`M_FORBIDDEN`).
    #[error("more than one's own rights")]
    Beyond,
    /// Guests cannot be administrators (`M_FORBIDDEN`).
    #[error("the account is a guest's")]
    Guest,
    /// The account has been deactivated (`M_USER_DEACTIVATED`).
    #[error("deactivated account")]
    Deactivated,
    /// The password is empty or longer than can be typed (`M_WEAK_PASSWORD`).
    #[error("unusable password")]
    UnusablePassword,
    /// The password is the company directory's, and changed there (`M_FORBIDDEN`).
    #[error("the password is kept elsewhere")]
    PasswordKeptElsewhere,
    /// The account shows no second factor (`M_NOT_FOUND`).
    #[error("no second factor")]
    NoSecondFactor,
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

impl Directory {
    /// Makes an account.
    pub async fn create_user(&self, authority: &Authority, new: NewUser) -> Result<OwnedUserId, RegisterError> {
        authority.must(Grant::Users)?;
        let user_id = self.free_user_id(&new.username)?;
        // Whoever commands the machine may do as he likes, administrators choose for others as those would have to.
        let is_taken = match authority.is_console() {
            true => is_usable_password(&new.password),
            false => self.is_good_password(&new.password),
        };
        if !is_taken {
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
        self.mark(authority, user, action, move |tx, user| accounts::set_locked(tx, user, locked)).await
    }

    /// Suspends an account, which may then read and leave but not write, or lifts that.
    pub async fn set_suspended(&self, authority: &Authority, user: &UserId, suspended: bool) -> Result<(), AdminError> {
        let action = if suspended { "account.suspend" } else { "account.unsuspend" };
        let mark = move |tx: &Tx<'_>, user: &UserId| accounts::set_suspended(tx, user, suspended);
        self.mark(authority, user, action, mark).await
    }

    /// Makes an administrator who may do everything, or unmakes one. See [`Directory::set_role`].
    pub async fn set_admin(&self, authority: &Authority, user: &UserId, admin: bool) -> Result<(), AdminError> {
        self.set_role(authority, user, admin.then_some(Role::Administrator(Grants::ALL))).await
    }

    /// Deactivates an account for good. `erase`: its messages shall be forgotten as far as possible.
    pub async fn deactivate_user(&self, authority: &Authority, user: &UserId, erase: bool) -> Result<(), AdminError> {
        let now_ms = self.clock.wall_ms();
        let detail = json!({ "erase": erase });
        self.administer(authority, user, "account.deactivate", detail, move |tx, changes, account| {
            if !deactivate(tx, changes, &account.user_id, erase, now_ms)? {
                return Err(AdminError::Deactivated);
            }
            Ok(())
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
        self.administer(authority, user, "account.reset_password", json!({}), move |tx, changes, account| {
            if user_directories::person(tx, &account.user_id)?.is_some() {
                return Err(AdminError::PasswordKeptElsewhere);
            }
            if !set_password(tx, changes, &account.user_id, &hash)? {
                return Err(AdminError::Deactivated);
            }
            for session in sessions::of_user(tx, &account.user_id)? {
                remove(tx, changes, &session, Reason::PasswordChanged)?;
            }
            Ok(())
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
        self.administer(authority, user, "account.end_sessions", detail, move |tx, changes, account| {
            for session in sessions::of_user(tx, &account.user_id)? {
                if device.as_ref().is_none_or(|device| *device == session.device_id) {
                    remove(tx, changes, &session, Reason::EndedByAdministrator)?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Writes down that an account is called otherwise, if that may be done to it. The name itself lies with the profiles.
    pub async fn record_rename(
        &self,
        authority: &Authority,
        user: &UserId,
        from: Option<String>,
        to: Option<String>,
    ) -> Result<(), AdminError> {
        let detail = json!({ "from": from, "to": to });
        self.administer(authority, user, "account.rename", detail, |_, _, account| {
            if account.deactivated_ms.is_some() {
                return Err(AdminError::Deactivated);
            }
            Ok(())
        })
        .await
    }

    async fn mark(
        &self,
        authority: &Authority,
        user: &UserId,
        action: &str,
        mark: impl FnOnce(&Tx<'_>, &UserId) -> Result<bool, StoreError> + Send + 'static,
    ) -> Result<(), AdminError> {
        self.administer(authority, user, action, json!({}), move |tx, changes, account| {
            if account.deactivated_ms.is_some() {
                return Err(AdminError::Deactivated);
            }
            mark(tx, &account.user_id)?;
            changes.extend(accounts::get(tx, &account.user_id)?.map(Change::Account));
            Ok(())
        })
        .await
    }

    pub(crate) async fn administer(
        &self,
        authority: &Authority,
        user: &UserId,
        action: &str,
        detail: Value,
        work: impl FnOnce(&Tx<'_>, &mut Vec<Change>, &Account) -> Result<(), AdminError> + Send + 'static,
    ) -> Result<(), AdminError> {
        authority.must(Grant::Users)?;
        let act = self.act(authority, action, user.as_str(), detail);
        let (authority, user) = (authority.clone(), user.to_owned());
        self.commit(move |tx, changes| {
            let account = accounts::get(tx, &user)?.ok_or(AdminError::NotFound)?;
            if !may_touch(&authority, &account) {
                return Err(AdminError::Administrator);
            }
            work(tx, changes, &account)?;
            Ok(journal::append(tx, &act)?)
        })
        .await
    }
}

/// Whether it may be done to this account at all.
const fn may_touch(authority: &Authority, account: &Account) -> bool {
    authority.is_console() || !account.admin || (authority.is_owner() && !account.owner)
}
