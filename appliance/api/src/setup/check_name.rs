//! `GET /api/setup/v1/name`. Who may call it: who has shown the claim code.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{NameReport, Wizard};
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// A name.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NameWanted")]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// As it would be the server's: `chat.example.org`.
    name: String,
}

/// Looks where a name leads. Nothing is changed.
pub(super) async fn check_name(
    State(wizard): State<Wizard>,
    asked: Asked<Wanted>,
) -> Result<Json<NameReport>, ApiError> {
    let name = wizard.site.name(asked.query.name.trim())?;
    Ok(Json(wizard.site.look(&name).await))
}
