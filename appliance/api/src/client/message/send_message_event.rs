//! `PUT /rooms/{roomId}/send/{eventType}/{txnId}`

use axum::extract::State;
use ruma::{api::client::message::send_message_event, events::TimelineEventType};
use veche_homeserver::timeline::{NewEvent, TransactionId};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Sends an event that is not state. Members of the room whose power level suffices may.
pub(crate) async fn send_message_event(
    State(app): State<App>,
    req: Ruma<send_message_event::v3::Request>,
) -> Result<RumaResponse<send_message_event::v3::Response>, ApiError> {
    let kind = TimelineEventType::from(req.body.event_type.to_string());
    let redacts =
        (kind == TimelineEventType::RoomRedaction).then(|| req.body.body.get_field("redacts").ok().flatten()).flatten();
    let event = NewEvent { kind, state_key: None, content: req.body.body.json().to_owned(), redacts };
    let transaction = TransactionId { device_id: req.who.device_id.clone(), txn_id: req.body.txn_id.clone() };
    let timeline = &app.homeserver.parts.timeline;
    let sent = timeline.send(&req.body.room_id, req.sender(), event, Some(transaction)).await?;
    app.homeserver.parts.presence.active(req.sender());
    Ok(RumaResponse(send_message_event::v3::Response::new(sent.event_id)))
}
