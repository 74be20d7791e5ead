//! `PUT /api/setup/v1/registration`. Who may call it: who has shown the claim code.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Wizard;
use super::state::SetupState;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// The answer.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "RegistrationAnswer")]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    mode: Mode,
}

/// How people get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "SetupRegistrationMode")]
enum Mode {
    /// The owner makes accounts.
    Closed,
    /// With an invitation; the first one is made.
    Token,
}

/// Chooses how people get in.
pub(super) async fn put_registration(
    State(wizard): State<Wizard>,
    asked: Asked<Nothing, Answer>,
) -> Result<Json<SetupState>, ApiError> {
    let draft = wizard.setup.set_registration(asked.body.mode == Mode::Token).await?;
    Ok(Json(SetupState::of(&wizard, draft)))
}
