//! What people do to their own account.

use ruma::UserId;
use veche_base::Secret;
use veche_base::limits::PASSWORD_BYTES_MAX;
use veche_store::sql::outbox::{self, Work};
use veche_store::sql::sessions;
use veche_store::sql::{Tx, accounts, passkeys, second_factors, short_tokens, user_directories};

use crate::StoreError;
use crate::directory::Directory;
use crate::registry::{Change, Reason};
use crate::requester::Requester;
use crate::sign_in::remove;
use crate::uia::UiaPass;

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The new one is too short, or longer than can be typed (`M_WEAK_PASSWORD`).
    #[error("unacceptable password")]
    Weak,
    /// The proof is somebody else's (`M_FORBIDDEN`).
    #[error("not proven")]
    NotProven,
    /// The password is the company directory's, and changed there (`M_FORBIDDEN`).
    #[error("the password is kept elsewhere")]
    KeptElsewhere,
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

/// Why an account was not deactivated.
#[derive(Debug, thiserror::Error)]
pub enum DeactivateError {
    /// The proof is somebody else's (`M_FORBIDDEN`).
    #[error("not proven")]
    NotProven,
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

impl Directory {
    /// Changes the requester's password. With `logout_devices`, all its other devices are signed out and deleted.
    pub async fn change_password(
        &self,
        requester: &Requester,
        password: Secret<String>,
        logout_devices: bool,
        pass: UiaPass,
    ) -> Result<(), ChangePasswordError> {
        if !requester.is_proven_by(&pass) {
            return Err(ChangePasswordError::NotProven);
        }
        if !self.is_good_password(&password) {
            return Err(ChangePasswordError::Weak);
        }
        let hash = self.passwords.hash(password).await.map_err(StoreError::from)?;
        let (user, keep) = (requester.user_id.clone(), requester.session_id);
        self.commit(move |tx, changes| {
            if user_directories::person(tx, &user)?.is_some() {
                return Err(ChangePasswordError::KeptElsewhere);
            }
            set_password(tx, changes, &user, &hash)?;
            for session in sessions::of_user(tx, &user)? {
                if logout_devices && session.session_id != keep {
                    remove(tx, changes, &session, Reason::PasswordChanged)?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Deactivates the requester's account for good. `erase`: its messages shall be forgotten as far as possible.
    pub async fn deactivate(&self, requester: &Requester, erase: bool, pass: UiaPass) -> Result<(), DeactivateError> {
        if !requester.is_proven_by(&pass) {
            return Err(DeactivateError::NotProven);
        }
        let (user, now_ms) = (requester.user_id.clone(), self.clock.wall_ms());
        self.commit(move |tx, changes| -> Result<(), StoreError> {
            deactivate(tx, changes, &user, erase, now_ms)?;
            Ok(())
        })
        .await?;
        tracing::info!(user_id = %requester.user_id, "deactivated at its owner's wish");
        Ok(())
    }

    /// Whether somebody may choose this password.
    pub(crate) fn is_good_password(&self, password: &Secret<String>) -> bool {
        let password = password.expose();
        password.len() <= PASSWORD_BYTES_MAX && password.chars().count() >= self.settings.password_chars_min
    }
}

/// Sets the password hash and ends what the old password may have handed out; `false` when there is no such account.
pub(crate) fn set_password(
    tx: &Tx<'_>,
    changes: &mut Vec<Change>,
    user: &UserId,
    hash: &str,
) -> Result<bool, StoreError> {
    let set = accounts::set_password_hash(tx, user, hash)?;
    short_tokens::delete_of_user(tx, user)?;
    changes.extend(accounts::get(tx, user)?.map(Change::Account));
    Ok(set)
}

/// Deactivates an account, ends its sessions and tells the owner of conversations; `false` when it was before.
pub(crate) fn deactivate(
    tx: &Tx<'_>,
    changes: &mut Vec<Change>,
    user: &UserId,
    erase: bool,
    now_ms: u64,
) -> Result<bool, StoreError> {
    if !accounts::deactivate(tx, user, erase, now_ms)? {
        return Ok(false);
    }
    for session in sessions::of_user(tx, user)? {
        remove(tx, changes, &session, Reason::Deactivated)?;
    }
    short_tokens::delete_of_user(tx, user)?;
    second_factors::delete(tx, user)?;
    passkeys::delete_of_user(tx, user)?;
    outbox::push(tx, &Work::AccountDeactivated { user_id: user.to_owned(), erase })?;
    changes.push(Change::Work);
    changes.extend(accounts::get(tx, user)?.map(Change::Account));
    Ok(true)
}
