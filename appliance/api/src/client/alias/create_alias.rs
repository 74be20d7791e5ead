//! `PUT /_matrix/client/v3/directory/room/{roomAlias}`.

use axum::extract::State;
use ruma::api::client::alias::create_alias::v3::{Request, Response};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Gives a room an address. Its members may.
pub(crate) async fn create_alias(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    app.homeserver.creation.add_alias(&req.body.room_alias, &req.body.room_id, req.sender()).await?;
    Ok(RumaResponse(Response::new()))
}
