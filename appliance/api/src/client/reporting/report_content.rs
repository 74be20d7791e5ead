//! `POST /_matrix/client/v3/rooms/{roomId}/report/{eventId}`.

use axum::extract::State;
use ruma::api::client::room::report_content::v3::{Request, Response};
use serde::Deserialize;
use veche_directory::Subject;

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// What older clients say beside the reason; ruma no longer reads it.
#[derive(Default, Deserialize)]
struct Older {
    score: Option<i64>,
}

/// Takes a report about an event.
pub(super) async fn report_content(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let Older { score } = serde_json::from_slice(&req.bytes).unwrap_or_default();
    let subject = Subject::Event { room_id: req.body.room_id, event_id: req.body.event_id, score };
    people.directory.report(&req.who, subject, req.body.reason).await?;
    Ok(RumaResponse(Response::new()))
}
