//! Making an account, and what its owner does to it.

use axum::extract::FromRef;

use crate::app::{Gated, People};
use crate::limits::Class;
use crate::routes::{Route, Routes};

mod change_password;
mod check_registration_token_validity;
mod deactivate;
mod get_3pids;
mod get_username_availability;
mod register;
mod request_openid_token;
mod whoami;

/// Registers the area.
pub(super) fn routes<S: Gated>(routes: Routes<S>) -> Routes<S>
where
    People: FromRef<S>,
{
    let newcomer = Route::new().class(Class::Register);
    let password = Route::new().class(Class::Login);
    routes
        .ruma_with(newcomer, register::register)
        .ruma_with(newcomer, get_username_availability::get_username_availability)
        .ruma_with(newcomer, check_registration_token_validity::check_registration_token_validity)
        .ruma_with(password, change_password::change_password)
        .ruma_with(password, deactivate::deactivate)
        .ruma_with(Route::new().guests(), whoami::whoami)
        .ruma(get_3pids::get_3pids)
        .ruma_with(Route::new().guests(), request_openid_token::request_openid_token)
}
