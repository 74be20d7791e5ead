//! `GET /_matrix/client/v3/directory/room/{roomAlias}`.

use axum::extract::State;
use ruma::api::client::alias::get_alias::v3::{Request, Response};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// The room that an address belongs to. Anybody who knows the address may ask.
pub(crate) async fn get_alias(State(app): State<App>, req: Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    let target = app.homeserver.creation.alias_target(&req.body.room_alias)?;
    let room_id = target.ok_or_else(|| ApiError::not_found("no room has this address"))?;
    Ok(RumaResponse(Response::new(room_id, vec![app.gate.settings.server_name.clone()])))
}
