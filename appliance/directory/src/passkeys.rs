//! Passkeys: an authenticator that knows its owner (by finger, face or PIN) shows in one act what a password and a second
//! factor show together (WebAuthn level 3, with discoverable credentials: no user name is typed).
//!
//! What comes of showing one is a *proof*: a token that is taken wherever a password is, by `check_password`, once and
//! within a minute. So every place that asks for a password takes a passkey, and nothing goes past the one that judges.
//! Whoever has a passkey and no app for codes signs in with it alone: his password by itself opens nothing any more.
//!
//! Ceremonies and proofs are kept in memory: after a restart the browser simply asks again.

mod ceremonies;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ruma::{OwnedUserId, UserId};
use serde_json::Value;
use veche_base::limits::{DISPLAY_NAME_BYTES_MAX, PASSKEYS_PER_USER_MAX};
use veche_base::{Entropy, Secret, random_token};
use veche_store::sql::passkeys::{self, Passkey};
use veche_store::sql::{accounts, journal};

use crate::StoreError;
use crate::directory::Directory;
use crate::limiter::TooFast;
use crate::login::LoginError;
use crate::registry::Change;
use crate::relying_party::{Holder, MadePasskey, Refused, RelyingParty, UserHandle};
use crate::requester::{Caller, Requester};
use crate::tokens::{Token, TokenKind};

pub(crate) use ceremonies::{Ceremonies, Registration};

/// How long a browser may take over a passkey.
pub(crate) const CEREMONY_SECS_MAX: u64 = 5 * 60;
/// How long a proof is good.
pub(crate) const PASSKEY_PROOF_SECS_MAX: u64 = 60;
/// Characters of a ceremony's name: 130 bits.
const CEREMONY_CHARS: usize = 22;

/// Why nothing came of a passkey.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// The password, or what belongs to it, was not accepted.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The server has no name that a browser would make one for (`M_UNKNOWN`).
    #[error("passkeys need a server with a name")]
    NoName,
    /// The account has as many as it may (`M_LIMIT_EXCEEDED`).
    #[error("too many passkeys")]
    TooMany,
    /// What it is to be called is empty or too long (`M_INVALID_PARAM`).
    #[error("unusable name")]
    BadName,
    /// There is no such passkey, or none was asked for (`M_NOT_FOUND`).
    #[error("no such passkey")]
    None,
    /// The browser's answer proves nothing (`M_FORBIDDEN`).
    #[error("the passkey was not accepted")]
    Refused,
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

/// One of an account's passkeys, for its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPasskey {
    /// Names it in requests: the credential's id in base64url.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_ms: u64,
    /// When it was last shown.
    pub used_ms: Option<u64>,
}

/// What a browser is to be asked, by whoever wants to sign in.
#[derive(Debug, Clone)]
pub struct PasskeyChallenge {
    /// Names the ceremony; the browser's answer comes back with it.
    pub ceremony: String,
    /// `PublicKeyCredentialRequestOptionsJSON` (WebAuthn level 3, section 5.5).
    pub options: Value,
}

/// What stands for a password, once.
#[derive(Debug, Clone)]
pub struct PasskeyProof {
    /// Whose passkey was shown.
    pub user_id: OwnedUserId,
    /// To be given in place of the password.
    pub proof: Secret<String>,
    /// For how long.
    pub expires_in: Duration,
}

impl Directory {
    /// The requester's passkeys, oldest first.
    pub async fn passkeys(&self, requester: &Requester) -> Result<Vec<OwnPasskey>, StoreError> {
        let user = requester.user_id.clone();
        let kept = self.sql.read(move |view| passkeys::of_user(view, &user)).await?;
        Ok(kept.into_iter().map(OwnPasskey::from).collect())
    }

    /// What to ask the requester's browser for (`PublicKeyCredentialCreationOptionsJSON`), so that it makes a passkey. One
    /// such question is open for each session.
    pub async fn offer_passkey(
        &self,
        requester: &Requester,
        password: Secret<String>,
        base_url: &str,
        caller: &Caller,
    ) -> Result<Value, PasskeyError> {
        let party = RelyingParty::at(base_url).ok_or(PasskeyError::NoName)?;
        self.check_password(requester.user_id.as_str(), password, caller).await?;
        let user = requester.user_id.clone();
        let kept = self.sql.read(move |view| passkeys::of_user(view, &user)).await?;
        if kept.len() >= PASSKEYS_PER_USER_MAX {
            return Err(PasskeyError::TooMany);
        }
        let handle = kept.first().map_or_else(|| new_handle(&*self.entropy), |known| known.user_handle);
        let known = kept.into_iter().map(|passkey| passkey.credential_id).collect();
        let (options, asked) = party.ask_for_new(Holder { handle, name: requester.user_id.as_str(), known })?;
        self.ceremonies.open_registration(requester.session_id, Registration { asked, handle }, self.now());
        Ok(options)
    }

    /// Keeps the passkey that the requester's browser has made (`RegistrationResponseJSON`) under this name.
    pub async fn add_passkey(
        &self,
        requester: &Requester,
        answer: Value,
        name: &str,
        base_url: &str,
    ) -> Result<(), PasskeyError> {
        let party = RelyingParty::at(base_url).ok_or(PasskeyError::NoName)?;
        let name = good_name(name)?;
        let opened = self.ceremonies.take_registration(requester.session_id, self.now()).ok_or(PasskeyError::None)?;
        let made = party.take_new(answer, &opened.asked)?;
        let new = made.into_record(requester.user_id.clone(), opened.handle, name, self.clock.wall_ms());
        let act = self.act_of(requester, "account.passkey_added");
        self.commit(move |tx, changes| {
            if passkeys::of_user(tx, &new.user_id)?.len() >= PASSKEYS_PER_USER_MAX {
                return Err(PasskeyError::TooMany);
            }
            if !passkeys::add(tx, &new)? {
                return Err(PasskeyError::Refused);
            }
            changes.extend(accounts::get(tx, &new.user_id)?.map(Change::Account));
            Ok(journal::append(tx, &act)?)
        })
        .await
    }

