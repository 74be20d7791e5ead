//! `DELETE /user/{userId}/rooms/{roomId}/tags/{tag}`

use axum::extract::State;
use ruma::api::client::tag::delete_tag::v3::{Request, Response};

use crate::{
    app::App,
    client::account_data::{own, room_of},
    error::ApiError,
    extract::Ruma,
    respond::RumaResponse,
};

/// Takes a tag from a room. One that is not there is gone already.
pub(super) async fn delete_tag(State(app): State<App>, req: Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    own(req.sender(), &req.body.user_id)?;
    let room = room_of(&app, req.sender(), &req.body.room_id)?;
    app.homeserver.parts.account_data.delete_tag(req.sender(), room.short, &req.body.tag).await?;
    Ok(RumaResponse(Response::new()))
}
