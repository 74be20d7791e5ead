//! Signing in with a password, or what a passkey has proved in its place, or a login token, and issuing login tokens.

use std::time::Duration;

use ruma::api::client::uiaa::UserIdentifier;
use ruma::{OwnedDeviceId, OwnedUserId};
use veche_base::Secret;
use veche_base::limits::{ID_BYTES_MAX, LOGIN_TOKEN_SECS_MAX, PASSWORD_BYTES_MAX};
use veche_store::sql::second_factors::SecondFactor;
use veche_store::sql::short_tokens::{self, Purpose, ShortToken};
use veche_store::sql::{View, accounts, second_factors, user_directories};

use crate::StoreError;
use crate::directory::Directory;
use crate::limiter::TooFast;
use crate::requester::{Caller, Requester};
use crate::second_factor::Fits;
use crate::sign_in::{BadDeviceId, Refusal, SignedIn, cut, sign_in};
use crate::tokens::{Token, TokenKind, lookup_hash};
use crate::uia::UiaPass;
use crate::username;

/// Login tokens of one account that may wait to be used.
const LOGIN_TOKENS_MAX: u32 = 10;

/// A space and a code behind a password.
const CODE_BYTES_MAX: usize = 7;

/// What somebody shows to sign in.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// `m.login.password`.
    Password {
        /// As typed: `alice` or `@alice:our.server`. See [`typed_user`].
        user: String,
        /// As typed.
        password: Secret<String>,
    },
    /// `m.login.token`: a token from [`Directory::issue_login_token`].
    Token(Secret<String>),
}

/// A request to sign in.
#[derive(Debug, Clone)]
pub struct LoginRequest {
    /// What is shown.
    pub credentials: Credentials,
    /// The device that signs in, if the client knows it; otherwise it gets a name.
    pub device_id: Option<OwnedDeviceId>,
    /// What to call a device that is new.
    pub display_name: Option<String>,
    /// The client can renew tokens: it gets one that expires, and what renews it.
    pub refresh_token: bool,
    /// Where the request comes from.
    pub caller: Caller,
}

