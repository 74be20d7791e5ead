//! What administrators do to accounts through the client API, and what they see of them.

use axum::extract::FromRef;
use ruma::UserId;
use veche_directory::{Account, Grant};

use crate::app::{Gated, People};
use crate::error::ApiError;
use crate::routes::{Route, Routes};

mod get_user_info;
mod is_user_locked;
mod is_user_suspended;
mod lock_user;
mod suspend_user;

/// Registers the area.
pub(super) fn routes<S: Gated>(routes: Routes<S>) -> Routes<S>
where
    People: FromRef<S>,
{
    let administrators = Route::new().for_administrators().grant(Grant::Users);
    routes
        .ruma_with(administrators, is_user_locked::is_user_locked)
        .ruma_with(administrators, lock_user::lock_user)
        .ruma_with(administrators, is_user_suspended::is_user_suspended)
        .ruma_with(administrators, suspend_user::suspend_user)
        // Everybody may ask about himself.
        .ruma(get_user_info::get_user_info)
}

/// An account of this server that still exists.
fn account(people: &People, user: &UserId) -> Result<Account, ApiError> {
    if user.server_name() != people.gate.settings.server_name {
        return Err(ApiError::invalid_param("This is not a user of this server"));
    }
    let account = people.directory.account(user).filter(|account| account.deactivated_ms.is_none());
    account.ok_or_else(|| ApiError::not_found("There is no such account"))
}
