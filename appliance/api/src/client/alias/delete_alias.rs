//! `DELETE /_matrix/client/v3/directory/room/{roomAlias}`.

use axum::extract::State;
use ruma::api::client::alias::delete_alias::v3::{Request, Response};
use veche_directory::Grant;

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Takes an address away. Whoever made it may, whoever may set the room's main address, and administrators.
pub(crate) async fn delete_alias(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    app.homeserver.creation.delete_alias(&req.body.room_alias, req.sender(), req.who.grants.has(Grant::Rooms)).await?;
    Ok(RumaResponse(Response::new()))
}
