//! `PUT /api/admin/v1/directories/{directory_id}`. Who may call it: administrators who look after the system, with a
//! fresh proof.

use axum::extract::State;

use super::{New, id};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, DONE, Done, Json, Nothing};

/// Changes a company directory.
pub(super) async fn update(State(app): State<App>, asked: Asked<Nothing, New>) -> Result<Json<Done>, ApiError> {
    let (authority, id) = (asked.authority()?, id(&asked)?);
    app.directory.update_directory_source(&authority, id, asked.body.into_source()).await?;
    Ok(DONE)
}
