//! `PUT /api/setup/v1/owner`. Who may call it: who has shown the claim code.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use veche_base::Secret;
use veche_directory::setup::NewOwner;

use super::Wizard;
use super::state::SetupState;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// The answer.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "OwnerAnswer")]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    /// The name before the colon.
    username: String,
    display_name: Option<String>,
    /// At least 8 characters.
    #[schemars(with = "String")]
    password: Secret<String>,
}

/// Says who owns the server. The account is made at the end.
pub(super) async fn put_owner(
    State(wizard): State<Wizard>,
    asked: Asked<Nothing, Answer>,
) -> Result<Json<SetupState>, ApiError> {
    let Answer { username, display_name, password } = asked.body;
    let draft = wizard.setup.set_owner(NewOwner { username, display_name, password }).await?;
    Ok(Json(SetupState::of(&wizard, draft)))
}
