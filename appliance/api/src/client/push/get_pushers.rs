//! `GET /pushers`

use std::future::ready;

use axum::extract::State;
use ruma::api::client::push::get_pushers::v3::{Request, Response};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Where one's notifications go.
pub(super) async fn get_pushers(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let pushers = app.homeserver.parts.notify.pushers(req.sender())?;
    ready(Ok(RumaResponse(Response::new(pushers)))).await
}
