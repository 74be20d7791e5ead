//! `PUT /rooms/{roomId}/state/{eventType}/{stateKey}`

use axum::{extract::State, response::Response};
use ruma::{api::client::state::send_state_event, events::TimelineEventType};
use veche_homeserver::{delayed::NewDelayed, timeline::NewEvent};

use crate::{
    app::App,
    client::{delayed, guests},
    error::ApiError,
    extract::Ruma,
    respond::{Answer, RumaResponse},
};

/// Sets a piece of the room's state, now or later. Members of the room whose power level suffices may; guests only say that
/// they are in its call.
pub(crate) async fn send_state_event(
    State(app): State<App>,
    req: Ruma<send_state_event::v3::Request>,
) -> Result<Response, ApiError> {
    let kind = TimelineEventType::from(req.body.event_type.to_string());
    guests::check_state(&req.who, &kind)?;
    let state_key = Some(req.body.state_key.clone());
    let content = req.body.body.json().to_owned();
    if let Some(delay_ms) = delayed::delay(&req)? {
        let new = NewDelayed { room_id: req.body.room_id.clone(), kind, state_key, content, delay_ms, sticky_ms: None };
        return delayed::schedule(&app, &req.who, new, None).await;
    }
    let event = NewEvent { kind, state_key, content, redacts: None };
    let sent = app.homeserver.creation.send_state(&req.body.room_id, req.sender(), event).await?;
    RumaResponse(send_state_event::v3::Response::new(sent.event_id)).into_http()
}
