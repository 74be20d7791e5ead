//! `DELETE /_matrix/client/v3/room_keys/keys/{roomId}`.

use axum::extract::State;
use ruma::api::client::backup::delete_backup_keys_for_room::v3::{Request, Response};

use super::told;
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Deletes the keys of one room from a backup.
pub(super) async fn delete_backup_keys_for_room(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let (e2ee, body) = (&app.homeserver.parts.e2ee, &req.body);
    let state = e2ee.delete_backup_keys(req.sender(), &body.version, Some(&body.room_id), None).await?;
    let (etag, count) = told(state);
    Ok(RumaResponse(Response::new(etag, count)))
}
