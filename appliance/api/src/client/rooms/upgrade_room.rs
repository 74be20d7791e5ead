//! `POST /_matrix/client/v3/rooms/{roomId}/upgrade`.

use axum::extract::State;
use ruma::api::client::room::upgrade_room::v3::{Request, Response};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Replaces a room by a newer version of itself. Members who may end the room may.
pub(crate) async fn upgrade_room(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let by = req.sender().to_owned();
    let Request { room_id, new_version, additional_creators, .. } = req.body;
    let replacement = app.homeserver.creation.upgrade(&room_id, &by, new_version, additional_creators).await?;
    Ok(RumaResponse(Response::new(replacement)))
}
