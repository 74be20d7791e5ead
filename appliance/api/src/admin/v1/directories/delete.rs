//! `DELETE /api/admin/v1/directories/{directory_id}`. Who may call it: administrators who look after the system, with a
//! fresh proof.

use axum::extract::State;

use super::id;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, DONE, Done, Json};

/// Takes a company directory away.
pub(super) async fn delete(State(app): State<App>, asked: Asked) -> Result<Json<Done>, ApiError> {
    app.directory.delete_directory_source(&asked.authority()?, id(&asked)?).await?;
    Ok(DONE)
}
