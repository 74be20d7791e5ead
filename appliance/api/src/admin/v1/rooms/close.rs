//! `POST /api/admin/v1/rooms/{roomId}/close`. Who may call it: administrators who look after rooms, with a fresh proof.

use axum::extract::State;
use ruma::OwnedRoomId;

use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, DONE, Done, Json};

/// Closes a room for good.
pub(super) async fn close(State(app): State<App>, asked: Asked) -> Result<Json<Done>, ApiError> {
    let room_id: OwnedRoomId = asked.id(0)?;
    app.homeserver.closing.close(&asked.authority()?, &room_id).await?;
    Ok(DONE)
}
