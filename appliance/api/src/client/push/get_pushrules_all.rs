//! `GET /pushrules/`

use std::future::ready;

use axum::extract::State;
use ruma::api::client::push::get_pushrules_all::v3::{Request, Response};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// All of one's push rules.
pub(super) async fn get_pushrules_all(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let rules = app.homeserver.parts.account_data.push_rules(req.sender())?;
    ready(Ok(RumaResponse(Response::new(rules.rules.clone())))).await
}
