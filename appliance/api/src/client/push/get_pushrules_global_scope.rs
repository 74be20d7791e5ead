//! `GET /pushrules/global/`

use std::future::ready;

use axum::{extract::State, response::Response};
use ruma::api::client::push::get_pushrules_global_scope::v3::Request;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::json;
use crate::{app::App, error::ApiError, extract::Ruma};

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow)]
    global: &'a RawValue,
}

/// All of one's push rules of the only scope there is.
pub(super) async fn get_pushrules_global_scope(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<Response, ApiError> {
    let content = app.homeserver.parts.account_data.push_rules_content(req.sender())?;
    let content: Content = serde_json::from_str(content.get()).map_err(ApiError::internal)?;
    ready(json(content.global)).await
}
