//! `GET /_matrix/client/v3/keys/changes`.

use axum::extract::State;
use ruma::api::client::keys::get_key_changes::v3::{Request, Response};
use veche_homeserver::sync::SyncToken;

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Whose keys changed between two sync tokens or `pos` of sliding sync, for the requester. What changed after `to` may be
/// told too: the list says whose keys to fetch, and fetching gives the newest ones anyway.
pub(super) async fn get_key_changes(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let token = |text: &str| SyncToken::of_reading(text).map_err(|error| ApiError::invalid_param(error.to_string()));
    let (from, _) = (token(&req.body.from)?, token(&req.body.to)?);
    let changes = app.homeserver.sync.device_lists(req.sender(), from.position()).await?;
    Ok(RumaResponse(Response::new(changes.changed, changes.left)))
}
