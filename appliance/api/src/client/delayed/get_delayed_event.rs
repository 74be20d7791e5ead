//! `GET /_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delayId}`.

use std::future::ready;

use axum::{extract::State, response::Response};
use serde_json::Value;

use super::{answer, requester, shown};
use crate::{app::App, error::ApiError, extract::Plain};

/// One delayed event of the requester's own.
pub(super) async fn get_delayed_event(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let [delay_id] = req.args.as_slice() else { return Err(ApiError::unrecognized()) };
    let event = app.homeserver.delayed.get(&requester(&req)?.user_id, delay_id)?;
    let event = event.ok_or_else(|| ApiError::not_found("no such delayed event"))?;
    ready(Ok(answer(&Value::Object(shown(&event)?)))).await
}
