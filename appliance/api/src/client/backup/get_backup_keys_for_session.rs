//! `GET /_matrix/client/v3/room_keys/keys/{roomId}/{sessionId}`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::backup::get_backup_keys_for_session::v3::{Request, Response};
use ruma::serde::Raw;

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// One key of a backup.
pub(super) async fn get_backup_keys_for_session(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let (e2ee, body) = (&app.homeserver.parts.e2ee, &req.body);
    let key = ready(e2ee.backup_key(req.sender(), &body.version, &body.room_id, &body.session_id)).await?;
    Ok(RumaResponse(Response::new(Raw::from_json(key))))
}
