//! `PUT /_matrix/client/v3/room_keys/keys`.

use axum::extract::State;
use ruma::api::client::backup::add_backup_keys::v3::{Request, Response};

use super::{taken, told};
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Puts keys of several rooms into the current backup.
pub(super) async fn add_backup_keys(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let user = req.who.user_id.clone();
    let keys = req.body.rooms.into_iter().map(|(room, backup)| (room, taken(backup.sessions))).collect();
    let state = app.homeserver.parts.e2ee.put_backup_keys(&user, &req.body.version, keys).await?;
    let (etag, count) = told(state);
    Ok(RumaResponse(Response::new(etag, count)))
}
