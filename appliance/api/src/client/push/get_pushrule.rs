//! `GET /pushrules/global/{kind}/{ruleId}`

use std::future::ready;

use axum::extract::State;
use ruma::api::client::push::get_pushrule::v3::{Request, Response};

use super::rule;
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// One push rule.
pub(super) async fn get_pushrule(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let rule = rule(&app, req.sender(), &req.body.kind, &req.body.rule_id)?;
    ready(Ok(RumaResponse(Response::new(rule.into())))).await
}
