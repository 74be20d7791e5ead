//! `GET /_matrix/client/v1/rooms/{roomId}/relations/{eventId}/{relType}`.

use axum::extract::State;
use ruma::api::client::relations::get_relating_events_with_rel_type::v1::{Request, Response};
use veche_homeserver::relations::RelationsRequest;

use super::{Paging, message::raws, tokens};
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// What relates to an event in one way.
pub(crate) async fn get_relating_events_with_rel_type(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let body = &req.body;
    let paging = Paging { from: body.from.as_deref(), to: body.to.as_deref(), dir: body.dir, limit: body.limit };
    let request = RelationsRequest {
        rel_type: Some(body.rel_type.as_str()),
        recurse: body.recurse,
        ..paging.request(&req.who, &body.room_id, &body.event_id)?
    };
    let page = app.homeserver.relations.page(&request)?;
    let mut response = Response::new(Vec::new());
    (response.next_batch, response.prev_batch) = tokens(&app, &page, body.from.clone());
    response.recursion_depth = page.recursion_depth.map(Into::into);
    response.chunk = raws(page.chunk);
    Ok(RumaResponse(response))
}
