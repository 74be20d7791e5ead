//! `POST /knock/{roomIdOrAlias}`

use axum::extract::State;
use ruma::api::client::knock::knock_room;

use super::resolve;
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Asks to be let into a room. Whoever the join rule lets knock may.
pub(crate) async fn knock_room(
    State(app): State<App>,
    req: Ruma<knock_room::v3::Request>,
) -> Result<RumaResponse<knock_room::v3::Response>, ApiError> {
    let room_id = resolve(&app, &req.body.room_id_or_alias)?;
    app.homeserver.members.knock(&room_id, req.sender(), req.body.reason.clone()).await?;
    Ok(RumaResponse(knock_room::v3::Response::new(room_id)))
}
