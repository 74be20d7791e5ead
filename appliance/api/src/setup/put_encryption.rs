//! `PUT /api/setup/v1/encryption`. Who may call it: who has shown the claim code.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Wizard;
use super::state::SetupState;
use crate::error::ApiError;
use crate::site::about::EncryptionName;
use crate::typed::{Asked, Json, Nothing};

/// The answer.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "EncryptionAnswer")]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    encryption: EncryptionName,
}

/// Chooses who protects what is said in new rooms.
pub(super) async fn put_encryption(
    State(wizard): State<Wizard>,
    asked: Asked<Nothing, Answer>,
) -> Result<Json<SetupState>, ApiError> {
    let draft = wizard.setup.set_encryption(asked.body.encryption.into()).await?;
    Ok(Json(SetupState::of(&wizard, draft)))
}
