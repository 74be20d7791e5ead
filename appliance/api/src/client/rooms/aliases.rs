//! `GET /_matrix/client/v3/rooms/{roomId}/aliases`.

use axum::extract::State;
use ruma::api::client::room::aliases::v3::{Request, Response};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// The addresses of a room on this server. Members may see them, and everybody where the world may read.
pub(crate) async fn aliases(State(app): State<App>, req: Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    let room = app.homeserver.parts.timeline.find_for(&req.body.room_id, req.sender())?;
    Ok(RumaResponse(Response::new(app.homeserver.creation.aliases_of(room.short)?)))
}
