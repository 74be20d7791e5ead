//! `POST /api/admin/v1/users`. Who may call it: administrators who look after users.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_base::Secret;
use veche_base::limits::DISPLAY_NAME_BYTES_MAX;
use veche_directory::NewUser;
use veche_homeserver::profiles::DISPLAY_NAME;

use super::User;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// An account to be made.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewUser")]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    /// The name before the colon.
    username: String,
    display_name: Option<String>,
    /// Without one, a password is made here.
    #[schemars(with = "Option<String>")]
    password: Option<Secret<String>>,
}

/// An account that was made.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CreatedUser")]
pub(super) struct Created {
    user: User,
    /// The password, if it was made here. It is shown this once.
    password: Option<String>,
}

/// Makes an account. Roles are given apart from that.
pub(super) async fn create(State(app): State<App>, asked: Asked<Nothing, New>) -> Result<Json<Created>, ApiError> {
    let authority = asked.authority()?;
    let New { username, display_name, password } = asked.body;
    if display_name.as_ref().is_some_and(|name| name.len() > DISPLAY_NAME_BYTES_MAX) {
        return Err(ApiError::bad_request("M_TOO_LARGE", "The display name is too long"));
    }
    let made_here = password.is_none().then(|| app.directory.made_password());
    let password = password.or_else(|| made_here.clone()).unwrap_or_default();
    let user_id = app.directory.create_user(&authority, NewUser { username, password, admin: false }).await?;
    if let Some(name) = display_name {
        app.homeserver.profiles.set(&user_id, DISPLAY_NAME, Some(name.into())).await?;
    }
    Ok(Json(Created { user: User::of(&app, &user_id)?, password: made_here.map(Secret::into_exposed) }))
}
