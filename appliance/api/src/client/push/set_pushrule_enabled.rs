//! `PUT /pushrules/global/{kind}/{ruleId}/enabled`

use axum::extract::State;
use ruma::api::client::push::set_pushrule_enabled::v3::{Request, Response};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Turns a push rule on or off.
pub(super) async fn set_pushrule_enabled(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let (kind, rule_id) = (req.body.kind.clone(), req.body.rule_id.clone());
    app.homeserver.parts.account_data.enable_push_rule(req.sender(), kind, rule_id, req.body.enabled).await?;
    Ok(RumaResponse(Response::new()))
}
