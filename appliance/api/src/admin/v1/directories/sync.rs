//! `POST /api/admin/v1/directories/{directory_id}/sync`. Who may call it: administrators who look after the system, with
//! a fresh proof.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Report, id};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// How to look at everybody.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "DirectorySync")]
#[serde(deny_unknown_fields)]
pub(super) struct How {
    /// Also lock people if they are a large part of all: without it, nobody is locked then.
    #[serde(default)]
    many: bool,
}

/// Looks at everybody of a directory now.
pub(super) async fn sync(State(app): State<App>, asked: Asked<Nothing, How>) -> Result<Json<Report>, ApiError> {
    let (authority, id) = (asked.authority()?, id(&asked)?);
    Ok(Json(Report::of(app.directory.sync_directory_source(&authority, id, asked.body.many).await?)))
}
