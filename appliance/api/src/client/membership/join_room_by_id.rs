//! `POST /rooms/{roomId}/join`

use axum::extract::State;
use ruma::api::client::membership::join_room_by_id;
use serde_json::Map;

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Joins a room by its id. Whoever the join rule lets in may.
pub(crate) async fn join_room_by_id(
    State(app): State<App>,
    req: Ruma<join_room_by_id::v3::Request>,
) -> Result<RumaResponse<join_room_by_id::v3::Response>, ApiError> {
    let members = &app.homeserver.members;
    members.join(&req.body.room_id, req.sender(), req.body.reason.clone(), Map::new()).await?;
    Ok(RumaResponse(join_room_by_id::v3::Response::new(req.body.room_id)))
}
