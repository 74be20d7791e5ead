//! Making an account for oneself.

use std::time::Duration;

use ruma::{OwnedDeviceId, OwnedUserId};
use serde_json::json;
use veche_base::{Secret, random_token};
use veche_store::sql::accounts::{self, Kind, NewAccount, Role};
use veche_store::sql::{Tx, journal, registration_tokens};

use crate::StoreError;
use crate::directory::Directory;
use crate::journal::{Authority, NotGranted};
use crate::limiter::TooFast;
use crate::registry::Change;
use crate::requester::Caller;
use crate::settings::RegistrationMode;
use crate::sign_in::{BadDeviceId, SignedIn, sign_in};
use crate::uia::{Token, UiaPass};
use crate::username;

/// Characters of the name of somebody who chose none.
const FRESH_NAME_CHARS: usize = 16;

/// A request to make an account.
#[derive(Debug, Clone)]
pub struct RegisterRequest {
    /// What kind of account; guests are refused.
    pub kind: Kind,
    /// The name before the colon; a random one when `None`.
    pub username: Option<String>,
    /// The password. Needed: this server knows no other way back in.
    pub password: Option<Secret<String>>,
    /// Only make the account, sign no device in.
    pub inhibit_login: bool,
    /// The device to sign in, if the client has a name for it.
    pub device_id: Option<OwnedDeviceId>,
    /// What to call the device.
    pub display_name: Option<String>,
    /// The client can renew tokens.
    pub refresh_token: bool,
    /// Where the request comes from.
    pub caller: Caller,
}

/// An account that has been made.
#[derive(Debug, Clone)]
pub struct Registered {
    /// Its name.
    pub user_id: OwnedUserId,
    /// The device that was signed in, unless that was not wanted.
    pub signed_in: Option<SignedIn>,
}

