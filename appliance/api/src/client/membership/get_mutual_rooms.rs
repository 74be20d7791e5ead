//! `GET /_matrix/client/v1/mutual_rooms`, and the path it had before.

use axum::extract::State;
use ruma::{
    OwnedRoomId, UInt, UserId,
    api::client::membership::get_mutual_rooms::{unstable, v1},
};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// The rooms that the requester and somebody else are both in, all in one page.
pub(crate) async fn get_mutual_rooms(
    State(app): State<App>,
    req: Ruma<v1::Request>,
) -> Result<RumaResponse<v1::Response>, ApiError> {
    let joined = mutual(&app, req.sender(), &req.body.user_id, req.body.from.as_deref())?;
    Ok(RumaResponse(v1::Response::new(UInt::new_saturating(joined.len() as u64), joined)))
}

/// The same by its older name.
pub(crate) async fn get_mutual_rooms_unstable(
    State(app): State<App>,
    req: Ruma<unstable::Request>,
) -> Result<RumaResponse<unstable::Response>, ApiError> {
    let joined = mutual(&app, req.sender(), &req.body.user_id, req.body.from.as_deref())?;
    Ok(RumaResponse(unstable::Response::new(joined)))
}

fn mutual(app: &App, user: &UserId, other: &UserId, from: Option<&str>) -> Result<Vec<OwnedRoomId>, ApiError> {
    if user == other {
        return Err(ApiError::invalid_param("everybody shares all rooms with himself"));
    }
    if from.is_some() {
        return Err(ApiError::invalid_param("there is one page only"));
    }
    let parts = &app.homeserver.parts;
    Ok(parts.user_rooms.mutual(&parts.rooms, user, other)?)
}
