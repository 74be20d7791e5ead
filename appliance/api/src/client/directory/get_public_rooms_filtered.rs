//! `POST /_matrix/client/v3/publicRooms`.

use axum::extract::State;
use ruma::api::client::directory::get_public_rooms_filtered::v3::{Request, Response};
use veche_homeserver::public_rooms::PublicRoomsRequest;

use super::{limit, page};
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// A page of those rooms of the directory that match. Every account may read it.
pub(crate) async fn get_public_rooms_filtered(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let request = PublicRoomsRequest {
        search: req.body.filter.generic_search_term.as_deref(),
        room_types: &req.body.filter.room_types,
        since: req.body.since.as_deref(),
        limit: limit(req.body.limit),
    };
    let page = page(&app, req.body.server.as_ref(), &request)?;
    let mut response = Response::new();
    response.chunk = page.chunk;
    response.next_batch = page.next;
    response.prev_batch = page.previous;
    response.total_room_count_estimate = Some(page.total);
    Ok(RumaResponse(response))
}
