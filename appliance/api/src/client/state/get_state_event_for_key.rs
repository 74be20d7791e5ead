//! `GET /rooms/{roomId}/state/{eventType}/{stateKey}`

use axum::extract::State;
use ruma::api::client::state::get_state_event_for_key::{self, v3::StateEventFormat};
use veche_homeserver::timeline::EventForm;

use crate::{app::App, client::message::audience, error::ApiError, extract::Ruma, respond::RumaResponse};

/// One piece of the room's state. Members may; those who left see it as it was then.
pub(crate) async fn get_state_event_for_key(
    State(app): State<App>,
    req: Ruma<get_state_event_for_key::v3::Request>,
) -> Result<RumaResponse<get_state_event_for_key::v3::Response>, ApiError> {
    let timeline = &app.homeserver.parts.timeline;
    let (room, state) = timeline.visible_state(&req.body.room_id, req.sender())?;
    let pdu = state
        .get(&(req.body.event_type.clone(), req.body.state_key.clone()))
        .ok_or_else(|| ApiError::not_found("the room has no such state"))?;
    let answer = match req.body.format {
        StateEventFormat::Event => timeline.renderer(&room, audience(&req.who), EventForm::Full).state_event(pdu),
        _ => pdu.content.clone(),
    };
    Ok(RumaResponse(get_state_event_for_key::v3::Response::new(answer)))
}
