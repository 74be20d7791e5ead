//! `GET /profile/{userId}/{field}`

use std::future::ready;

use axum::extract::State;
use ruma::{
    api::client::profile::get_profile_field::v3::{Request, Response},
    profile::{ProfileFieldName, ProfileFieldValue},
};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// One field of a profile. Whoever is signed in may read it.
pub(super) async fn get_profile_field(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    ready(get(&app, &req)).await
}

fn get(app: &App, req: &Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    let profile = app.homeserver.profiles.all(&req.body.user_id)?;
    let mut profile = profile.ok_or_else(|| ApiError::not_found("there is no such user"))?;
    let field = &req.body.field;
    match profile.remove(field.as_str()) {
        Some(value) => {
            let value = ProfileFieldValue::new(field.as_str(), value).map_err(ApiError::internal)?;
            Ok(RumaResponse(Response::new(value)))
        }
        // Clients ask for these two of everybody, and take an error for a missing user.
        None if matches!(field, ProfileFieldName::DisplayName | ProfileFieldName::AvatarUrl) => {
            Ok(RumaResponse(Response::default()))
        }
        None => Err(ApiError::not_found("the profile has no such field")),
    }
}
