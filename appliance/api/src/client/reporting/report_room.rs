//! `POST /_matrix/client/v3/rooms/{roomId}/report`.

use axum::extract::State;
use ruma::api::client::room::report_room::v3::{Request, Response};
use veche_directory::Subject;

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Takes a report about a room. One need not be in it: what is reported may be the invitation. Whether the room
/// exists is not said.
pub(super) async fn report_room(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    people.directory.report(&req.who, Subject::Room(req.body.room_id), Some(req.body.reason)).await?;
    Ok(RumaResponse(Response::new()))
}
