//! `PUT /api/setup/v1/organisation`. Who may call it: who has shown the claim code.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Wizard;
use super::state::SetupState;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// The answer.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "OrganisationAnswer")]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    /// What the company is called.
    name: String,
    /// What the server is called: the part of every user id after the colon. It cannot change later. It is taken also if
    /// it does not lead here yet.
    server_name: String,
}

/// Names company and server.
pub(super) async fn put_organisation(
    State(wizard): State<Wizard>,
    asked: Asked<Nothing, Answer>,
) -> Result<Json<SetupState>, ApiError> {
    let Answer { name, server_name } = &asked.body;
    let server_name = wizard.site.name(server_name.trim())?;
    let draft = wizard.setup.set_organisation(name, server_name).await?;
    Ok(Json(SetupState::of(&wizard, draft)))
}
