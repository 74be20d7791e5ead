//! `PUT /rooms/{roomId}/typing/{userId}`
//!
//! Not ruma's type: that one insists on a `timeout`, which the specification does not.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use ruma::{OwnedRoomId, OwnedUserId};
use serde::Deserialize;
use serde_json::json;

use crate::{app::App, client::account_data::own, error::ApiError, extract::Plain};

/// How long typing is shown when the client names no time.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Body {
    typing: bool,
    timeout: Option<u64>,
}

/// Says that one is typing, or has stopped. Members of the room may.
pub(super) async fn create_typing_event(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let requester = req.requester.ok_or_else(ApiError::missing_token)?;
    let [room_id, user_id] = req.args.as_slice() else {
        return Err(ApiError::internal("the typing route has two path arguments"));
    };
    let room_id = OwnedRoomId::try_from(room_id.as_str()).map_err(|_| ApiError::invalid_param("not a room id"))?;
    let user_id = OwnedUserId::try_from(user_id.as_str()).map_err(|_| ApiError::invalid_param("not a user id"))?;
    own(&requester.user_id, &user_id)?;
    let body: Body = serde_json::from_slice(&req.bytes).map_err(|error| ApiError::bad_json(error.to_string()))?;
    let timeout = body.typing.then(|| body.timeout.map_or(TIMEOUT_DEFAULT, Duration::from_millis));
    let parts = &app.homeserver.parts;
    parts.ephemeral.set_typing(&requester.user_id, &room_id, timeout).await?;
    if timeout.is_some() {
        parts.presence.active(&requester.user_id);
    }
    Ok(Json(json!({})).into_response())
}