    /// Forgets one of the requester's.
    pub async fn remove_passkey(
        &self,
        requester: &Requester,
        id: &str,
        password: Secret<String>,
        caller: &Caller,
    ) -> Result<(), PasskeyError> {
        let credential_id = URL_SAFE_NO_PAD.decode(id).map_err(|_| PasskeyError::None)?;
        self.check_password(requester.user_id.as_str(), password, caller).await?;
        let (user, act) = (requester.user_id.clone(), self.act_of(requester, "account.passkey_removed"));
        self.commit(move |tx, changes| {
            if !passkeys::delete(tx, &user, &credential_id)? {
                return Err(PasskeyError::None);
            }
            changes.extend(accounts::get(tx, &user)?.map(Change::Account));
            Ok(journal::append(tx, &act)?)
        })
        .await
    }

    /// What to ask the browser of whoever wants to sign in.
    pub fn challenge_passkey(&self, base_url: &str) -> Result<PasskeyChallenge, PasskeyError> {
        let party = RelyingParty::at(base_url).ok_or(PasskeyError::NoName)?;
        let (options, asked) = party.ask_for_any()?;
        let ceremony = random_token(&*self.entropy, CEREMONY_CHARS);
        self.ceremonies.open_assertion(ceremony.clone(), asked, self.now());
        Ok(PasskeyChallenge { ceremony, options })
    }

    /// Takes what an authenticator has signed (`AuthenticationResponseJSON`), and gives what stands for a password.
    pub async fn prove_by_passkey(
        &self,
        ceremony: &str,
        answer: Value,
        base_url: &str,
        caller: &Caller,
    ) -> Result<PasskeyProof, PasskeyError> {
        let party = RelyingParty::at(base_url).ok_or(PasskeyError::NoName)?;
        let guess = self.limiter.token(caller.ip)?;
        let asked = self.ceremonies.take_assertion(ceremony, self.now()).ok_or(PasskeyError::None)?;
        let claimed = party.claimed(answer)?;
        let asked_for = claimed.credential_id.clone();
        let kept = self.sql.read(move |view| passkeys::get(view, &asked_for)).await?;
        let kept = kept.filter(|kept| kept.user_handle == claimed.handle).ok_or(PasskeyError::Refused)?;
        let credential = party.judge(&claimed, asked, &kept.credential)?;
        guess.was_right();
        let now_ms = self.clock.wall_ms();
        let is_there =
            self.sql.write(move |tx| passkeys::used(tx, &claimed.credential_id, &credential, now_ms)).await?;
        if !is_there {
            // Removed meanwhile.
            return Err(PasskeyError::Refused);
        }
        let token = Token::make(TokenKind::Passkey, &*self.entropy);
        let expires_in = Duration::from_secs(PASSKEY_PROOF_SECS_MAX);
        self.ceremonies.keep_proof(token.hash, kept.user_id.clone(), self.now(), expires_in);
        Ok(PasskeyProof { user_id: kept.user_id, proof: token.plain, expires_in })
    }

    /// Whether this, typed as a password, is a proof by a passkey of this account; it is used up. For `check_password` alone.
    pub(crate) fn take_passkey_proof(&self, user: &UserId, typed: &Secret<String>) -> bool {
        // Once the passkeys are taken away, nothing that they have proved counts.
        self.ceremonies.take_proof(user, typed.expose(), self.now())
            && self.registry.is_account(user, |account| account.passkey)
    }
}

impl MadePasskey {
    pub(crate) fn into_record(self, user_id: OwnedUserId, handle: UserHandle, name: String, now_ms: u64) -> Passkey {
        Passkey {
            credential_id: self.credential_id,
            user_id,
            user_handle: handle,
            name,
            credential: self.credential,
            created_ms: now_ms,
            used_ms: None,
        }
    }
}

/// What authenticators are to know a new account by.
pub(crate) fn new_handle(entropy: &dyn Entropy) -> UserHandle {
    let mut handle = UserHandle::default();
    entropy.fill(&mut handle);
    handle
}

/// What a passkey may be called.
pub(crate) fn good_name(name: &str) -> Result<String, PasskeyError> {
    let name = name.trim();
    let is_good = !name.is_empty() && name.len() <= DISPLAY_NAME_BYTES_MAX && !name.chars().any(char::is_control);
    if is_good { Ok(name.to_owned()) } else { Err(PasskeyError::BadName) }
}

impl From<Passkey> for OwnPasskey {
    fn from(kept: Passkey) -> Self {
        let Passkey { credential_id, name, created_ms, used_ms, .. } = kept;
        Self { id: URL_SAFE_NO_PAD.encode(credential_id), name, created_ms, used_ms }
    }
}

impl From<Refused> for PasskeyError {
    fn from(_: Refused) -> Self {
        Self::Refused
    }
}

impl From<TooFast> for PasskeyError {
    fn from(too_fast: TooFast) -> Self {
        Self::Login(too_fast.into())
    }
}
