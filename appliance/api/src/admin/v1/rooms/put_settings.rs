//! `PUT /api/admin/v1/rooms/{roomId}/settings`. Who may call it: administrators who look after rooms.

use axum::extract::State;
use ruma::OwnedRoomId;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::RoomShown;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// What is the server's to say about a room. Everything else belongs to those who are in it.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "RoomSettings")]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Whether the directory lists it.
    listed: bool,
}

/// Changes how a room is listed.
pub(super) async fn put_settings(
    State(app): State<App>,
    asked: Asked<Nothing, Settings>,
) -> Result<Json<RoomShown>, ApiError> {
    let room_id: OwnedRoomId = asked.id(0)?;
    let overview = &app.homeserver.overview;
    let before = overview.room(&room_id)?.listed;
    let listed = asked.body.listed;
    if before != listed {
        let detail = json!({ "listed": listed });
        app.directory.write_down(&asked.authority()?, "room.settings", room_id.as_str(), detail).await?;
        overview.set_listed(&room_id, listed).await?;
    }
    Ok(Json(overview.room(&room_id)?.into()))
}
