//! `GET /joined_rooms`

use axum::extract::State;
use ruma::api::client::membership::joined_rooms;

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// The rooms a person is in.
pub(crate) async fn joined_rooms(
    State(app): State<App>,
    req: Ruma<joined_rooms::v3::Request>,
) -> Result<RumaResponse<joined_rooms::v3::Response>, ApiError> {
    let rooms = app.homeserver.parts.user_rooms.joined(req.sender())?;
    Ok(RumaResponse(joined_rooms::v3::Response::new(rooms)))
}
