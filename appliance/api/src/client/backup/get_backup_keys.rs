//! `GET /_matrix/client/v3/room_keys/keys`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::backup::RoomKeyBackup;
use ruma::api::client::backup::get_backup_keys::v3::{Request, Response};

use super::shown;
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// All keys of a backup.
pub(super) async fn get_backup_keys(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let keys = ready(app.homeserver.parts.e2ee.backup_keys(req.sender(), &req.body.version)).await?;
    let rooms = keys.into_iter().map(|(room, sessions)| (room, RoomKeyBackup::new(shown(sessions)))).collect();
    Ok(RumaResponse(Response::new(rooms)))
}
