//! `/_synapse/admin/v1/register`: making accounts with a secret both sides know, because tools expect it.
//!
//! The secret never travels: the tool asks for a nonce (good once, for a minute) and sends
//! HMAC-SHA1(secret, nonce NUL user NUL password NUL `admin`|`notadmin` [NUL user type]) in hex.
//! HMAC is safe with SHA-1, and the protocol is Synapse's, not ours.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha1::Sha1;
use veche_base::{Secret, random_token};
use veche_store::sql::accounts::{Kind, NewAccount};
use veche_store::sql::journal;

use crate::StoreError;
use crate::directory::Directory;
use crate::journal::Authority;
use crate::limiter::TooFast;
use crate::register::{RegisterError, Registered, create};
use crate::requester::Caller;
use crate::sign_in::sign_in;

/// How long a nonce is good, as in Synapse.
const NONCE_LIFETIME: Duration = Duration::from_secs(60);

/// Nonces at once; a further one takes the place of the oldest.
const NONCES_MAX: usize = 1_000;

/// Characters of a nonce.
const NONCE_CHARS: usize = 43;

/// What the tool sends.
#[derive(Debug, Clone)]
pub struct SharedSecretRequest {
    /// From [`Directory::registration_nonce`].
    pub nonce: String,
    /// The name before the colon.
    pub username: String,
    /// The password.
    pub password: Secret<String>,
    /// The account shall be an administrator.
    pub admin: bool,
    /// Part of what is authenticated; kinds of users beyond Matrix's own are not known here.
    pub user_type: Option<String>,
    /// The HMAC, in hex.
    pub mac: String,
    /// Only make the account, sign no device in.
    pub inhibit_login: bool,
    /// Where the request comes from.
    pub caller: Caller,
}

/// Why no account was made.
#[derive(Debug, thiserror::Error)]
pub enum SharedSecretError {
    /// No secret is set: there is no such endpoint (404 `M_UNRECOGNIZED`).
    #[error("no shared secret is set")]
    Disabled,
    /// The nonce is unknown, used or too old (`M_UNKNOWN`, 400).
    #[error("unknown nonce")]
    UnknownNonce,
    /// The HMAC is wrong (`M_FORBIDDEN`).
    #[error("wrong HMAC")]
    WrongMac,
    /// As in any registration.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

#[derive(Default)]
pub(crate) struct Nonces {
    /// With the time each was given out.
    open: Mutex<BTreeMap<String, Duration>>,
}

impl Directory {
    /// A nonce for [`Directory::register_with_shared_secret`].
    pub fn registration_nonce(&self) -> Result<String, SharedSecretError> {
        if self.settings.shared_secret.is_none() {
            return Err(SharedSecretError::Disabled);
        }
        let nonce = random_token(&*self.entropy, NONCE_CHARS);
        self.nonces.add(nonce.clone(), self.now());
        Ok(nonce)
    }

    /// Makes an account for whoever knows the secret, and signs a device in.
    pub async fn register_with_shared_secret(
        &self,
        request: SharedSecretRequest,
    ) -> Result<Registered, SharedSecretError> {
        let secret = self.settings.shared_secret.as_ref().ok_or(SharedSecretError::Disabled)?;
        let guess = self.limiter.token(request.caller.ip)?;
        if !self.nonces.take(&request.nonce, self.now()) {
            return Err(SharedSecretError::UnknownNonce);
        }
        if !is_authentic(secret, &request) {
            return Err(SharedSecretError::WrongMac);
        }
        guess.was_right();
        let user_id = self.free_user_id(&request.username.to_ascii_lowercase())?;
        if !is_usable_password(&request.password) {
            return Err(RegisterError::WeakPassword.into());
        }
        let wish = self.wish(None, None, false, &request.caller).map_err(RegisterError::from)?;
        let wish = (!request.inhibit_login).then_some(wish);
        let hash = self.passwords.hash(request.password).await.map_err(StoreError::from)?;
        let (created_ms, admin) = (self.clock.wall_ms(), request.admin);
        let new = NewAccount { user_id, kind: Kind::User, password_hash: Some(hash), admin, created_ms };
        let by = json!({ "admin": admin, "by": "shared secret" });
        let act = self.act(&Authority::console(), "account.create", new.user_id.as_str(), by);
        self.commit(move |tx, changes| {
            create(tx, changes, &new)?;
            journal::append(tx, &act)?;
            let user_id = new.user_id;
            let signed_in = match wish {
                Some(wish) => sign_in(tx, changes, user_id.clone(), wish).map_err(StoreError::from)?.ok(),
                None => None,
            };
            Ok(Registered { user_id, signed_in })
        })
        .await
    }
}

/// Administrators may give short passwords, but not none, and none longer than can be typed.
pub(crate) fn is_usable_password(password: &Secret<String>) -> bool {
    (1..=veche_base::limits::PASSWORD_BYTES_MAX).contains(&password.expose().len())
}

fn is_authentic(secret: &Secret<String>, request: &SharedSecretRequest) -> bool {
    let Ok(mut hmac) = Hmac::<Sha1>::new_from_slice(secret.expose().as_bytes()) else { return false };
    let role = if request.admin { "admin" } else { "notadmin" };
    let parts = [request.nonce.as_str(), &request.username, request.password.expose(), role];
    for (number, part) in parts.into_iter().chain(request.user_type.as_deref()).enumerate() {
        if number > 0 {
            hmac.update(&[0]);
        }
        hmac.update(part.as_bytes());
    }
    // Compares in constant time.
    unhex(&request.mac).is_some_and(|mac| hmac.verify_slice(&mac).is_ok())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|digit| digit.to_digit(16).map(|it| it as u8)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0 && digits.len() <= 128)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

impl Nonces {
    fn add(&self, nonce: String, now: Duration) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= NONCES_MAX {
            let oldest = open.iter().min_by_key(|(_, given)| **given).map(|(nonce, _)| nonce.clone());
            oldest.and_then(|oldest| open.remove(&oldest));
        }
        open.insert(nonce, now);
    }

    fn take(&self, nonce: &str, now: Duration) -> bool {
        let given = self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(nonce);
        given.is_some_and(|given| now.saturating_sub(given) < NONCE_LIFETIME)
    }

    pub(crate) fn forget_old(&self, now: Duration) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, given| now.saturating_sub(*given) < NONCE_LIFETIME);
    }
}

impl From<TooFast> for SharedSecretError {
    fn from(too_fast: TooFast) -> Self {
        Self::Register(too_fast.into())
    }
}
