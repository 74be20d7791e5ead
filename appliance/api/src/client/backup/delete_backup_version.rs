//! `DELETE /_matrix/client/v3/room_keys/version/{version}`.

use axum::extract::State;
use ruma::api::client::backup::delete_backup_version::v3::{Request, Response};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Deletes a backup with its keys.
pub(super) async fn delete_backup_version(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let e2ee = &app.homeserver.parts.e2ee;
    e2ee.delete_backup(req.sender(), &req.body.version).await?;
    Ok(RumaResponse(Response::new()))
}
