//! `GET /presence/{userId}/status`

use std::future::ready;

use axum::extract::State;
use ruma::api::client::presence::get_presence::v3::{Request, Response};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Whether somebody is online. Those who share a room with him may ask.
pub(super) async fn get_presence(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let shown = app.homeserver.parts.presence.of(req.sender(), &req.body.user_id)?;
    let mut response = Response::new(shown.state);
    response.status_msg = shown.status_msg;
    response.currently_active = Some(shown.currently_active);
    response.last_active_ago = shown.last_active_ago;
    ready(Ok(RumaResponse(response))).await
}
