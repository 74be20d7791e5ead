//! `DELETE /api/admin/v1/users/{userId}/second_factor`. Who may call it: administrators who look after users, with a fresh
//! proof.

use axum::extract::State;

use super::{User, target};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// Takes the second factor from an account whose owner has lost it.
pub(super) async fn reset_second_factor(State(app): State<App>, asked: Asked) -> Result<Json<User>, ApiError> {
    let user = target(&app, &asked)?;
    app.directory.reset_second_factor(&asked.authority()?, &user).await?;
    Ok(Json(User::of(&app, &user)?))
}
