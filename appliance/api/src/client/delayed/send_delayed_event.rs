//! `PUT /_matrix/client/unstable/org.matrix.msc4140/rooms/{roomId}/delayed_event/{eventType}/{txnId}`.

use axum::{extract::State, response::Response};
use ruma::{OwnedRoomId, OwnedTransactionId, events::TimelineEventType};
use serde::Deserialize;
use serde_json::value::RawValue;
use veche_homeserver::delayed::NewDelayed;

use super::{requester, schedule, sticky};
use crate::{app::App, client::guests, error::ApiError, extract::Plain};

#[derive(Deserialize)]
struct Body {
    #[serde(alias = "delay_ms")]
    delay: u64,
    #[serde(default)]
    state_key: Option<String>,
    content: Box<RawValue>,
}

/// Schedules a message or a piece of state. Members of the room may; whether they may send it is asked when it is due.
pub(super) async fn send_delayed_event(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let [room_id, kind, txn_id] = req.args.as_slice() else { return Err(ApiError::unrecognized()) };
    let room_id =
        OwnedRoomId::try_from(room_id.as_str()).map_err(|_| ApiError::invalid_param("this is not a room id"))?;
    let Body { delay, state_key, content } =
        serde_json::from_slice(&req.bytes).map_err(|error| ApiError::bad_json(error.to_string()))?;
    let kind = TimelineEventType::from(kind.as_str());
    if state_key.is_some() {
        guests::check_state(requester(&req)?, &kind)?;
    }
    let txn_id = OwnedTransactionId::from(txn_id.as_str());
    let sticky_ms = sticky(&req.parts.uri)?.filter(|_| state_key.is_none());
    let new = NewDelayed { room_id, kind, state_key, content, delay_ms: delay, sticky_ms };
    schedule(&app, requester(&req)?, new, Some(txn_id)).await
}
