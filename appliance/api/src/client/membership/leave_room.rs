//! `POST /rooms/{roomId}/leave`

use axum::extract::State;
use ruma::api::client::membership::leave_room;

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Leaves a room, turns an invite down or takes a knock back. Anyone may.
pub(crate) async fn leave_room(
    State(app): State<App>,
    req: Ruma<leave_room::v3::Request>,
) -> Result<RumaResponse<leave_room::v3::Response>, ApiError> {
    app.homeserver.members.leave(&req.body.room_id, req.sender(), req.body.reason.clone()).await?;
    Ok(RumaResponse(leave_room::v3::Response::new()))
}
