//! `PUT /rooms/{roomId}/state/{eventType}/{stateKey}`

use axum::extract::State;
use ruma::{api::client::state::send_state_event, events::TimelineEventType};
use veche_homeserver::timeline::NewEvent;

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Sets a piece of the room's state. Members of the room whose power level suffices may.
pub(crate) async fn send_state_event(
    State(app): State<App>,
    req: Ruma<send_state_event::v3::Request>,
) -> Result<RumaResponse<send_state_event::v3::Response>, ApiError> {
    let event = NewEvent {
        kind: TimelineEventType::from(req.body.event_type.to_string()),
        state_key: Some(req.body.state_key.clone()),
        content: req.body.body.json().to_owned(),
        redacts: None,
    };
    let sent = app.homeserver.creation.send_state(&req.body.room_id, req.sender(), event).await?;
    Ok(RumaResponse(send_state_event::v3::Response::new(sent.event_id)))
}
