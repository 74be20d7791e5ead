//! `PUT /presence/{userId}/status`

use std::future::ready;

use axum::extract::State;
use ruma::api::client::presence::set_presence::v3::{Request, Response};

use crate::{app::App, client::account_data::own, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Says whether one is online, and what one is doing. Without effect where presence is turned off.
pub(super) async fn set_presence(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    own(req.sender(), &req.body.user_id)?;
    app.homeserver.parts.presence.set(req.sender(), &req.body.presence, req.body.status_msg.clone())?;
    ready(Ok(RumaResponse(Response::new()))).await
}
