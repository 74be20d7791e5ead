//! `GET /pushrules/`

use std::future::ready;

use axum::{extract::State, response::Response};
use ruma::api::client::push::get_pushrules_all::v3::Request;

use super::json;
use crate::{app::App, error::ApiError, extract::Ruma};

/// All of one's push rules.
pub(super) async fn get_pushrules_all(State(app): State<App>, req: Ruma<Request>) -> Result<Response, ApiError> {
    let content = app.homeserver.parts.account_data.push_rules_content(req.sender())?;
    ready(json(&content)).await
}
