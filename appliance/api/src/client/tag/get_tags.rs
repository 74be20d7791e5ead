//! `GET /user/{userId}/rooms/{roomId}/tags`

use std::future::ready;

use axum::extract::State;
use ruma::api::client::tag::get_tags::v3::{Request, Response};
use serde_json::Value;

use crate::{
    app::App,
    client::account_data::{own, room_of},
    error::ApiError,
    extract::Ruma,
    respond::RumaResponse,
};

/// The tags one gave a room.
pub(super) async fn get_tags(State(app): State<App>, req: Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    ready(get(&app, &req)).await
}

fn get(app: &App, req: &Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    own(req.sender(), &req.body.user_id)?;
    let room = room_of(app, req.sender(), &req.body.room_id)?;
    let tags = app.homeserver.parts.account_data.tags(req.sender(), room.short)?;
    // Only what this server let in is stored, so a tag that does not parse is one nobody can have sent.
    let tags = tags.into_iter().filter_map(|(name, info)| {
        Some((name.into(), serde_json::from_value(Value::Object(info.as_object()?.clone())).ok()?))
    });
    Ok(RumaResponse(Response::new(tags.collect())))
}
