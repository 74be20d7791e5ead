//! `POST /api/admin/v1/calls/end`. Who may call it: administrators who look after rooms.

use axum::extract::State;
use serde_json::json;

use super::{CallNamed, find, target};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, DONE, Done, Json, Nothing};

/// Takes everybody out of a call.
pub(super) async fn end(State(app): State<App>, asked: Asked<Nothing, CallNamed>) -> Result<Json<Done>, ApiError> {
    let call = find(&app, &asked.body.call).await?;
    let detail = json!({ "people": call.participants.len() });
    app.directory.write_down(&asked.authority()?, "room.end_call", target(&call), detail).await?;
    for participant in &call.participants {
        let Some(calls) = &app.plugs.live_calls else { break };
        calls.remove(&call.call, &participant.identity)?;
    }
    Ok(DONE)
}
