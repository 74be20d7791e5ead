//! `GET /rooms/{roomId}/state`

use axum::extract::State;
use ruma::{api::client::state::get_state_events, serde::Raw};
use veche_homeserver::timeline::EventForm;

use crate::{app::App, client::message::audience, error::ApiError, extract::Ruma, respond::RumaResponse};

/// The whole state. Members may; those who left see it as it was then.
pub(crate) async fn get_state_events(
    State(app): State<App>,
    req: Ruma<get_state_events::v3::Request>,
) -> Result<RumaResponse<get_state_events::v3::Response>, ApiError> {
    let timeline = &app.homeserver.parts.timeline;
    let (room, state) = timeline.visible_state(&req.body.room_id, req.sender())?;
    let renderer = timeline.renderer(&room, audience(&req.who), EventForm::Full);
    let events = state.values().map(|pdu| Raw::from_json(renderer.state_event(pdu))).collect();
    Ok(RumaResponse(get_state_events::v3::Response::new(events)))
}
