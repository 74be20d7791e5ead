//! `POST /api/admin/v1/users/{userId}/unsuspend`. Who may call it: administrators who look after users.

use axum::extract::State;

use super::{User, target};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// Lifts a suspension.
pub(super) async fn unsuspend(State(app): State<App>, asked: Asked) -> Result<Json<User>, ApiError> {
    let user = target(&app, &asked)?;
    app.directory.set_suspended(&asked.authority()?, &user, false).await?;
    Ok(Json(User::of(&app, &user)?))
}
