//! `POST /api/admin/v1/users/{userId}/unlock`. Who may call it: administrators who look after users.

use axum::extract::State;

use super::{User, target};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// Unlocks an account, whose sessions come back.
pub(super) async fn unlock(State(app): State<App>, asked: Asked) -> Result<Json<User>, ApiError> {
    let user = target(&app, &asked)?;
    app.directory.set_locked(&asked.authority()?, &user, false).await?;
    Ok(Json(User::of(&app, &user)?))
}
