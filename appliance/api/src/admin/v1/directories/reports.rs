//! `GET /api/admin/v1/directories/{directory_id}/reports`. Who may call it: administrators who look after the system.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::page;
use super::{Report, id};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// Which part of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    /// How many; 50 if it is not said, 200 at most.
    limit: Option<u32>,
}

/// What became of a directory's people.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DirectoryReports")]
pub(super) struct Reports {
    reports: Vec<Report>,
}

/// Reports that say something new, the newest first.
pub(super) async fn reports(State(app): State<App>, asked: Asked<Filter>) -> Result<Json<Reports>, ApiError> {
    let (authority, id) = (asked.authority()?, id(&asked)?);
    let reports = app.directory.directory_reports(&authority, id, page(asked.query.limit)).await?;
    Ok(Json(Reports { reports: reports.into_iter().map(Report::of).collect() }))
}
