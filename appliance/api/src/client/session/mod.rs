//! Signing in and out.

use axum::extract::FromRef;

use crate::app::{Gated, People};
use crate::limits::Class;
use crate::routes::{Route, Routes};

mod get_login_token;
mod get_login_types;
mod login;
mod logout;
mod logout_all;
mod refresh_token;

/// Registers the area.
pub(super) fn routes<S: Gated>(routes: Routes<S>) -> Routes<S>
where
    People: FromRef<S>,
{
    // Signing in hashes passwords: the address is counted before, the account in the handler.
    let login = Route::new().class(Class::Login);
    let leave = Route::new().class(Class::Free).allow_locked().guests();
    routes
        .ruma_with(Route::new().class(Class::Free), get_login_types::get_login_types)
        .ruma_with(login, login::login)
        .ruma_with(leave, logout::logout)
        .ruma_with(leave, logout_all::logout_all)
        .ruma_with(Route::new().class(Class::Refresh), refresh_token::refresh_token)
        .ruma_with(login, get_login_token::get_login_token)
}
