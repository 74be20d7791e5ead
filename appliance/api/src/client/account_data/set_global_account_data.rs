//! `PUT /user/{userId}/account_data/{type}`

use axum::extract::State;
use ruma::api::client::config::set_global_account_data::v3::{Request, Response};

use super::{object, own};
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Saves one piece of one's own account data.
pub(super) async fn set_global_account_data(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    own(req.sender(), &req.body.user_id)?;
    let kind = req.body.event_type.to_string();
    let content = object(req.body.data.json())?;
    app.homeserver.parts.account_data.set(req.sender(), None, &kind, content).await?;
    Ok(RumaResponse(Response::new()))
}
