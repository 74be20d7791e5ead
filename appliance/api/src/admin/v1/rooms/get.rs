//! `GET /api/admin/v1/rooms/{roomId}`. Who may call it: administrators who look after rooms.

use std::future::ready;

use axum::extract::State;
use ruma::OwnedRoomId;

use super::RoomShown;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// One room.
pub(super) async fn get(State(app): State<App>, asked: Asked) -> Result<Json<RoomShown>, ApiError> {
    let room_id: OwnedRoomId = ready(asked.id(0)).await?;
    Ok(Json(app.homeserver.overview.room(&room_id)?.into()))
}
