//! `PUT /user/{userId}/rooms/{roomId}/account_data/{type}`

use axum::extract::State;
use ruma::api::client::config::set_room_account_data::v3::{Request, Response};

use super::{object, own, room_of};
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Saves one piece of one's own account data.
pub(super) async fn set_room_account_data(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    own(req.sender(), &req.body.user_id)?;
    let room = room_of(&app, req.sender(), &req.body.room_id)?;
    let kind = req.body.event_type.to_string();
    let content = object(req.body.data.json())?;
    app.homeserver.parts.account_data.set(req.sender(), Some(room.short), &kind, content).await?;
    Ok(RumaResponse(Response::new()))
}
