//! `PUT /rooms/{roomId}/send/{eventType}/{txnId}`

use axum::{extract::State, response::Response};
use ruma::{api::client::message::send_message_event, events::TimelineEventType};
use veche_homeserver::{
    delayed::NewDelayed,
    timeline::{NewEvent, TransactionId},
};

use crate::{
    app::App,
    client::delayed,
    error::ApiError,
    extract::Ruma,
    respond::{Answer, RumaResponse, carrying},
};

/// Sends an event that is not state, now or later. Members of the room whose power level suffices may.
pub(crate) async fn send_message_event(
    State(app): State<App>,
    req: Ruma<send_message_event::v3::Request>,
) -> Result<Response, ApiError> {
    let kind = TimelineEventType::from(req.body.event_type.to_string());
    let content = req.body.body.json().to_owned();
    let sticky_ms = delayed::sticky(&req.uri)?;
    if let Some(delay_ms) = delayed::delay(&req)? {
        let new = NewDelayed { room_id: req.body.room_id.clone(), kind, state_key: None, content, delay_ms, sticky_ms };
        return delayed::schedule(&app, &req.who, new, Some(req.body.txn_id.clone())).await;
    }
    let redacts =
        (kind == TimelineEventType::RoomRedaction).then(|| req.body.body.get_field("redacts").ok().flatten()).flatten();
    let event = NewEvent { kind, state_key: None, content, redacts };
    let transaction = TransactionId { device_id: req.who.device_id.clone(), txn_id: req.body.txn_id.clone() };
    let timeline = &app.homeserver.parts.timeline;
    let answering = app.homeserver.sync.answering(req.sender(), &req.who.device_id);
    let sent = timeline.send_sticky(&req.body.room_id, req.sender(), event, Some(transaction), sticky_ms).await?;
    Ok(carrying(RumaResponse(send_message_event::v3::Response::new(sent.event_id)).into_http()?, answering))
}
