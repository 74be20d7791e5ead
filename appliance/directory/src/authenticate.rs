//! From an access token to who asks.

use veche_store::sql::sessions;

use crate::StoreError;
use crate::directory::Directory;
use crate::registry::{Change, Found};
use crate::requester::{Caller, Requester};
use crate::sign_in::{Refusal, last_seen, may_login};
use crate::tokens::{lookup_hash, sha256};

/// Why a token proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// Unknown, revoked, or its account is gone: sign in anew (`M_UNKNOWN_TOKEN`).
    #[error("unknown access token")]
    Unknown,
    /// It has expired; the device is still signed in (`M_UNKNOWN_TOKEN` with `soft_logout`).
    #[error("expired access token")]
    Expired,
    /// The account is locked; the device is still signed in (`M_USER_LOCKED` with `soft_logout`).
    #[error("locked account")]
    Locked,
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

impl Directory {
    /// Who the access token belongs to. Answered from memory; only the first use of a renewed token is written down.
    pub async fn authenticate(&self, access_token: &str) -> Result<Requester, AuthenticateError> {
        let requester = self.authenticate_for_logout(access_token).await?;
        if requester.locked { Err(AuthenticateError::Locked) } else { Ok(requester) }
    }

    /// As [`Directory::authenticate`], for the endpoints that sign out: those are open to locked accounts too.
    pub async fn authenticate_for_logout(&self, access_token: &str) -> Result<Requester, AuthenticateError> {
        let hash = lookup_hash(access_token).ok_or(AuthenticateError::Unknown)?;
        let found = self.registry.find(&hash).ok_or(AuthenticateError::Unknown)?;
        if found.over || may_login(&found.account) == Err(Refusal::Deactivated) {
            return Err(AuthenticateError::Unknown);
        }
        if found.expired {
            return Err(AuthenticateError::Expired);
        }
        if found.ends_grace {
            self.end_grace(&found, access_token).await?;
        }
        Ok(found.requester)
    }

    /// Notes that somebody was here. In memory; written down by [`Directory::housekeep`].
    pub fn seen(&self, requester: &Requester, caller: &Caller) {
        self.registry.see(requester.session_id, last_seen(self.clock.wall_ms(), caller));
    }

    /// The client has the new tokens: the old ones are worth nothing from now on, also after a crash.
    async fn end_grace(&self, found: &Found, access_token: &str) -> Result<(), StoreError> {
        let (session, hash) = (found.requester.session_id, sha256(access_token.as_bytes()));
        let (user, device) = (found.requester.user_id.clone(), found.requester.device_id.clone());
        self.commit(move |tx, changes| -> Result<(), StoreError> {
            if sessions::forget_previous_tokens(tx, session, &hash)? {
                changes.extend(sessions::get(tx, &user, &device)?.map(Change::session));
            }
            Ok(())
        })
        .await
    }
}
