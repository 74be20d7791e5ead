//! `PUT /user/{userId}/rooms/{roomId}/tags/{tag}`

use axum::extract::State;
use ruma::api::client::tag::create_tag::v3::{Request, Response};

use crate::{
    app::App,
    client::account_data::{own, room_of},
    error::ApiError,
    extract::Ruma,
    respond::RumaResponse,
};

/// Gives a room a tag.
pub(super) async fn create_tag(State(app): State<App>, req: Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    own(req.sender(), &req.body.user_id)?;
    let room = room_of(&app, req.sender(), &req.body.room_id)?;
    let info = serde_json::to_value(&req.body.tag_info).map_err(ApiError::internal)?;
    app.homeserver.parts.account_data.set_tag(req.sender(), room.short, &req.body.tag, info).await?;
    Ok(RumaResponse(Response::new()))
}
