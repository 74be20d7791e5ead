//! Calls between two people, whose media the server may have to relay.

mod get_turn_server_info;

use axum::extract::FromRef;

use crate::app::{Gated, Plugs};
use crate::routes::{Route, Routes};

/// The area's endpoints.
pub(super) fn routes<S: Gated>(routes: Routes<S>) -> Routes<S>
where
    Plugs: FromRef<S>,
{
    routes.ruma_with(Route::new().guests(), get_turn_server_info::get_turn_server_info)
}

#[cfg(test)]
mod tests;
