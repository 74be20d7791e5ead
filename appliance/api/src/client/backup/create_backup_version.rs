//! `POST /_matrix/client/v3/room_keys/version`.

use axum::extract::State;
use ruma::api::client::backup::create_backup_version::v3::{Request, Response};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Begins a new backup.
pub(super) async fn create_backup_version(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let e2ee = &app.homeserver.parts.e2ee;
    let version = e2ee.create_backup(req.sender(), req.body.algorithm.json()).await?;
    Ok(RumaResponse(Response::new(version)))
}
