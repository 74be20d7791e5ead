//! The wizard's answers so far. Each is on disk before it is acknowledged; nothing of it holds before the end.

use ruma::OwnedServerName;
use serde::{Deserialize, Serialize};
use veche_base::limits::{DISPLAY_NAME_BYTES_MAX, LOCALPART_BYTES_MAX};
use veche_base::{Secret, random_token};
use veche_store::sql::registration_tokens::{self, RegistrationToken};
use veche_store::sql::{Tx, accounts, settings};

use super::{Setup, is_good_password, passkey};
use crate::StoreError;
use crate::site::{EncryptionPolicy, Language};
use crate::totp::{self, NewSecondFactor, SharedSecret, Shown};
use crate::username;

/// Where the answers lie among the stored settings.
const KEY: &str = "setup.draft";
/// The hash of the owner's password, apart from what is shown again.
const PASSWORD_KEY: &str = "setup.owner_password";
/// The secret of the owner's authenticator app, apart from what is shown again.
const SECOND_FACTOR_KEY: &str = "setup.owner_second_factor";
/// The longest name of a company.
const ORGANISATION_BYTES_MAX: usize = 200;
/// The longest texts of the certificate's choice.
const TEXT_BYTES_MAX: usize = 2_000;
/// Characters of the first invitation: as of every one that nobody chose.
const INVITE_CHARS: usize = 16;

/// Every answer that was given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// In which language the wizard speaks, and pages to those who have not chosen.
    pub language: Option<Language>,
    /// Who the site belongs to, and what it is called.
    pub organisation: Option<DraftOrganisation>,
    /// Where the certificate comes from.
    pub certificate: Option<DraftCertificate>,
    /// Who will own the server.
    pub owner: Option<DraftOwner>,
    /// How people get in.
    pub registration: Option<DraftRegistration>,
    /// Who protects what is said.
    pub encryption: Option<EncryptionPolicy>,
}

/// See [`Draft::organisation`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftOrganisation {
    /// What the company is called.
    pub name: String,
    /// The part of every user id after the colon. Cannot change later.
    pub server_name: OwnedServerName,
}

/// See [`Draft::certificate`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "lowercase")]
pub enum DraftCertificate {
    /// The server's own small authority.
    Own,
    /// Uploaded, and kept already.
    Upload,
    /// An ACME directory.
    Acme {
        /// Its address; the default one when `None`.
        directory: Option<String>,
        /// A mail address that it may write to.
        email: Option<String>,
    },
}

/// See [`Draft::owner`]. The password is kept as a hash, and not shown again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftOwner {
    /// The name before the colon.
    pub username: String,
    /// What others see.
    pub display_name: Option<String>,
    /// A code of an authenticator app was shown: it will be asked for beside the password.
    #[serde(default)]
    pub second_factor: bool,
    /// A passkey was made: the account will be opened by it, or by password and code.
    #[serde(default)]
    pub passkey: bool,
}

/// The secret of the owner's authenticator app, and the last half minute whose code was taken.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct OwnerSecret {
    pub(super) secret: SharedSecret,
    pub(super) last_step: u64,
}

/// See [`Draft::registration`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "lowercase")]
pub enum DraftRegistration {
    /// The owner makes accounts.
    Closed,
    /// Whoever has an invitation makes an account.
    Token {
        /// The first one, which exists already and opens nothing before the end.
        token: String,
    },
}

/// The owner's answer.
#[derive(Debug, Clone)]
pub struct NewOwner {
    /// The name before the colon.
    pub username: String,
    /// What others see.
    pub display_name: Option<String>,
    /// The password.
    pub password: Secret<String>,
}

/// Why an answer was not taken. What was answered before holds.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// A name is empty or too long (`M_INVALID_PARAM`).
    #[error("unusable name")]
    BadName,
    /// The user name breaks the grammar or is too long (`M_INVALID_USERNAME`).
    #[error("unusable user name")]
    InvalidUsername,
    /// The password is too short, or longer than can be typed (`M_WEAK_PASSWORD`).
    #[error("unacceptable password")]
    WeakPassword,
    /// Another answer is needed first.
    #[error("the organisation's name is needed first")]
    NoOrganisation,
    /// The owner's name is needed first.
    #[error("the owner's name is needed first")]
    NoOwner,
    /// No secret was offered.
    #[error("no second factor was offered")]
    NoSecondFactor,
    /// No browser makes a passkey for the name that the server will have.
    #[error("no passkey can be made for this server")]
    NoPasskeyHere,
    /// What the browser has answered is no new passkey, or none was asked for.
    #[error("the passkey was not accepted")]
    PasskeyRefused,
    /// It is not the code that the authenticator app shows now.
    #[error("wrong code")]
    WrongCode,
    /// The server has an account: the first run is over.
    #[error("the first run is over")]
    Over,
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

