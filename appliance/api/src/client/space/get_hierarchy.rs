//! `GET /_matrix/client/v1/rooms/{roomId}/hierarchy`.

use axum::extract::State;
use ruma::{
    UInt,
    api::client::space::{
        SpaceHierarchyRoomsChunk,
        get_hierarchy::v1::{Request, Response},
    },
};
use veche_homeserver::spaces::HierarchyRequest;

use crate::{app::App, client::message::raws, error::ApiError, extract::Ruma, respond::RumaResponse};

/// The rooms below a space, as far as the requester may see them.
pub(crate) async fn get_hierarchy(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let number = |number: UInt| usize::try_from(u64::from(number)).unwrap_or(usize::MAX);
    let page = app.homeserver.spaces.hierarchy(&HierarchyRequest {
        room_id: &req.body.room_id,
        user: req.sender(),
        from: req.body.from.as_deref(),
        limit: req.body.limit.map(number),
        max_depth: req.body.max_depth.map(number),
        suggested_only: req.body.suggested_only,
    })?;
    let mut response = Response::new();
    response.next_batch = page.next;
    let chunks = page.rooms.into_iter();
    response.rooms =
        chunks.map(|room| SpaceHierarchyRoomsChunk::new(room.summary, raws(room.children_state))).collect();
    Ok(RumaResponse(response))
}
