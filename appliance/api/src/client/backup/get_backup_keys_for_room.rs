//! `GET /_matrix/client/v3/room_keys/keys/{roomId}`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::backup::get_backup_keys_for_room::v3::{Request, Response};

use super::shown;
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// The keys of one room in a backup.
pub(super) async fn get_backup_keys_for_room(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let e2ee = &app.homeserver.parts.e2ee;
    let keys = ready(e2ee.backup_keys_of_room(req.sender(), &req.body.version, &req.body.room_id)).await?;
    Ok(RumaResponse(Response::new(shown(keys))))
}
