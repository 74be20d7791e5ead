//! `PUT /pushrules/global/{kind}/{ruleId}`

use axum::extract::State;
use ruma::api::client::push::set_pushrule::v3::{Request, Response};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Adds a push rule of one's own, or changes or moves it.
pub(super) async fn set_pushrule(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let Request { rule, after, before, .. } = req.body.clone();
    app.homeserver.parts.account_data.put_push_rule(req.sender(), rule, after, before).await?;
    Ok(RumaResponse(Response::new()))
}
