//! `GET /user/{userId}/rooms/{roomId}/account_data/{type}`

use std::future::ready;

use axum::extract::State;
use ruma::{
    api::client::config::get_room_account_data::v3::{Request, Response},
    serde::Raw,
};

use super::{own, room_of};
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// One piece of one's own account data.
pub(super) async fn get_room_account_data(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    ready(get(&app, &req)).await
}

fn get(app: &App, req: &Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    own(req.sender(), &req.body.user_id)?;
    let room = room_of(app, req.sender(), &req.body.room_id)?;
    let kind = req.body.event_type.to_string();
    let content = app.homeserver.parts.account_data.get(req.sender(), Some(room.short), &kind)?;
    let content = content.ok_or_else(|| ApiError::not_found("there is no such account data"))?;
    Ok(RumaResponse(Response::new(Raw::from_json(content))))
}
