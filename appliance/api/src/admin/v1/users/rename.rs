//! `PUT /api/admin/v1/users/{userId}/display_name`. Who may call it: administrators who look after users.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use veche_base::limits::DISPLAY_NAME_BYTES_MAX;
use veche_homeserver::profiles::DISPLAY_NAME;

use super::{User, display_name, target};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// What somebody shall be called.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NewDisplayName")]
#[serde(deny_unknown_fields)]
pub(super) struct Name {
    /// None: by the user id.
    display_name: Option<String>,
}

/// Gives a display name.
pub(super) async fn rename(State(app): State<App>, asked: Asked<Nothing, Name>) -> Result<Json<User>, ApiError> {
    let user = target(&app, &asked)?;
    let (from, to) = (display_name(&app, &user)?, asked.body.display_name.clone());
    if to.as_ref().is_some_and(|name| name.len() > DISPLAY_NAME_BYTES_MAX) {
        return Err(ApiError::bad_request("M_TOO_LARGE", "The display name is too long"));
    }
    app.directory.record_rename(&asked.authority()?, &user, from, to.clone()).await?;
    let name = to.map(Into::into);
    app.homeserver.profiles.set(&user, DISPLAY_NAME, name).await?;
    Ok(Json(User::of(&app, &user)?))
}
