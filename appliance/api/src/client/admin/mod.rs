//! What administrators do to accounts through the client API (since 1.18).

use axum::extract::FromRef;
use ruma::UserId;
use veche_directory::Account;

use crate::app::{Gated, People};
use crate::error::ApiError;
use crate::routes::Routes;

mod is_user_locked;
mod is_user_suspended;
mod lock_user;
mod suspend_user;

/// Registers the area.
pub(super) fn routes<S: Gated>(routes: Routes<S>) -> Routes<S>
where
    People: FromRef<S>,
{
    routes
        .ruma(is_user_locked::is_user_locked)
        .ruma(lock_user::lock_user)
        .ruma(is_user_suspended::is_user_suspended)
        .ruma(suspend_user::suspend_user)
}

/// An account of this server that still exists.
fn account(people: &People, user: &UserId) -> Result<Account, ApiError> {
    if user.server_name() != people.gate.settings.server_name {
        return Err(ApiError::invalid_param("This is not a user of this server"));
    }
    let account = people.directory.account(user).filter(|account| account.deactivated_ms.is_none());
    account.ok_or_else(|| ApiError::not_found("There is no such account"))
}
