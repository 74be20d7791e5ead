//! `GET /api/admin/v1/about`. Who may call it: administrators.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::MachineFacts;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// What runs here.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct About {
    /// The part of every user id after the colon.
    server_name: String,
    /// Where clients reach the server.
    base_url: String,
    /// What the company is called.
    organisation: Option<String>,
    machine: MachineFacts,
}

/// What runs here.
pub(super) async fn get(State(app): State<App>, _: Asked) -> Result<Json<About>, ApiError> {
    let machine = app.plugs.machine.as_ref().ok_or_else(ApiError::unrecognized)?;
    Ok(Json(About {
        server_name: app.gate.settings.server_name.to_string(),
        base_url: app.gate.settings.base_url.clone(),
        organisation: app.plugs.site.get().name,
        machine: machine.about().await?,
    }))
}
