//! `PUT /_matrix/client/v3/room_keys/keys/{roomId}`.

use axum::extract::State;
use ruma::api::client::backup::add_backup_keys_for_room::v3::{Request, Response};
use veche_homeserver::e2ee::backup::BackupKeys;

use super::{taken, told};
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Puts keys of one room into the current backup.
pub(super) async fn add_backup_keys_for_room(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let user = req.who.user_id.clone();
    let keys = BackupKeys::from([(req.body.room_id, taken(req.body.sessions))]);
    let state = app.homeserver.parts.e2ee.put_backup_keys(&user, &req.body.version, keys).await?;
    let (etag, count) = told(state);
    Ok(RumaResponse(Response::new(etag, count)))
}
