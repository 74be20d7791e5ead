//! `POST /api/admin/v1/users/{userId}/lock`. Who may call it: administrators who look after users.

use axum::extract::State;

use super::{User, target};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// Locks an account, which may then only sign out.
pub(super) async fn lock(State(app): State<App>, asked: Asked) -> Result<Json<User>, ApiError> {
    let user = target(&app, &asked)?;
    app.directory.set_locked(&asked.authority()?, &user, true).await?;
    Ok(Json(User::of(&app, &user)?))
}
