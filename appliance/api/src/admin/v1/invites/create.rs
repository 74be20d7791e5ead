//! `POST /api/admin/v1/invites`. Who may call it: administrators who look after users.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use veche_directory::NewRegistrationToken;

use super::Invite;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// Accounts that one invitation may be told to make.
const USES_MAX: u64 = 100_000;

/// What an invitation shall allow.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NewInvite")]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    /// The token itself, up to 64 of `[A-Za-z0-9._~-]`; otherwise a random one.
    token: Option<String>,
    /// How many accounts it may make; otherwise without bound.
    uses_allowed: Option<u64>,
    /// Until when, in milliseconds since 1970; otherwise for ever.
    expires_ms: Option<u64>,
}

/// Makes an invitation.
pub(super) async fn create(State(app): State<App>, asked: Asked<Nothing, New>) -> Result<Json<Invite>, ApiError> {
    let authority = asked.authority()?;
    let New { token, uses_allowed, expires_ms } = asked.body;
    if uses_allowed.is_some_and(|uses| uses == 0 || uses > USES_MAX) {
        return Err(ApiError::invalid_param("An invitation makes 1 to 100,000 accounts").with("reason", "uses_range"));
    }
    if expires_ms.is_some_and(|expires| expires <= app.gate.clock.wall_ms()) {
        return Err(ApiError::invalid_param("An invitation ends in the future").with("reason", "expires_in_the_past"));
    }
    let new = NewRegistrationToken { token, uses_allowed, expires_ms };
    let token = app.directory.create_registration_token(&authority, new).await?;
    Ok(Json(Invite::of(&app, token)))
}
