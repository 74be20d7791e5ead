//! `DELETE /profile/{userId}/{field}`

use axum::extract::State;
use ruma::api::client::profile::delete_profile_field::v3::{Request, Response};

use super::count;
use crate::{app::App, client::account_data::own, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Takes a field from one's own profile. One that is not there is gone already.
pub(super) async fn delete_profile_field(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    own(req.sender(), &req.body.user_id)?;
    count(&app, &req.who, req.body.field.as_str())?;
    app.homeserver.profiles.set(req.sender(), req.body.field.as_str(), None).await?;
    Ok(RumaResponse(Response::new()))
}
