//! `PUT /_matrix/client/v3/directory/list/room/{roomId}`.

use axum::extract::State;
use ruma::api::client::{
    directory::set_room_visibility::v3::{Request, Response},
    room::Visibility,
};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Lists a room in the directory or takes it off. Whoever may set the room's main address may.
pub(crate) async fn set_room_visibility(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let listed = match req.body.visibility {
        Visibility::Public => true,
        Visibility::Private => false,
        _ => return Err(ApiError::invalid_param("visibility is public or private")),
    };
    app.homeserver.creation.change_listed(&req.body.room_id, req.sender(), listed).await?;
    Ok(RumaResponse(Response::new()))
}