impl Setup {
    /// The answers so far.
    pub async fn draft(&self) -> Result<Draft, StoreError> {
        self.sql.read(|view| Ok(settings::get(view, KEY)?.unwrap_or_default())).await
    }

    /// Chooses the language.
    pub async fn set_language(&self, language: Language) -> Result<Draft, DraftError> {
        self.change(move |_, draft| {
            draft.language = Some(language);
            Ok(())
        })
        .await
    }

    /// Names the company and the server. The caller has looked whether the name is one.
    pub async fn set_organisation(&self, name: &str, server_name: OwnedServerName) -> Result<Draft, DraftError> {
        let name = name.trim().to_owned();
        if name.is_empty() || name.len() > ORGANISATION_BYTES_MAX || name.chars().any(char::is_control) {
            return Err(DraftError::BadName);
        }
        self.change(move |tx, draft| {
            if let Some(owner) = &draft.owner
                && username::chosen(&owner.username, &server_name).is_none()
            {
                // Together they are longer than a user id may be.
                draft.owner = None;
            }
            if draft.organisation.as_ref().is_some_and(|former| former.server_name != server_name) {
                // It was looked at, or uploaded, for another name.
                draft.certificate = None;
                // And a passkey is good for the name that it was made for.
                draft.owner.iter_mut().for_each(|owner| owner.passkey = false);
                passkey::forget(tx)?;
            }
            draft.organisation = Some(DraftOrganisation { name, server_name });
            Ok(())
        })
        .await
    }

    /// Chooses where the certificate comes from. The caller has looked whether one can come from there.
    pub async fn set_certificate(&self, certificate: DraftCertificate) -> Result<Draft, DraftError> {
        if let DraftCertificate::Acme { directory, email } = &certificate
            && [directory, email].into_iter().flatten().any(|text| text.len() > TEXT_BYTES_MAX)
        {
            return Err(DraftError::BadName);
        }
        self.change(move |_, draft| {
            draft.certificate = Some(certificate);
            Ok(())
        })
        .await
    }

    /// Says who will own the server. The account is made at the end.
    pub async fn set_owner(&self, owner: NewOwner) -> Result<Draft, DraftError> {
        let display_name = owner.display_name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        if display_name.as_ref().is_some_and(|name| name.len() > DISPLAY_NAME_BYTES_MAX) {
            return Err(DraftError::BadName);
        }
        if owner.username.len() > LOCALPART_BYTES_MAX {
            return Err(DraftError::InvalidUsername);
        }
        if !is_good_password(&owner.password) {
            return Err(DraftError::WeakPassword);
        }
        let hash = self.passwords.hash(owner.password).await.map_err(StoreError::from)?;
        let username = owner.username;
        self.change(move |tx, draft| {
            let organisation = draft.organisation.as_ref().ok_or(DraftError::NoOrganisation)?;
            if username::chosen(&username, &organisation.server_name).is_none() {
                return Err(DraftError::InvalidUsername);
            }
            settings::set(tx, PASSWORD_KEY, &hash)?;
            let former = draft.owner.take();
            let second_factor = former.as_ref().is_some_and(|former| former.second_factor);
            // In the authenticator's list it carries the name that the account had.
            let passkey = former.is_some_and(|former| former.passkey && former.username == username);
            draft.owner = Some(DraftOwner { username, display_name, second_factor, passkey });
            Ok(())
        })
        .await
    }

    /// Offers the owner a secret for an authenticator app, in place of one that was offered or taken before.
    pub async fn offer_second_factor(&self) -> Result<NewSecondFactor, DraftError> {
        let secret = totp::make(&*self.entropy);
        let draft = self
            .change(move |tx, draft| {
                draft.owner.as_mut().ok_or(DraftError::NoOwner)?.second_factor = false;
                Ok(settings::set(tx, SECOND_FACTOR_KEY, &OwnerSecret { secret, last_step: 0 })?)
            })
            .await?;
        let (Some(organisation), Some(owner)) = (draft.organisation, draft.owner) else {
            return Err(DraftError::NoOwner);
        };
        let account = format!("@{}:{}", owner.username, organisation.server_name);
        Ok(totp::offered(&secret, &organisation.name, &account))
    }

