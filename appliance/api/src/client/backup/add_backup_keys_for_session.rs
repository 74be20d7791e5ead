//! `PUT /_matrix/client/v3/room_keys/keys/{roomId}/{sessionId}`.

use std::collections::BTreeMap;

use axum::extract::State;
use ruma::api::client::backup::add_backup_keys_for_session::v3::{Request, Response};
use veche_homeserver::e2ee::backup::BackupKeys;

use super::told;
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Puts one key into the current backup.
pub(super) async fn add_backup_keys_for_session(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let user = req.who.user_id.clone();
    let sessions = BTreeMap::from([(req.body.session_id, req.body.session_data.into_json())]);
    let keys = BackupKeys::from([(req.body.room_id, sessions)]);
    let state = app.homeserver.parts.e2ee.put_backup_keys(&user, &req.body.version, keys).await?;
    let (etag, count) = told(state);
    Ok(RumaResponse(Response::new(etag, count)))
}
