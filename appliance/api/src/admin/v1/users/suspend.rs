//! `POST /api/admin/v1/users/{userId}/suspend`. Who may call it: administrators who look after users.

use axum::extract::State;

use super::{User, target};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// Suspends an account, which may then read and leave, and write nothing.
pub(super) async fn suspend(State(app): State<App>, asked: Asked) -> Result<Json<User>, ApiError> {
    let user = target(&app, &asked)?;
    app.directory.set_suspended(&asked.authority()?, &user, true).await?;
    Ok(Json(User::of(&app, &user)?))
}
