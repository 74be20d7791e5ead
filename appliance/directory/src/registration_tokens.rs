//! Registration tokens, for administrators and for newcomers.

use std::time::Duration;

use serde_json::json;
use veche_base::limits::TOKEN_BYTES_MAX;
use veche_base::random_token;
use veche_store::sql::grants::Grant;
use veche_store::sql::journal;
use veche_store::sql::registration_tokens::{self as stored, RegistrationToken};

use crate::StoreError;
use crate::directory::Directory;
use crate::journal::{Authority, NotGranted};
use crate::limiter::TooFast;
use crate::requester::Caller;
use crate::settings::RegistrationMode;

/// Characters of a token nobody chose.
const TOKEN_CHARS: usize = 16;

/// The longest token somebody may choose, as the specification has it.
const CHOSEN_CHARS_MAX: usize = 64;

/// Registration tokens at once.
const TOKENS_MAX: usize = 10_000;

/// What a registration token shall allow.
#[derive(Debug, Clone, Default)]
pub struct NewRegistrationToken {
    /// The token itself; a random one when `None`.
    pub token: Option<String>,
    /// How many accounts it may make; without bound when `None`.
    pub uses_allowed: Option<u64>,
    /// Until when, on the wall clock; for ever when `None`.
    pub expires_ms: Option<u64>,
}

/// Why a registration token could not be made, changed or shown.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationTokenError {
    /// Up to 64 characters of `[A-Za-z0-9._~-]` (`M_INVALID_PARAM`).
    #[error("unusable token")]
    Invalid,
    /// There is one of this name (`M_INVALID_PARAM`).
    #[error("the token exists")]
    Exists,
    /// There is none of this name (`M_NOT_FOUND`).
    #[error("unknown token")]
    NotFound,
    /// Delete some first (`M_LIMIT_EXCEEDED`).
    #[error("too many tokens")]
    TooMany,
    /// Invitations are not what this administrator looks after (`M_FORBIDDEN`).
    #[error(transparent)]
    NotGranted(#[from] NotGranted),
    /// Tokens are not a way in here (`M_FORBIDDEN`).
    #[error("registration by token is off")]
    Disabled,
    /// Too many wrong ones (`M_LIMIT_EXCEEDED`).
    #[error("too many attempts")]
    TooFast {
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

impl Directory {
    /// Makes a registration token.
    pub async fn create_registration_token(
        &self,
        authority: &Authority,
        new: NewRegistrationToken,
    ) -> Result<RegistrationToken, RegistrationTokenError> {
        authority.must(Grant::Users)?;
        let token = match new.token {
            Some(chosen) if is_good(&chosen) => chosen,
            Some(_) => return Err(RegistrationTokenError::Invalid),
            None => random_token(&*self.entropy, TOKEN_CHARS),
        };
        let token = RegistrationToken {
            token,
            uses_allowed: new.uses_allowed,
            pending: 0,
            completed: 0,
            expires_ms: new.expires_ms,
            created_ms: self.clock.wall_ms(),
        };
        let detail = json!({ "uses_allowed": token.uses_allowed, "expires_ms": token.expires_ms });
        let act = self.act(authority, "registration_token.create", &shown(&token.token), detail);
        self.sql
            .write(move |tx| {
                if stored::all(tx)?.len() >= TOKENS_MAX {
                    return Err(RegistrationTokenError::TooMany);
                }
                if !stored::create(tx, &token)? {
                    return Err(RegistrationTokenError::Exists);
                }
                journal::append(tx, &act)?;
                Ok(token)
            })
            .await
    }

    /// All registration tokens, the oldest first.
    pub async fn registration_tokens(&self, _authority: &Authority) -> Result<Vec<RegistrationToken>, StoreError> {
        self.sql.read(stored::all).await
    }

    /// One registration token.
    pub async fn registration_token(
        &self,
        _authority: &Authority,
        token: String,
    ) -> Result<Option<RegistrationToken>, StoreError> {
        self.sql.read(move |view| stored::get(view, &token)).await
    }

    /// Changes what a registration token allows, and gives it as it is now.
    pub async fn update_registration_token(
        &self,
        authority: &Authority,
        token: String,
        uses_allowed: Option<u64>,
        expires_ms: Option<u64>,
    ) -> Result<RegistrationToken, RegistrationTokenError> {
        authority.must(Grant::Users)?;
        let detail = json!({ "uses_allowed": uses_allowed, "expires_ms": expires_ms });
        let act = self.act(authority, "registration_token.update", &shown(&token), detail);
        self.sql
            .write(move |tx| {
                stored::update(tx, &token, uses_allowed, expires_ms)?;
                journal::append(tx, &act)?;
                stored::get(tx, &token)?.ok_or(RegistrationTokenError::NotFound)
            })
            .await
    }

    /// Takes a registration token away.
    pub async fn delete_registration_token(
        &self,
        authority: &Authority,
        token: String,
    ) -> Result<(), RegistrationTokenError> {
        authority.must(Grant::Users)?;
        let act = self.act(authority, "registration_token.delete", &shown(&token), json!({}));
        self.sql
            .write(move |tx| {
                if !stored::delete(tx, &token)? {
                    return Err(RegistrationTokenError::NotFound);
                }
                Ok(journal::append(tx, &act)?)
            })
            .await
    }

    /// Whether a newcomer's registration token is good. Counts against guessing.
    pub async fn is_registration_token_valid(
        &self,
        token: &str,
        caller: &Caller,
    ) -> Result<bool, RegistrationTokenError> {
        if self.registration() != RegistrationMode::Token && self.first_claim_token().is_none() {
            return Err(RegistrationTokenError::Disabled);
        }
        let guess = self.limiter.token(caller.ip)?;
        let valid = self.is_claim_token(token) || self.is_usable_token(token).await?;
        if valid {
            guess.was_right();
        }
        Ok(valid)
    }

    /// Whether it is the token of the first administrator.
    pub(crate) fn is_claim_token(&self, token: &str) -> bool {
        // Hashes are compared, so that the time says nothing about how much of the token was right.
        let hash = |text: &str| crate::tokens::sha256(text.as_bytes());
        self.first_claim_token().is_some_and(|claim| hash(&claim) == hash(token))
    }

    pub(crate) async fn is_usable_token(&self, token: &str) -> Result<bool, StoreError> {
        if token.is_empty() || token.len() > TOKEN_BYTES_MAX || self.registration() != RegistrationMode::Token {
            return Ok(false);
        }
        let (token, now_ms) = (token.to_owned(), self.clock.wall_ms());
        let found = self.sql.read(move |view| stored::get(view, &token)).await?;
        Ok(found.is_some_and(|token| token.is_usable(now_ms)))
    }
}

fn is_good(token: &str) -> bool {
    (1..=CHOSEN_CHARS_MAX).contains(&token.len())
        && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'-'))
}

/// The journal is read by people who need not be able to use the token.
fn shown(token: &str) -> String {
    format!("{}…", token.chars().take(3).collect::<String>())
}

impl From<TooFast> for RegistrationTokenError {
    fn from(too_fast: TooFast) -> Self {
        Self::TooFast { retry_after: too_fast.retry_after }
    }
}
