//! `DELETE /_matrix/client/v3/room_keys/keys/{roomId}/{sessionId}`.

use axum::extract::State;
use ruma::api::client::backup::delete_backup_keys_for_session::v3::{Request, Response};

use super::told;
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Deletes one key from a backup.
pub(super) async fn delete_backup_keys_for_session(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let (e2ee, body) = (&app.homeserver.parts.e2ee, &req.body);
    let state =
        e2ee.delete_backup_keys(req.sender(), &body.version, Some(&body.room_id), Some(&body.session_id)).await?;
    let (etag, count) = told(state);
    Ok(RumaResponse(Response::new(etag, count)))
}
