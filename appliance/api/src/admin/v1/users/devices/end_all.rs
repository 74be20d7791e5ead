//! `DELETE /api/admin/v1/users/{userId}/devices`. Who may call it: administrators who look after users.

use axum::extract::State;

use super::super::target;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, DONE, Done, Json};

/// Signs all devices of an account out.
pub(in super::super) async fn end_all(State(app): State<App>, asked: Asked) -> Result<Json<Done>, ApiError> {
    let user = target(&app, &asked)?;
    app.directory.end_sessions(&asked.authority()?, &user, None).await?;
    Ok(DONE)
}
