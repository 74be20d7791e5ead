//! `POST /api/admin/v1/users/{userId}/reset_password`. Who may call it: administrators who look after users.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::target;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// The new password.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NewPassword")]
pub(super) struct NewPassword {
    user_id: String,
    /// Shown this once, to be handed on.
    password: String,
}

/// Gives an account a password that was made here, and ends all its sessions.
pub(super) async fn reset_password(State(app): State<App>, asked: Asked) -> Result<Json<NewPassword>, ApiError> {
    let user = target(&app, &asked)?;
    let password = app.directory.made_password();
    app.directory.reset_password(&asked.authority()?, &user, password.clone()).await?;
    Ok(Json(NewPassword { user_id: user.to_string(), password: password.into_exposed() }))
}
