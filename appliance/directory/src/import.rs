//! Many accounts at once: all of them or none.

use std::collections::BTreeSet;

use ruma::OwnedUserId;
use serde_json::json;
use veche_base::{Secret, random_token};
use veche_store::sql::accounts::{Kind, NewAccount};
use veche_store::sql::grants::Grant;
use veche_store::sql::journal;

use crate::StoreError;
use crate::directory::Directory;
use crate::journal::Authority;
use crate::register::{RegisterError, create};

/// Accounts that one import may make: each takes a hash that costs tens of milliseconds.
pub const IMPORT_ACCOUNTS_MAX: usize = 200;
/// Characters of a password made here: 95 bits, and still possible to type.
const PASSWORD_CHARS: usize = 16;

/// An account that an import has made.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Its name.
    pub user_id: OwnedUserId,
    /// What opens it, told this once.
    pub password: Secret<String>,
}

/// Why an import made nothing.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// More than [`IMPORT_ACCOUNTS_MAX`], or none (`M_INVALID_PARAM`).
    #[error("an import makes one to {IMPORT_ACCOUNTS_MAX} accounts")]
    Count,
    /// The administrator may not make accounts (`M_FORBIDDEN`).
    #[error("not granted")]
    NotGranted,
    /// These names cannot be used: the number of each in the list, from 0, and why.
    #[error("{} names cannot be used", .0.len())]
    Names(Vec<(usize, RegisterError)>),
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

impl From<RegisterError> for ImportError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Internal(error) => Self::Internal(error),
            other => Self::Names(vec![(0, other)]),
        }
    }
}

impl Directory {
    /// A password for somebody who shall choose his own: it is told to whoever hands it on.
    pub fn made_password(&self) -> Secret<String> {
        Secret::new(random_token(&*self.entropy, PASSWORD_CHARS))
    }

    /// Whether all these names could be accounts now. Changes nothing.
    pub fn check_import(&self, authority: &Authority, names: &[String]) -> Result<Vec<OwnedUserId>, ImportError> {
        if !authority.may(Grant::Users) {
            return Err(ImportError::NotGranted);
        }
        if names.is_empty() || names.len() > IMPORT_ACCOUNTS_MAX {
            return Err(ImportError::Count);
        }
        let (mut found, mut faults, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (number, name) in names.iter().enumerate() {
            match self.free_user_id(name) {
                Ok(user_id) if seen.insert(user_id.clone()) => found.push(user_id),
                Ok(_) => faults.push((number, RegisterError::UserInUse)),
                Err(error) => faults.push((number, error)),
            }
        }
        if faults.is_empty() { Ok(found) } else { Err(ImportError::Names(faults)) }
    }

    /// Makes an account of each name, each with a password made here.
    pub async fn import_users(&self, authority: &Authority, names: &[String]) -> Result<Vec<Imported>, ImportError> {
        let user_ids = self.check_import(authority, names)?;
        let created_ms = self.clock.wall_ms();
        let mut made = Vec::with_capacity(user_ids.len());
        for user_id in user_ids {
            let password = self.made_password();
            let hash = self.passwords.hash(password.clone()).await.map_err(StoreError::from)?;
            let new = NewAccount {
                user_id: user_id.clone(),
                kind: Kind::User,
                password_hash: Some(hash),
                admin: false,
                created_ms,
            };
            let detail = json!({ "admin": false, "by": "import" });
            let act = self.act(authority, "account.create", user_id.as_str(), detail);
            made.push((new, act, Imported { user_id, password }));
        }
        self.commit(move |tx, changes| {
            let mut imported = Vec::with_capacity(made.len());
            for (number, (new, act, account)) in made.into_iter().enumerate() {
                match create(tx, changes, &new) {
                    Err(RegisterError::Internal(error)) => return Err(error.into()),
                    // Somebody else has made it meanwhile.
                    Err(taken) => return Err(ImportError::Names(vec![(number, taken)])),
                    Ok(()) => journal::append(tx, &act)?,
                }
                imported.push(account);
            }
            Ok(imported)
        })
        .await
    }
}
