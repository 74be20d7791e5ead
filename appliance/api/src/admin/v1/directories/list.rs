//! `GET /api/admin/v1/directories`. Who may call it: administrators who look after the system.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::Shown;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// Every company directory.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CompanyDirectories")]
pub(super) struct Directories {
    directories: Vec<Shown>,
}

/// Company directories, in the order in which they are asked.
pub(super) async fn list(State(app): State<App>, asked: Asked) -> Result<Json<Directories>, ApiError> {
    let sources = app.directory.directory_sources(&asked.authority()?).await?;
    Ok(Json(Directories { directories: sources.into_iter().map(Shown::of).collect() }))
}
