//! The end of the first run: the owner's account, the settings, the row in the journal, in one transaction.

use ruma::OwnedUserId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use veche_store::sql::accounts::{self, Kind, NewAccount, Role};
use veche_store::sql::{Tx, journal, passkeys, second_factors, settings};

use super::Setup;
use super::draft::{self, Draft, DraftRegistration};
use super::passkey;
use crate::StoreError;
use crate::directory::Directory;
use crate::username;

/// The owner's display name waits here until somebody who knows profiles has taken it.
const PROFILE_KEY: &str = "setup.owner_profile";

/// A step of the wizard that must have an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The language.
    Language,
    /// Company and server name.
    Organisation,
    /// The certificate.
    Certificate,
    /// Who owns the server.
    Owner,
    /// How people get in.
    Registration,
    /// Who protects what is said.
    Encryption,
}

/// Why the first run is not over.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    /// These steps have no answer yet.
    #[error("not everything is answered")]
    Unanswered(Vec<Step>),
    /// It is over already.
    #[error("the first run is over")]
    Over,
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

/// What the first run has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The owner's account.
    pub owner: OwnedUserId,
    /// The first invitation, if people get in by those.
    pub invite_token: Option<String>,
}

/// What the owner is to be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerProfile {
    /// Whose name it is.
    pub user_id: OwnedUserId,
    /// The name.
    pub display_name: String,
}

impl Draft {
    /// Steps without an answer, in their order.
    pub fn unanswered(&self) -> Vec<Step> {
        let answered = [
            (Step::Language, self.language.is_some()),
            (Step::Organisation, self.organisation.is_some()),
            (Step::Certificate, self.certificate.is_some()),
            (Step::Owner, self.owner.is_some()),
            (Step::Registration, self.registration.is_some()),
            (Step::Encryption, self.encryption.is_some()),
        ];
        answered.into_iter().filter(|(_, is_there)| !is_there).map(|(step, _)| step).collect()
    }
}

impl Setup {
    /// Ends the first run. `settings_of` says which stored settings the answers become.
    pub async fn finish(
        &self,
        settings_of: impl FnOnce(&Draft) -> Vec<(String, Value)> + Send + 'static,
    ) -> Result<Finished, FinishError> {
        let now_ms = self.clock.wall_ms();
        self.sql
            .write(move |tx| {
                if accounts::count(tx)? > 0 {
                    return Err(FinishError::Over);
                }
                let draft = draft::read(tx)?;
                let unanswered = draft.unanswered();
                let (Some(owner), Some(organisation), []) = (&draft.owner, &draft.organisation, &unanswered[..]) else {
                    return Err(FinishError::Unanswered(unanswered));
                };
                let password_hash = draft::password_hash(tx)?;
                let user_id = username::chosen(&owner.username, &organisation.server_name);
                // Neither can be: both were looked at when they were written down.
                let (Some(user_id), Some(_)) = (user_id, &password_hash) else {
                    return Err(FinishError::Unanswered(vec![Step::Owner]));
                };
                make_owner(tx, &user_id, password_hash, now_ms)?;
                if let Some(factor) = draft::second_factor(tx, owner)? {
                    second_factors::offer(tx, &user_id, &factor.secret)?;
                    second_factors::use_up(tx, &user_id, factor.last_step)?;
                    second_factors::hold(tx, &user_id, now_ms)?;
                }
                if let Some(passkey) = passkey::record(tx, owner, &user_id, now_ms)? {
                    passkeys::add(tx, &passkey)?;
                }
                if let Some(display_name) = owner.display_name.clone() {
                    settings::set(tx, PROFILE_KEY, &OwnerProfile { user_id: user_id.clone(), display_name })?;
                }
                for (key, value) in settings_of(&draft) {
                    settings::set(tx, &key, &value)?;
                }
                draft::forget(tx)?;
                write_down(tx, &draft, &user_id, now_ms)?;
                let invite_token = match draft.registration {
                    Some(DraftRegistration::Token { token }) => Some(token),
                    Some(DraftRegistration::Closed) | None => None,
                };
                Ok(Finished { owner: user_id, invite_token })
            })
            .await
    }
}

fn make_owner(tx: &Tx<'_>, user: &OwnedUserId, hash: Option<String>, created_ms: u64) -> Result<(), StoreError> {
    let new = NewAccount { user_id: user.clone(), kind: Kind::User, password_hash: hash, admin: true, created_ms };
    accounts::create(tx, &new)?;
    accounts::set_role(tx, user, Some(Role::Owner))?;
    Ok(())
}

fn write_down(tx: &Tx<'_>, draft: &Draft, owner: &OwnedUserId, at_ms: u64) -> Result<(), StoreError> {
    let registration = match &draft.registration {
        Some(DraftRegistration::Token { .. }) => "token",
        Some(DraftRegistration::Closed) | None => "closed",
    };
    let detail = json!({
        "organisation": draft.organisation,
        "certificate": draft.certificate,
        "language": draft.language,
        "registration": registration,
        "encryption": draft.encryption,
        "second_factor": draft.owner.as_ref().is_some_and(|owner| owner.second_factor),
        "passkey": draft.owner.as_ref().is_some_and(|owner| owner.passkey),
    });
    let act = journal::Act {
        at_ms,
        actor: "console".to_owned(),
        action: "server.claim".to_owned(),
        target: owner.to_string(),
        detail,
    };
    journal::append(tx, &act)
}

impl Directory {
    /// What the owner is to be called, until somebody who knows profiles has taken it over.
    pub async fn owner_profile(&self) -> Result<Option<OwnerProfile>, StoreError> {
        self.sql.read(|view| settings::get(view, PROFILE_KEY)).await
    }

    /// The owner's name stands in his profile now.
    pub async fn owner_profile_taken(&self) -> Result<(), StoreError> {
        self.sql.write(|tx| settings::unset(tx, PROFILE_KEY).map(|_| ())).await
    }
}
