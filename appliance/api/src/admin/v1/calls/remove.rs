//! `POST /api/admin/v1/calls/remove`. Who may call it: administrators who look after rooms.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{find, target};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, DONE, Done, Json, Nothing};

/// Whom.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "CallRemoval")]
#[serde(deny_unknown_fields)]
pub(super) struct Removal {
    /// The call's name.
    call: String,
    /// His name in it.
    identity: String,
}

/// Takes somebody out of a call.
pub(super) async fn remove(State(app): State<App>, asked: Asked<Nothing, Removal>) -> Result<Json<Done>, ApiError> {
    let Removal { call, identity } = &asked.body;
    let call = find(&app, call).await?;
    let found = call.participants.iter().find(|participant| participant.identity == *identity);
    let who = found.ok_or_else(|| ApiError::not_found("Nobody in this call has this name"))?;
    let name = who.who.as_ref().map_or(identity.as_str(), |(user_id, _)| user_id.as_str());
    let detail = json!({ "identity": name });
    app.directory.write_down(&asked.authority()?, "room.remove_from_call", target(&call), detail).await?;
    if let Some(calls) = &app.plugs.live_calls {
        calls.remove(&call.call, identity)?;
    }
    Ok(DONE)
}
