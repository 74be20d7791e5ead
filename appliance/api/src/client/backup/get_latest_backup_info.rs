//! `GET /_matrix/client/v3/room_keys/version`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::backup::get_latest_backup_info::v3::{Request, Response};
use ruma::serde::Raw;

use super::told;
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Describes the current backup.
pub(super) async fn get_latest_backup_info(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let info = ready(app.homeserver.parts.e2ee.backup(req.sender(), None)).await?;
    let (etag, count) = told(info.state);
    Ok(RumaResponse(Response::new(Raw::from_json(info.algorithm), count, etag, info.version)))
}
