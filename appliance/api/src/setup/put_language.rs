//! `PUT /api/setup/v1/language`. Who may call it: who has shown the claim code.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Wizard;
use super::state::SetupState;
use crate::error::ApiError;
use crate::site::about::LanguageName;
use crate::typed::{Asked, Json, Nothing};

/// The answer.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "LanguageAnswer")]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    /// In which language pages speak to those who have not chosen one.
    language: LanguageName,
}

/// Chooses the language.
pub(super) async fn put_language(
    State(wizard): State<Wizard>,
    asked: Asked<Nothing, Answer>,
) -> Result<Json<SetupState>, ApiError> {
    let draft = wizard.setup.set_language(asked.body.language.into()).await?;
    Ok(Json(SetupState::of(&wizard, draft)))
}
