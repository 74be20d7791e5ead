//! `POST /api/admin/v1/users/{userId}/deactivate`. Who may call it: administrators who look after users, with a fresh proof.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{User, target};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// What happens to what the account has said.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Deactivation")]
#[serde(deny_unknown_fields)]
pub(super) struct Deactivation {
    /// `true`: the profile goes, and those who come later get the messages without content. `false`: everything stays.
    erase: bool,
}

/// Deactivates an account for good.
pub(super) async fn deactivate(
    State(app): State<App>,
    asked: Asked<Nothing, Deactivation>,
) -> Result<Json<User>, ApiError> {
    let user = target(&app, &asked)?;
    app.directory.deactivate_user(&asked.authority()?, &user, asked.body.erase).await?;
    Ok(Json(User::of(&app, &user)?))
}
