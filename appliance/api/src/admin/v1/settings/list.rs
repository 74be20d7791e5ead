//! `GET /api/admin/v1/settings`. Who may call it: administrators who look after the system.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Setting, desk};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// Every setting, in the order of the example file.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Settings {
    settings: Vec<Setting>,
}

/// Every setting.
pub(super) async fn list(State(app): State<App>, _: Asked) -> Result<Json<Settings>, ApiError> {
    Ok(Json(Settings { settings: desk(&app)?.list().await? }))
}
