//! `GET /api/admin/v1/invites`. Who may call it: administrators who look after users.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use veche_directory::RegistrationMode;

use super::Invite;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// Every invitation.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Invites")]
pub(super) struct Invites {
    invites: Vec<Invite>,
    /// Whether invitations open anything now: the setting `registration.mode` is `token`.
    enabled: bool,
}

/// Invitations, the oldest first.
pub(super) async fn list(State(app): State<App>, asked: Asked) -> Result<Json<Invites>, ApiError> {
    let tokens = app.directory.registration_tokens(&asked.authority()?).await?;
    let invites = tokens.into_iter().map(|token| Invite::of(&app, token)).collect();
    Ok(Json(Invites { invites, enabled: app.directory.registration() == RegistrationMode::Token }))
}
