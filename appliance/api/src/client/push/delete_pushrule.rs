//! `DELETE /pushrules/global/{kind}/{ruleId}`

use axum::extract::State;
use ruma::api::client::push::delete_pushrule::v3::{Request, Response};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Takes away a push rule of one's own.
pub(super) async fn delete_pushrule(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let (kind, rule_id) = (req.body.kind.clone(), req.body.rule_id.clone());
    app.homeserver.parts.account_data.delete_push_rule(req.sender(), kind, rule_id).await?;
    Ok(RumaResponse(Response::new()))
}