/// Why somebody could not sign in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Account and password do not fit, or the token is none of ours. Says no more, on purpose (`M_FORBIDDEN`).
    #[error("wrong credentials")]
    WrongCredentials,
    /// The password fits, and the code of the authenticator app is missing (`M_FORBIDDEN`).
    #[error("a code is needed")]
    CodeNeeded,
    /// The password fits, and the code does not (`M_FORBIDDEN`).
    #[error("wrong code")]
    WrongCode,
    /// The password fits, and the account is opened by a passkey (`M_FORBIDDEN`).
    #[error("a passkey is needed")]
    PasskeyNeeded,
    /// The code was shown before (`M_FORBIDDEN`).
    #[error("the code is used up")]
    CodeUsed,
    /// The account has been deactivated (`M_USER_DEACTIVATED`).
    #[error("deactivated account")]
    Deactivated,
    /// The account is locked (`M_USER_LOCKED`).
    #[error("locked account")]
    Locked,
    /// Too many attempts (`M_LIMIT_EXCEEDED`).
    #[error("too many attempts")]
    TooFast {
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// A company directory does not answer, and may know who this is (`M_UNKNOWN`, 503).
    #[error("the company's directory does not answer")]
    DirectoryAway,
    /// The device id is empty, too long or has control characters (`M_INVALID_PARAM`).
    #[error("unusable device id")]
    BadDeviceId,
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

/// Why no login token was issued.
#[derive(Debug, thiserror::Error)]
pub enum LoginTokenError {
    /// The proof is somebody else's (`M_FORBIDDEN`).
    #[error("not proven")]
    NotProven,
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

/// A login token, good once and for two minutes.
#[derive(Debug, Clone)]
pub struct LoginToken {
    /// What the second device shows.
    pub token: Secret<String>,
    /// For how long.
    pub expires_in: Duration,
}

/// What a client put where a user is named; `None` for what we do not know (mail addresses, telephone numbers).
pub fn typed_user(identifier: &UserIdentifier) -> Option<&str> {
    match identifier {
        UserIdentifier::Matrix(matrix) => Some(&matrix.user),
        _ => None,
    }
}

impl Directory {
    /// Signs a device in. A device of the same name that was signed in is signed out and keeps its keys.
    pub async fn login(&self, request: LoginRequest) -> Result<SignedIn, LoginError> {
        let result = match &request.credentials {
            Credentials::Password { .. } => self.login_with_password(request).await,
            Credentials::Token(_) => self.login_with_token(request).await,
        };
        let outcome = match &result {
            Ok(signed_in) => {
                tracing::info!(user_id = %signed_in.user_id, device_id = %signed_in.device_id, "signed in");
                "ok"
            }
            Err(LoginError::TooFast { .. }) => "too_fast",
            Err(LoginError::Internal(_)) => "error",
            Err(_) => "refused",
        };
        self.outcomes.inc(&[("kind", "login"), ("outcome", outcome)]);
        result
    }

    /// Issues a token that signs another device of the same user in.
    pub async fn issue_login_token(&self, pass: UiaPass) -> Result<LoginToken, LoginTokenError> {
        let user_id = pass.user().ok_or(LoginTokenError::NotProven)?.to_owned();
        let lifetime = Duration::from_secs(LOGIN_TOKEN_SECS_MAX);
        let token = self.issue_short_token(TokenKind::Login, user_id, lifetime, LOGIN_TOKENS_MAX).await?;
        Ok(LoginToken { token, expires_in: lifetime })
    }

    pub(crate) async fn issue_short_token(
        &self,
        kind: TokenKind,
        user_id: OwnedUserId,
        lifetime: Duration,
        keep: u32,
    ) -> Result<Secret<String>, StoreError> {
        let purpose = if kind == TokenKind::OpenId { Purpose::OpenId } else { Purpose::Login };
        let token = Token::make(kind, &*self.entropy);
        let issued_ms = self.clock.wall_ms();
        let expires_ms = issued_ms + u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        let hash = token.hash;
        let stored = ShortToken { user_id, issued_ms, expires_ms };
        self.sql.write(move |tx| short_tokens::create(tx, purpose, &hash, &stored, keep)).await?;
        Ok(token.plain)
    }

    /// Whose the password is, with a code behind it where there is a second factor, or whose proof by a passkey. The one
    /// place where passwords are compared; asks the limiter first. A password that is none of ours is shown to the company
    /// directories (`ldap`), unless the account was made here.
    pub(crate) async fn check_password(
        &self,
        typed: &str,
        password: Secret<String>,
        caller: &Caller,
    ) -> Result<OwnedUserId, LoginError> {
        let user = username::typed(typed, self.server_name());
        let key = limit_name(user.as_ref(), typed);
        let known = user.as_ref().is_some_and(|user| self.registry.is_known_address(user, caller.ip));
        let guess = self.limiter.password(&key, caller.ip, known)?;
        if password.expose().len() > PASSWORD_BYTES_MAX + CODE_BYTES_MAX {
            return Err(LoginError::WrongCredentials);
        }
        if let Some(user) = user.as_ref().filter(|user| self.take_passkey_proof(user, &password)) {
            guess.was_right();
            return Ok(user.clone());
        }
        let (hash, factor) = self.password_of(user.clone()).await?;
        let factor = factor.filter(|factor| factor.since_ms.is_some());
        let fits = self.fits(hash, password.clone(), factor.is_some()).await?;
        let (user, factor, code) = match (fits, user) {
            (Fits::Alone, Some(user)) => (user, factor, None),
            (Fits::WithCode(code), Some(user)) => (user, factor, Some(code)),
            (_, typed_user) => {
                let (user, code) = self.check_with_directories(typed, typed_user.as_ref(), &password, caller).await?;
                let (_, factor) = self.password_of(Some(user.clone())).await?;
                (user, factor.filter(|factor| factor.since_ms.is_some()), code)
            }
        };
        guess.was_right();
        match factor {
            Some(factor) => self.take_code(&user, &factor, code, caller).await?,
            None if self.registry.is_account(&user, |account| account.passkey) => {
                return Err(LoginError::PasskeyNeeded);
            }
            None => {}
        }
        Ok(user)
    }

    async fn password_of(
        &self,
        user: Option<OwnedUserId>,
    ) -> Result<(Option<String>, Option<SecondFactor>), StoreError> {
        let Some(user) = user else { return Ok((None, None)) };
        let read = move |view: &View<'_>| {
            // Whom a directory vouches for has no password here, whatever was once stored.
            let is_ours = user_directories::person(view, &user)?.is_none();
            let hash = if is_ours { accounts::password_hash(view, &user)? } else { None };
            Ok((hash, second_factors::get(view, &user)?))
        };
        self.sql.read(read).await
    }

    async fn login_with_password(&self, request: LoginRequest) -> Result<SignedIn, LoginError> {
        let wish = self.wish(request.device_id, request.display_name, request.refresh_token, &request.caller)?;
        let Credentials::Password { user, password } = request.credentials else {
            return Err(LoginError::WrongCredentials);
        };
        let account = username::typed(&user, self.server_name());
        self.limiter.sign_in(&limit_name(account.as_ref(), &user), request.caller.ip)?;
        let user_id = self.check_password(&user, password, &request.caller).await?;
        Ok(self.admit(wish, move |tx, changes, wish| sign_in(tx, changes, user_id.clone(), wish)).await??)
    }

    async fn login_with_token(&self, request: LoginRequest) -> Result<SignedIn, LoginError> {
        let wish = self.wish(request.device_id, request.display_name, request.refresh_token, &request.caller)?;
        let guess = self.limiter.token(request.caller.ip)?;
        let hash = match &request.credentials {
            Credentials::Token(token) => lookup_hash(token.expose()),
            Credentials::Password { .. } => None,
        };
        let hash = hash.ok_or(LoginError::WrongCredentials)?;
        let now_ms = self.clock.wall_ms();
        let signed_in = self
            .admit(wish, move |tx, changes, wish| {
                // Used up even when the account turns out to be locked: that is why a refusal is no `Err` here.
                match short_tokens::take(tx, Purpose::Login, &hash)? {
                    Some(token) if is_alive(&token, now_ms, LOGIN_TOKEN_SECS_MAX) => {
                        sign_in(tx, changes, token.user_id, wish).map(Some)
                    }
                    _ => Ok(None),
                }
            })
            .await?;
        let Some(signed_in) = signed_in else { return Err(LoginError::WrongCredentials) };
        guess.was_right();
        Ok(signed_in?)
    }
}

/// The second half keeps a token dead that a clock set back would bring to life.
pub(crate) fn is_alive(token: &ShortToken, now_ms: u64, lifetime_secs: u64) -> bool {
    now_ms < token.expires_ms && token.expires_ms - now_ms <= lifetime_secs * 1_000
}

/// Accounts that do not exist are counted like those that do.
fn limit_name(user: Option<&OwnedUserId>, typed: &str) -> String {
    user.map_or_else(|| cut(typed, ID_BYTES_MAX), ToString::to_string)
}

impl From<TooFast> for LoginError {
    fn from(too_fast: TooFast) -> Self {
        Self::TooFast { retry_after: too_fast.retry_after }
    }
}

impl From<Refusal> for LoginError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Deactivated => Self::Deactivated,
            Refusal::Locked => Self::Locked,
        }
    }
}

impl From<BadDeviceId> for LoginError {
    fn from(_: BadDeviceId) -> Self {
        Self::BadDeviceId
    }
}

impl Requester {
    /// Whether the proof is this requester's own.
    pub(crate) fn is_proven_by(&self, pass: &UiaPass) -> bool {
        pass.user() == Some(&*self.user_id)
    }
}
