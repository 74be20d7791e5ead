//! Networks that are bridged into rooms: there are none, as long as there are no application services.

use axum::extract::FromRef;

use crate::app::{Gated, People};
use crate::error::ApiError;
use crate::routes::Routes;

mod get_location_for_protocol;
mod get_location_for_room_alias;
mod get_protocol;
mod get_protocols;
mod get_user_for_protocol;
mod get_user_for_user_id;

/// Registers the area.
pub(super) fn routes<S: Gated>(routes: Routes<S>) -> Routes<S>
where
    People: FromRef<S>,
{
    routes
        .ruma(get_protocols::get_protocols)
        .ruma(get_protocol::get_protocol)
        .ruma(get_location_for_protocol::get_location_for_protocol)
        .ruma(get_location_for_room_alias::get_location_for_room_alias)
        .ruma(get_user_for_protocol::get_user_for_protocol)
        .ruma(get_user_for_user_id::get_user_for_user_id)
}

/// 404 `M_NOT_FOUND` for whatever network is named.
fn unknown_protocol() -> ApiError {
    ApiError::not_found("There is no such network")
}
