//! `GET /rooms/{roomId}/context/{eventId}`

use axum::extract::State;
use ruma::{api::client::context::get_context, serde::Raw};

use super::{audience, raws, token};
use crate::{app::App, client::filter, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Events around the one that is asked for, older and newer together.
const EVENTS_AROUND_MAX: usize = 100;

/// An event and what surrounds it. Whoever may see the event may.
pub(crate) async fn get_context(
    State(app): State<App>,
    req: Ruma<get_context::v3::Request>,
) -> Result<RumaResponse<get_context::v3::Response>, ApiError> {
    let limit = usize::try_from(u64::from(req.body.limit)).unwrap_or(usize::MAX).min(EVENTS_AROUND_MAX);
    let filter = filter::room_events(req.query("filter"))?;
    let around = app
        .homeserver
        .parts
        .timeline
        .context(&req.body.room_id, &req.body.event_id, audience(&req.who), limit, &filter)?
        .ok_or_else(|| ApiError::not_found("no such event, or not for you to see"))?;
    let mut response = get_context::v3::Response::new();
    response.start = Some(token(&app, around.start));
    response.end = Some(token(&app, around.end));
    response.event = Some(Raw::from_json(around.event));
    response.events_before = raws(around.before);
    response.events_after = raws(around.after);
    response.state = raws(around.state);
    Ok(RumaResponse(response))
}
