//! `PUT /rooms/{roomId}/redact/{eventId}/{txnId}`

use axum::{extract::State, response::Response};
use ruma::{api::client::redact::redact_event, events::TimelineEventType};
use serde_json::{json, value::to_raw_value};
use veche_homeserver::timeline::{NewEvent, TransactionId};

use crate::{
    app::App,
    error::ApiError,
    extract::Ruma,
    respond::{Answer, RumaResponse, carrying},
};

/// Takes the content of an event away. Its sender may, and members whose power level suffices; one whose account is
/// suspended may only take back what he said himself.
pub(crate) async fn redact_event(
    State(app): State<App>,
    req: Ruma<redact_event::v3::Request>,
) -> Result<Response, ApiError> {
    let timeline = &app.homeserver.parts.timeline;
    if req.who.suspended && !timeline.is_own(&req.body.room_id, &req.body.event_id, req.sender())? {
        return Err(ApiError::user_suspended());
    }
    let content = match &req.body.reason {
        Some(reason) => json!({ "reason": reason }),
        None => json!({}),
    };
    let event = NewEvent {
        kind: TimelineEventType::RoomRedaction,
        state_key: None,
        content: to_raw_value(&content).map_err(ApiError::internal)?,
        redacts: Some(req.body.event_id.clone()),
    };
    let transaction = TransactionId { device_id: req.who.device_id.clone(), txn_id: req.body.txn_id.clone() };
    let answering = app.homeserver.sync.answering(req.sender(), &req.who.device_id);
    let sent = timeline.send(&req.body.room_id, req.sender(), event, Some(transaction)).await?;
    Ok(carrying(RumaResponse(redact_event::v3::Response::new(sent.event_id)).into_http()?, answering))
}
