//! Account data: JSON that clients keep with the account, for all rooms or for one.

mod get_global_account_data;
mod get_room_account_data;
mod set_global_account_data;
mod set_room_account_data;

use std::sync::Arc;

use ruma::{RoomId, UserId};
use serde_json::value::RawValue;
use veche_homeserver::rooms::Room;

use crate::{
    app::App,
    error::ApiError,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    routes
        .ruma_with(Route::new().guests(), get_global_account_data::get_global_account_data)
        .ruma(set_global_account_data::set_global_account_data)
        .ruma(get_room_account_data::get_room_account_data)
        .ruma(set_room_account_data::set_room_account_data)
}

/// What belongs to an account is for its owner only.
pub(crate) fn own(sender: &UserId, user: &UserId) -> Result<(), ApiError> {
    if sender == user { Ok(()) } else { Err(ApiError::forbidden("this belongs to another user")) }
}

/// A room that the user is in, is invited to, or has left.
pub(crate) fn room_of(app: &App, user: &UserId, room_id: &RoomId) -> Result<Arc<Room>, ApiError> {
    let room = app.homeserver.parts.room_of(user, room_id)?;
    room.ok_or_else(|| ApiError::not_found("you have no such room"))
}

/// Content of events is always a JSON object.
fn object(content: &RawValue) -> Result<&RawValue, ApiError> {
    if content.get().starts_with('{') { Ok(content) } else { Err(ApiError::bad_json("the content must be an object")) }
}
