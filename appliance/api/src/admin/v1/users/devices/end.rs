//! `DELETE /api/admin/v1/users/{userId}/devices/{deviceId}`. Who may call it: administrators who look after users.

use axum::extract::State;
use ruma::OwnedDeviceId;

use super::super::target;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, DONE, Done, Json};

/// Signs a device out; its keys are forgotten.
pub(in super::super) async fn end(State(app): State<App>, asked: Asked) -> Result<Json<Done>, ApiError> {
    let user = target(&app, &asked)?;
    let device: OwnedDeviceId = asked.arg(1)?.into();
    if app.directory.device(&user, &device).is_none() {
        return Err(ApiError::not_found("There is no such device"));
    }
    app.directory.end_sessions(&asked.authority()?, &user, Some(device)).await?;
    Ok(DONE)
}
