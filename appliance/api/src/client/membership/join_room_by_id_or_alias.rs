//! `POST /join/{roomIdOrAlias}`

use axum::extract::State;
use ruma::api::client::membership::join_room_by_id_or_alias;
use serde_json::Map;

use super::resolve;
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Joins a room by its id or address. Whoever the join rule lets in may.
pub(crate) async fn join_room_by_id_or_alias(
    State(app): State<App>,
    req: Ruma<join_room_by_id_or_alias::v3::Request>,
) -> Result<RumaResponse<join_room_by_id_or_alias::v3::Response>, ApiError> {
    let room_id = resolve(&app, &req.body.room_id_or_alias)?;
    app.homeserver.members.join(&room_id, req.sender(), req.body.reason.clone(), Map::new()).await?;
    Ok(RumaResponse(join_room_by_id_or_alias::v3::Response::new(room_id)))
}
