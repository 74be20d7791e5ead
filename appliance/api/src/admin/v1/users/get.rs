//! `GET /api/admin/v1/users/{userId}`. Who may call it: administrators who look after users.

use std::future::ready;

use axum::extract::State;

use super::{User, target};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// One account.
pub(super) async fn get(State(app): State<App>, asked: Asked) -> Result<Json<User>, ApiError> {
    let user = ready(target(&app, &asked)).await?;
    Ok(Json(User::of(&app, &user)?))
}
