//! `PUT /rooms/{roomId}/typing/{userId}`

use axum::extract::State;
use ruma::api::client::typing::create_typing_event::v3::{Request, Response, Typing};

use crate::{app::App, client::account_data::own, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Says that one is typing, or has stopped. Members of the room may.
pub(super) async fn create_typing_event(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    own(req.sender(), &req.body.user_id)?;
    let timeout = match &req.body.state {
        Typing::Yes(typing) => Some(typing.timeout),
        Typing::No => None,
    };
    let parts = &app.homeserver.parts;
    parts.ephemeral.set_typing(req.sender(), &req.body.room_id, timeout).await?;
    if timeout.is_some() {
        parts.presence.active(req.sender());
    }
    Ok(RumaResponse(Response::new()))
}
