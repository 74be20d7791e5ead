//! OpenID tokens: a proof of who somebody is, for another service to check here.

use std::time::Duration;

use ruma::OwnedUserId;
use veche_base::Secret;
use veche_base::limits::OPENID_TOKEN_SECS_MAX;
use veche_store::sql::short_tokens::{self, Purpose};

use crate::StoreError;
use crate::directory::Directory;
use crate::login::is_alive;
use crate::requester::Requester;
use crate::sign_in::may_login;
use crate::tokens::{TokenKind, lookup_hash};

/// OpenID tokens of one account that are good at once; a further one ends the oldest.
const OPENID_TOKENS_MAX: u32 = 100;

/// A proof of who somebody is.
#[derive(Debug, Clone)]
pub struct OpenIdToken {
    /// What the other service shows here.
    pub token: Secret<String>,
    /// For how long.
    pub expires_in: Duration,
}

impl Directory {
    /// Issues a proof of who the requester is.
    pub async fn issue_openid_token(&self, requester: &Requester) -> Result<OpenIdToken, StoreError> {
        let lifetime = Duration::from_secs(OPENID_TOKEN_SECS_MAX);
        let user_id = requester.user_id.clone();
        let token = self.issue_short_token(TokenKind::OpenId, user_id, lifetime, OPENID_TOKENS_MAX).await?;
        Ok(OpenIdToken { token, expires_in: lifetime })
    }

    /// Whom the proof is about; `None` when it is none, has expired, or the account may no longer sign in.
    pub async fn check_openid_token(&self, token: &str) -> Result<Option<OwnedUserId>, StoreError> {
        let Some(hash) = lookup_hash(token) else { return Ok(None) };
        let found = self.sql.read(move |view| short_tokens::get(view, Purpose::OpenId, &hash)).await?;
        let now_ms = self.clock.wall_ms();
        let alive = found.filter(|token| is_alive(token, now_ms, OPENID_TOKEN_SECS_MAX));
        let user = alive.map(|token| token.user_id);
        Ok(user.filter(|user| self.account(user).is_some_and(|account| may_login(&account).is_ok())))
    }
}
