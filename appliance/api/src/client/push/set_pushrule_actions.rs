//! `PUT /pushrules/global/{kind}/{ruleId}/actions`

use axum::extract::State;
use ruma::api::client::push::set_pushrule_actions::v3::{Request, Response};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Sets what a push rule does.
pub(super) async fn set_pushrule_actions(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let (kind, rule_id) = (req.body.kind.clone(), req.body.rule_id.clone());
    let actions = req.body.actions.clone();
    app.homeserver.parts.account_data.set_push_rule_actions(req.sender(), kind, rule_id, actions).await?;
    Ok(RumaResponse(Response::new()))
}
