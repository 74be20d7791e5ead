//! `GET /rooms/{roomId}/event/{eventId}`

use axum::extract::State;
use ruma::{api::client::room::get_room_event, serde::Raw};
use veche_homeserver::timeline::ReadError;

use super::audience;
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// One event. Whoever may see it may; to others it does not exist.
pub(crate) async fn get_room_event(
    State(app): State<App>,
    req: Ruma<get_room_event::v3::Request>,
) -> Result<RumaResponse<get_room_event::v3::Response>, ApiError> {
    let timeline = &app.homeserver.parts.timeline;
    let event = match timeline.event(&req.body.room_id, &req.body.event_id, audience(&req.who)) {
        Ok(event) => event,
        Err(ReadError::Forbidden) => None,
        Err(ReadError::Internal(error)) => return Err(error.into()),
    };
    let event = event.ok_or_else(|| ApiError::not_found("no such event, or not for you to see"))?;
    Ok(RumaResponse(get_room_event::v3::Response::new(Raw::from_json(event))))
}
