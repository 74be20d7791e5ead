//! `POST /api/admin/v1/directories`. Who may call it: administrators who look after the system, with a fresh proof.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::New;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// The directory that was added.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CompanyDirectoryMade")]
pub(super) struct Made {
    id: u64,
}

/// Adds a company directory.
pub(super) async fn create(State(app): State<App>, asked: Asked<Nothing, New>) -> Result<Json<Made>, ApiError> {
    let authority = asked.authority()?;
    let id = app.directory.create_directory_source(&authority, asked.body.into_source()).await?;
    Ok(Json(Made { id: id.0 }))
}
