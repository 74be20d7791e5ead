//! `POST /rooms/{roomId}/forget`

use axum::extract::State;
use ruma::api::client::membership::forget_room;

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Drops a left room from the list of a person who left it.
pub(crate) async fn forget_room(
    State(app): State<App>,
    req: Ruma<forget_room::v3::Request>,
) -> Result<RumaResponse<forget_room::v3::Response>, ApiError> {
    app.homeserver.members.forget(&req.body.room_id, req.sender()).await?;
    Ok(RumaResponse(forget_room::v3::Response::new()))
}
