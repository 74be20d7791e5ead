//! The second factor: a code of an authenticator app beside the password, for whoever has turned it on.
//!
//! It is asked for wherever the password is: at login, in user-interactive authentication, for a fresh proof. A client
//! that knows nothing of it lets people type the code behind the password, with or without a space between; so it does
//! not depend on the client. Whoever has lost the app is helped by an administrator, and the owner by the machine's
//! console ([`Directory::reset_second_factor`]). A passkey (`passkeys`) does without both.
//!
//! Threat: somebody who knows the password tries codes. Three of a million are good at a time; the limiter lets five be
//! tried at once and then one in ten minutes, and a code is taken once.

use ruma::UserId;
use serde_json::json;
use veche_base::{Clock, Secret};
use veche_store::sql::second_factors::{self, SecondFactor};
use veche_store::sql::{accounts, journal, passkeys};

use crate::StoreError;
use crate::admin::AdminError;
use crate::directory::Directory;
use crate::journal::Authority;
use crate::login::LoginError;
use crate::registry::Change;
use crate::requester::{Caller, Requester};
use crate::totp::{self, NewSecondFactor, Shown, typed_code};

/// Why a second factor was not turned on or off.
#[derive(Debug, thiserror::Error)]
pub enum SecondFactorError {
    /// The password, or the code beside it, was not accepted.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// There is one already.
    #[error("there is a second factor already")]
    AlreadyOn,
    /// None is on, or none was offered.
    #[error("there is no second factor")]
    None,
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

/// A password as it was typed, looked at.
pub(crate) enum Fits {
    No,
    /// It fits, and nothing is behind it.
    Alone,
    /// What stands before the code fits.
    WithCode(u32),
}

impl Directory {
    /// Offers the requester a secret for his authenticator app. It holds once a code of it was shown.
    pub async fn offer_second_factor(
        &self,
        requester: &Requester,
        password: Secret<String>,
        issuer: &str,
        caller: &Caller,
    ) -> Result<NewSecondFactor, SecondFactorError> {
        self.check_password(requester.user_id.as_str(), password, caller).await?;
        let secret = totp::make(&*self.entropy);
        let user = requester.user_id.clone();
        let is_offered = self.sql.write(move |tx| second_factors::offer(tx, &user, &secret)).await?;
        if !is_offered {
            return Err(SecondFactorError::AlreadyOn);
        }
        Ok(totp::offered(&secret, issuer, requester.user_id.as_str()))
    }

    /// Turns on what was offered, if this is a code of it.
    pub async fn turn_second_factor_on(&self, requester: &Requester, code: &str) -> Result<(), SecondFactorError> {
        let user = requester.user_id.clone();
        let asked = user.clone();
        let factor = self.sql.read(move |view| second_factors::get(view, &asked)).await?;
        let factor = factor.filter(|factor| factor.since_ms.is_none()).ok_or(SecondFactorError::None)?;
        // Whoever asks was told the secret: there is nothing to guess.
        let step = step(&factor, typed_code(code), &*self.clock)?;
        let (act, now_ms) = (self.act_of(requester, "account.second_factor_on"), self.clock.wall_ms());
        self.commit(move |tx, changes| {
            if !second_factors::hold(tx, &user, now_ms)? || !second_factors::use_up(tx, &user, step)? {
                return Err(SecondFactorError::None);
            }
            changes.extend(accounts::get(tx, &user)?.map(Change::Account));
            Ok(journal::append(tx, &act)?)
        })
        .await
    }

    /// Turns the requester's own off. `password`: with the code behind it, as everywhere.
    pub async fn turn_second_factor_off(
        &self,
        requester: &Requester,
        password: Secret<String>,
        caller: &Caller,
    ) -> Result<(), SecondFactorError> {
        self.check_password(requester.user_id.as_str(), password, caller).await?;
        let (user, act) = (requester.user_id.clone(), self.act_of(requester, "account.second_factor_off"));
        self.commit(move |tx, changes| {
            if !second_factors::delete(tx, &user)? {
                return Err(SecondFactorError::None);
            }
            changes.extend(accounts::get(tx, &user)?.map(Change::Account));
            Ok(journal::append(tx, &act)?)
        })
        .await
    }

    /// Takes it, and every passkey, from somebody who has lost them.
    pub async fn reset_second_factor(&self, authority: &Authority, user: &UserId) -> Result<(), AdminError> {
        self.administer(authority, user, "account.second_factor_reset", json!({}), |tx, changes, account| {
            let had_app = second_factors::delete(tx, &account.user_id)?;
            if passkeys::delete_of_user(tx, &account.user_id)? == 0 && !had_app {
                return Err(AdminError::NoSecondFactor);
            }
            changes.extend(accounts::get(tx, &account.user_id)?.map(Change::Account));
            Ok(())
        })
        .await
    }

    /// Looks at a password, with a code behind it where there is a second factor.
    pub(crate) async fn fits(
        &self,
        hash: Option<String>,
        typed: Secret<String>,
        has_factor: bool,
    ) -> Result<Fits, StoreError> {
        if has_factor && let Some((password, code)) = totp::split(typed.expose()) {
            let password = Secret::new(password.to_owned());
            if self.passwords.verify(hash.clone(), password).await? {
                return Ok(Fits::WithCode(code));
            }
        }
        Ok(if self.passwords.verify(hash, typed).await? { Fits::Alone } else { Fits::No })
    }

    /// Takes the code of somebody whose password fits.
    pub(crate) async fn take_code(
        &self,
        user: &UserId,
        factor: &SecondFactor,
        typed: Option<u32>,
        caller: &Caller,
    ) -> Result<(), LoginError> {
        let typed = typed.ok_or(LoginError::CodeNeeded)?;
        let known = self.registry.is_known_address(user, caller.ip);
        let guess = self.limiter.code(user.as_str(), caller.ip, known)?;
        let step = match step(factor, Some(typed), &*self.clock) {
            Err(LoginError::WrongCode) => return Err(LoginError::WrongCode),
            judged => {
                // Also one that is used up: whoever shows it has the app, or has read it from its screen.
                guess.was_right();
                judged?
            }
        };
        let user = user.to_owned();
        let is_first = self.sql.write(move |tx| second_factors::use_up(tx, &user, step)).await?;
        if is_first { Ok(()) } else { Err(LoginError::CodeUsed) }
    }

    pub(crate) fn act_of(&self, requester: &Requester, action: &str) -> journal::Act {
        let name = requester.user_id.to_string();
        journal::Act {
            at_ms: self.clock.wall_ms(),
            actor: name.clone(),
            action: action.to_owned(),
            target: name,
            detail: json!({}),
        }
    }
}

/// The half minute whose code was typed.
fn step(factor: &SecondFactor, typed: Option<u32>, clock: &dyn Clock) -> Result<u64, LoginError> {
    match totp::judge(&factor.secret, typed.ok_or(LoginError::WrongCode)?, clock.wall_ms(), factor.last_step) {
        Shown::Step(step) => Ok(step),
        Shown::Used => Err(LoginError::CodeUsed),
        Shown::Wrong => Err(LoginError::WrongCode),
    }
}