/// Why no account was made.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Nobody may register (`M_FORBIDDEN`).
    #[error("registration is closed")]
    Closed,
    /// Guests are not let in (`M_GUEST_ACCESS_FORBIDDEN`).
    #[error("no guests")]
    NoGuests,
    /// The name breaks the grammar or is too long (`M_INVALID_USERNAME`).
    #[error("unusable user name")]
    InvalidUsername,
    /// The name is taken, or was once (`M_USER_IN_USE`).
    #[error("user name in use")]
    UserInUse,
    /// No password was given (`M_MISSING_PARAM`).
    #[error("no password")]
    MissingPassword,
    /// The password is too short, or longer than can be typed (`M_WEAK_PASSWORD`).
    #[error("unacceptable password")]
    WeakPassword,
    /// The device id is unusable (`M_INVALID_PARAM`).
    #[error("unusable device id")]
    BadDeviceId,
    /// Accounts are not what this administrator looks after (`M_FORBIDDEN`).
    #[error(transparent)]
    NotGranted(#[from] NotGranted),
    /// The registration token was used up or taken away meanwhile (`M_FORBIDDEN`).
    #[error("registration token used up")]
    TokenUsedUp,
    /// Too many attempts (`M_LIMIT_EXCEEDED`).
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
    /// Looks a registration over before anything has to be proved for it, so that a name that is
    /// taken costs the newcomer no registration token. Call it before [`Directory::uia`].
    pub fn check_registration(&self, request: &RegisterRequest) -> Result<(), RegisterError> {
        self.registration_mode()?;
        if request.kind == Kind::Guest {
            return Err(RegisterError::NoGuests);
        }
        if let Some(name) = &request.username {
            self.free_user_id(name)?;
        }
        match &request.password {
            Some(password) if !self.is_good_password(password) => Err(RegisterError::WeakPassword),
            _ => Ok(()),
        }
    }

    /// Whether the name may be registered. Closed servers do not tell who exists.
    pub fn check_username(&self, name: &str) -> Result<(), RegisterError> {
        self.registration_mode()?;
        self.free_user_id(name).map(|_| ())
    }

    /// Makes an account and signs its first device in. `pass` comes from [`Directory::uia`] for a newcomer.
    pub async fn register(&self, request: RegisterRequest, pass: UiaPass) -> Result<Registered, RegisterError> {
        self.check_registration(&request)?;
        if pass.user().is_some() {
            return Err(RegisterError::Closed);
        }
        let token = pass.newcomers_token().cloned();
        if token.is_none() && self.registration() != RegistrationMode::Open {
            return Err(RegisterError::Closed);
        }
        self.limiter.registration(request.caller.ip)?;
        let user_id = match &request.username {
            Some(name) => self.free_user_id(name)?,
            None => self.fresh_user_id()?,
        };
        let caller = &request.caller;
        let wish = self.wish(request.device_id, request.display_name, request.refresh_token, caller)?;
        let wish = (!request.inhibit_login).then_some(wish);
        let password = request.password.ok_or(RegisterError::MissingPassword)?;
        let password_hash = Some(self.passwords.hash(password).await.map_err(StoreError::from)?);
        let created_ms = self.clock.wall_ms();
        let claims = token == Some(Token::Claim);
        let new = NewAccount { user_id, kind: Kind::User, password_hash, admin: claims, created_ms };
        let act = self.act(&Authority::console(), "server.claim", new.user_id.as_str(), json!({}));
        let registered = self
            .commit(move |tx, changes| {
                spend(tx, token.as_ref(), created_ms)?;
                create(tx, changes, &new)?;
                if claims {
                    accounts::set_role(tx, &new.user_id, Some(Role::Owner))?;
                    changes.extend(accounts::get(tx, &new.user_id)?.map(Change::Account));
                    journal::append(tx, &act)?;
                }
                let user_id = new.user_id;
                let signed_in = match wish {
                    // An account made a moment ago is neither locked nor deactivated.
                    Some(wish) => sign_in(tx, changes, user_id.clone(), wish).map_err(StoreError::from)?.ok(),
                    None => None,
                };
                Ok::<_, RegisterError>(Registered { user_id, signed_in })
            })
            .await?;
        tracing::info!(user_id = %registered.user_id, admin = claims, "registered");
        Ok(registered)
    }

    pub(crate) fn free_user_id(&self, name: &str) -> Result<OwnedUserId, RegisterError> {
        let name = Some(name).filter(|name| !name.starts_with(username::GUEST_PREFIX));
        let user_id = name.and_then(|name| username::chosen(name, self.server_name()));
        let user_id = user_id.ok_or(RegisterError::InvalidUsername)?;
        match self.account(&user_id) {
            Some(_) => Err(RegisterError::UserInUse),
            None => Ok(user_id),
        }
    }

    fn fresh_user_id(&self) -> Result<OwnedUserId, RegisterError> {
        let name = random_token(&*self.entropy, FRESH_NAME_CHARS).to_ascii_lowercase();
        self.free_user_id(&name)
    }

    fn registration_mode(&self) -> Result<(), RegisterError> {
        let closed = self.registration() == RegistrationMode::Closed && self.first_claim_token().is_none();
        if closed { Err(RegisterError::Closed) } else { Ok(()) }
    }
}

/// Takes what the newcomer has shown; in the same transaction as the account, so that neither exists without the other.
fn spend(tx: &Tx<'_>, token: Option<&Token>, now_ms: u64) -> Result<(), RegisterError> {
    let good = match token {
        None => true,
        Some(Token::Claim) => accounts::count(tx)? == 0,
        Some(Token::Made(token)) => registration_tokens::complete(tx, token, now_ms)?,
    };
    if good { Ok(()) } else { Err(RegisterError::TokenUsedUp) }
}

/// Makes the account inside the caller's transaction.
pub(crate) fn create(tx: &Tx<'_>, changes: &mut Vec<Change>, new: &NewAccount) -> Result<(), RegisterError> {
    if !accounts::create(tx, new)? {
        return Err(RegisterError::UserInUse);
    }
    changes.extend(accounts::get(tx, &new.user_id)?.map(Change::Account));
    Ok(())
}

impl From<TooFast> for RegisterError {
    fn from(too_fast: TooFast) -> Self {
        Self::TooFast { retry_after: too_fast.retry_after }
    }
}

impl From<BadDeviceId> for RegisterError {
    fn from(_: BadDeviceId) -> Self {
        Self::BadDeviceId
    }
}