    /// Takes what was offered, if this is a code of it.
    pub async fn set_second_factor(&self, code: &str) -> Result<Draft, DraftError> {
        let (typed, now_ms) = (totp::typed_code(code), self.clock.wall_ms());
        self.change(move |tx, draft| {
            let offered: Option<OwnerSecret> = settings::get(tx, SECOND_FACTOR_KEY)?;
            let OwnerSecret { secret, .. } = offered.ok_or(DraftError::NoSecondFactor)?;
            // Whoever asks was told the secret: there is nothing to guess, and nobody whom a code shown twice would hurt.
            let Shown::Step(last_step) = totp::judge(&secret, typed.ok_or(DraftError::WrongCode)?, now_ms, 0) else {
                return Err(DraftError::WrongCode);
            };
            draft.owner.as_mut().ok_or(DraftError::NoOwner)?.second_factor = true;
            Ok(settings::set(tx, SECOND_FACTOR_KEY, &OwnerSecret { secret, last_step })?)
        })
        .await
    }

    /// The owner will show no second factor.
    pub async fn forget_second_factor(&self) -> Result<Draft, DraftError> {
        self.change(|tx, draft| {
            if let Some(owner) = &mut draft.owner {
                owner.second_factor = false;
            }
            settings::unset(tx, SECOND_FACTOR_KEY)?;
            Ok(())
        })
        .await
    }

    /// Chooses how people get in; with invitations the first one is made, once.
    pub async fn set_registration(&self, by_invitation: bool) -> Result<Draft, DraftError> {
        let fresh = random_token(&*self.entropy, INVITE_CHARS);
        let created_ms = self.clock.wall_ms();
        self.change(move |tx, draft| {
            match (&draft.registration, by_invitation) {
                (Some(DraftRegistration::Token { .. }), true) => {}
                (_, true) => {
                    let token = RegistrationToken {
                        token: fresh.clone(),
                        uses_allowed: None,
                        pending: 0,
                        completed: 0,
                        expires_ms: None,
                        created_ms,
                    };
                    registration_tokens::create(tx, &token)?;
                    draft.registration = Some(DraftRegistration::Token { token: fresh });
                }
                (former, false) => {
                    if let Some(DraftRegistration::Token { token }) = former {
                        registration_tokens::delete(tx, token)?;
                    }
                    draft.registration = Some(DraftRegistration::Closed);
                }
            }
            Ok(())
        })
        .await
    }

    /// Chooses who protects what is said.
    pub async fn set_encryption(&self, policy: EncryptionPolicy) -> Result<Draft, DraftError> {
        self.change(move |_, draft| {
            draft.encryption = Some(policy);
            Ok(())
        })
        .await
    }

    pub(super) async fn change(
        &self,
        change: impl FnOnce(&Tx<'_>, &mut Draft) -> Result<(), DraftError> + Send + 'static,
    ) -> Result<Draft, DraftError> {
        self.sql
            .write(move |tx| {
                if accounts::count(tx)? > 0 {
                    return Err(DraftError::Over);
                }
                let mut draft = read(tx)?;
                change(tx, &mut draft)?;
                settings::set(tx, KEY, &draft)?;
                Ok(draft)
            })
            .await
    }
}

/// The answers inside a transaction.
pub(super) fn read(tx: &Tx<'_>) -> Result<Draft, StoreError> {
    Ok(settings::get(tx, KEY)?.unwrap_or_default())
}

/// The hash of the owner's password.
pub(super) fn password_hash(tx: &Tx<'_>) -> Result<Option<String>, StoreError> {
    settings::get(tx, PASSWORD_KEY)
}

/// The secret of the owner's authenticator app, if a code of it was shown.
pub(super) fn second_factor(tx: &Tx<'_>, owner: &DraftOwner) -> Result<Option<OwnerSecret>, StoreError> {
    Ok(settings::get(tx, SECOND_FACTOR_KEY)?.filter(|_| owner.second_factor))
}

/// Forgets the answers: from now on they are settings.
pub(super) fn forget(tx: &Tx<'_>) -> Result<(), StoreError> {
    settings::unset(tx, KEY)?;
    settings::unset(tx, SECOND_FACTOR_KEY)?;
    settings::unset(tx, PASSWORD_KEY)?;
    passkey::forget(tx)
}
