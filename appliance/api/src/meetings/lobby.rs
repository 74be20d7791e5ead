//! `/api/meetings/v1/rooms/{roomId}/lobby`. Who may call it: members of the room who may invite into it.

use axum::extract::State;
use ruma::RoomId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, DONE, Done, Json};

/// What the client knows.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    /// What the last answer said as `known`; 0: nothing.
    #[serde(default)]
    known: u64,
}

/// Those at the door.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Lobby")]
pub(super) struct Lobby {
    /// To be said the next time, which then waits for something else.
    known: u64,
    waiting: Vec<Waiting>,
}

/// Somebody who waits.
#[derive(Debug, Serialize, JsonSchema)]
struct Waiting {
    /// Names him.
    id: u64,
    /// What he calls himself.
    name: String,
    /// For how long.
    waits_secs: u64,
}

/// Those at the door.
pub(super) async fn look(State(app): State<App>, asked: Asked<Query>) -> Result<Json<Lobby>, ApiError> {
    let who = asked.requester()?;
    let room_id: &RoomId = asked.id(0)?;
    let stopping = app.gate.supervisor.shutdown_token();
    let (known, waiting) = tokio::select! {
        biased;
        () = who.revoked() => return Err(ApiError::unknown_token()),
        found = app.homeserver.meetings.waiting(&who.user_id, room_id, asked.query.known) => found?,
        () = stopping.cancelled() => return Err(ApiError::stopping()),
    };
    let waiting = waiting.into_iter().map(|it| Waiting { id: it.id, name: it.name, waits_secs: it.waits.as_secs() });
    Ok(Json(Lobby { known, waiting: waiting.collect() }))
}

/// Lets somebody in.
pub(super) async fn admit(State(app): State<App>, asked: Asked) -> Result<Json<Done>, ApiError> {
    let by = &asked.requester()?.user_id;
    app.homeserver.meetings.admit(by, asked.id(0)?, number(&asked, 1)?).await?;
    Ok(DONE)
}

/// Does not let somebody in.
pub(super) async fn refuse(State(app): State<App>, asked: Asked) -> Result<Json<Done>, ApiError> {
    let by = &asked.requester()?.user_id;
    app.homeserver.meetings.refuse(by, asked.id(0)?, number(&asked, 1)?).await?;
    Ok(DONE)
}

/// A path argument as a number.
pub(super) fn number<Q, B>(asked: &Asked<Q, B>, position: usize) -> Result<u64, ApiError> {
    asked.arg(position)?.parse().map_err(|_| ApiError::invalid_param("The id in the path is no number"))
}
