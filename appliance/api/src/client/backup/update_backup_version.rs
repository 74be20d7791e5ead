//! `PUT /_matrix/client/v3/room_keys/version/{version}`.

use axum::extract::State;
use ruma::api::client::backup::update_backup_version::v3::{Request, Response};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Replaces the `auth_data` of a backup.
pub(super) async fn update_backup_version(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let e2ee = &app.homeserver.parts.e2ee;
    e2ee.update_backup(req.sender(), &req.body.version, req.body.algorithm.json()).await?;
    Ok(RumaResponse(Response::new()))
}
