//! `GET /_matrix/client/v3/directory/list/room/{roomId}`.

use axum::extract::State;
use ruma::api::client::{
    directory::get_room_visibility::v3::{Request, Response},
    room::Visibility,
};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Whether the directory lists a room. Of a room it does not list, nobody learns whether it exists.
pub(crate) async fn get_room_visibility(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let listed = app.homeserver.creation.is_listed(&req.body.room_id)?;
    Ok(RumaResponse(Response::new(if listed { Visibility::Public } else { Visibility::Private })))
}
