//! `GET /rooms/{roomId}/messages`

use axum::extract::State;
use ruma::api::{Direction, client::message::get_message_events};
use veche_homeserver::timeline::HistoryRequest;

use super::{audience, order, raws, token};
use crate::{app::App, client::filter, error::ApiError, extract::Ruma, respond::RumaResponse};

/// A page of a room's history. Members may, and those who left, up to where they left.
pub(crate) async fn get_message_events(
    State(app): State<App>,
    req: Ruma<get_message_events::v3::Request>,
) -> Result<RumaResponse<get_message_events::v3::Response>, ApiError> {
    let filter = filter::room_events(req.query("filter"))?;
    let request = HistoryRequest {
        room_id: &req.body.room_id,
        audience: audience(&req.who),
        from: order(req.body.from.as_deref())?,
        to: order(req.body.to.as_deref())?,
        backwards: req.body.dir == Direction::Backward,
        limit: usize::try_from(u64::from(req.body.limit)).unwrap_or(usize::MAX).max(1),
        filter: &filter,
    };
    let page = app.homeserver.parts.timeline.history(&request)?;
    let mut response = get_message_events::v3::Response::new();
    response.start = token(&app, page.start);
    response.end = page.end.map(|order| token(&app, order));
    response.chunk = raws(page.chunk);
    response.state = raws(page.state);
    Ok(RumaResponse(response))
}
