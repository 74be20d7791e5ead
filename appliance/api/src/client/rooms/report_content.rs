//! `POST /_matrix/client/v3/rooms/{roomId}/report/{eventId}`.

use axum::extract::State;
use ruma::api::client::room::report_content::v3::{Request, Response};
use serde::Deserialize;
use veche_directory::Subject;
use veche_homeserver::timeline::ReadError;

use crate::{app::App, client::message, error::ApiError, extract::Ruma, respond::RumaResponse};

/// What older clients say beside the reason; ruma no longer reads it.
#[derive(Default, Deserialize)]
struct Older {
    score: Option<i64>,
}

/// Takes a report about an event that the reporter may see.
pub(crate) async fn report_content(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let nothing = || ApiError::not_found("no such event, or not for you to see");
    let timeline = &app.homeserver.parts.timeline;
    match timeline.event(&req.body.room_id, &req.body.event_id, message::audience(&req.who)) {
        Ok(Some(_)) => {}
        Ok(None) | Err(ReadError::Forbidden) => return Err(nothing()),
        Err(ReadError::Internal(error)) => return Err(error.into()),
    }
    let Older { score } = serde_json::from_slice(&req.bytes).unwrap_or_default();
    let subject = Subject::Event { room_id: req.body.room_id, event_id: req.body.event_id, score };
    app.directory.report(&req.who, subject, req.body.reason).await?;
    Ok(RumaResponse(Response::new()))
}
