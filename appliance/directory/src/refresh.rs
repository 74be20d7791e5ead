//! Renewing an access token.
//!
//! A refresh gives a new pair and keeps the pair before it until the new one is first used, so that
//! an answer lost on the way signs nobody out. Only two pairs ever live: renewing again
//! from the old pair throws the unused new one away.

use std::time::Duration;

use veche_base::Secret;
use veche_store::sql::accounts;
use veche_store::sql::sessions::{self, TokenHash};

use crate::StoreError;
use crate::directory::Directory;
use crate::limiter::TooFast;
use crate::registry::Change;
use crate::requester::Caller;
use crate::sign_in::{Issued, Refusal, SignedIn, may_login};
use crate::tokens::lookup_hash;

/// Why a token was not renewed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// Unknown, used up or revoked (`M_UNKNOWN_TOKEN`).
    #[error("unknown refresh token")]
    Unknown,
    /// The account is locked (`M_USER_LOCKED` with `soft_logout`).
    #[error("locked account")]
    Locked,
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
    /// Gives a new pair of tokens for a refresh token.
    pub async fn refresh(&self, refresh_token: &Secret<String>, caller: &Caller) -> Result<SignedIn, RefreshError> {
        let guess = self.limiter.refresh_token(caller.ip)?;
        let hash = lookup_hash(refresh_token.expose()).ok_or(RefreshError::Unknown)?;
        let issued = self.issue(true);
        let renewed = self.renew(hash, issued).await;
        if !matches!(renewed, Err(RefreshError::Unknown)) {
            guess.was_right();
        }
        renewed
    }

    async fn renew(&self, hash: TokenHash, issued: Issued) -> Result<SignedIn, RefreshError> {
        self.commit(move |tx, changes| {
            let session = sessions::by_refresh_token(tx, &hash)?.ok_or(RefreshError::Unknown)?;
            let account = accounts::get(tx, &session.user_id)?.ok_or(RefreshError::Unknown)?;
            may_login(&account)?;
            let from = match session.previous {
                Some(previous) if previous.refresh == Some(hash) => previous,
                _ => session.current,
            };
            sessions::replace_tokens(tx, session.session_id, &issued.pair, &from)?;
            let (user_id, device_id) = (session.user_id, session.device_id);
            changes.extend(sessions::get(tx, &user_id, &device_id)?.map(Change::session));
            let Issued { access: access_token, refresh: refresh_token, expires_in, pair: _ } = issued;
            Ok(SignedIn { user_id, device_id, access_token, refresh_token, expires_in })
        })
        .await
    }
}

impl From<TooFast> for RefreshError {
    fn from(too_fast: TooFast) -> Self {
        Self::TooFast { retry_after: too_fast.retry_after }
    }
}

impl From<Refusal> for RefreshError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Deactivated => Self::Unknown,
            Refusal::Locked => Self::Locked,
        }
    }
}
