//! `GET /rooms/{roomId}/initialSync`
//!
//! Clients ask it for the preview of a room that the world may read, and take any refusal but a 403 for a fault.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::{
    peeking::get_current_state::v3::{PaginationChunk, Request, Response},
    room::Visibility,
};
use veche_base::limits::SYNC_TIMELINE_EVENTS_MAX;

use crate::{
    app::App,
    client::message::{audience, raws, token},
    error::ApiError,
    extract::Ruma,
    respond::RumaResponse,
};

/// Events when the client names no number.
const LIMIT_DEFAULT: usize = 10;

/// A room as it is now, with its newest events. Members may, those who left, and everybody where the world may read.
pub(super) async fn get_current_state(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    ready(get(&app, &req)).await
}

fn get(app: &App, req: &Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    let room_id = &req.body.room_id;
    let mut glance = app.homeserver.parts.timeline.peek(room_id, audience(&req.who), limit(req)?)?;
    glance.messages.chunk.reverse();
    let mut messages = PaginationChunk::new(raws(glance.messages.chunk), token(app, glance.messages.start));
    messages.start = glance.messages.end.map(|order| token(app, order));
    let listed = app.homeserver.creation.is_listed(room_id)?;
    let mut response = Response::new(room_id.clone());
    response.messages = Some(messages);
    response.state = raws(glance.state);
    response.membership = glance.membership;
    response.visibility = Some(if listed { Visibility::Public } else { Visibility::Private });
    response.account_data = raws(glance.account_data);
    Ok(RumaResponse(response))
}

/// Ruma's type has no limit, and clients send one.
fn limit(req: &Ruma<Request>) -> Result<usize, ApiError> {
    let Some(limit) = req.query("limit") else { return Ok(LIMIT_DEFAULT) };
    let limit: usize = limit.parse().map_err(|_| ApiError::invalid_param("limit is a number of events"))?;
    Ok(limit.clamp(1, SYNC_TIMELINE_EVENTS_MAX))
}
