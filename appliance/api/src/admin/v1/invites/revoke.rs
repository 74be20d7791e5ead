//! `DELETE /api/admin/v1/invites/{token}`. Who may call it: administrators who look after users.

use axum::extract::State;

use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, DONE, Done, Json};

/// Takes an invitation back.
pub(super) async fn revoke(State(app): State<App>, asked: Asked) -> Result<Json<Done>, ApiError> {
    app.directory.delete_registration_token(&asked.authority()?, asked.arg(0)?.to_owned()).await?;
    Ok(DONE)
}
