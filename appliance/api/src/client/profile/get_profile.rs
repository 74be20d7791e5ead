//! `GET /profile/{userId}`

use std::future::ready;

use axum::extract::State;
use ruma::api::client::profile::get_profile::v3::{Request, Response};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Everything a profile says. Whoever is signed in may read it: colleagues look one another up.
pub(super) async fn get_profile(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let profile = app.homeserver.profiles.all(&req.body.user_id)?;
    let profile = profile.ok_or_else(|| ApiError::not_found("there is no such user"))?;
    ready(Ok(RumaResponse(profile.into_iter().collect()))).await
}
