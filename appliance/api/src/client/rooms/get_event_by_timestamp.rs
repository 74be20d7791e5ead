//! `GET /_matrix/client/v1/rooms/{roomId}/timestamp_to_event`.

use axum::extract::State;
use ruma::{
    MilliSecondsSinceUnixEpoch, UInt,
    api::{
        Direction,
        client::room::get_event_by_timestamp::v1::{Request, Response},
    },
};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// The event nearest to a moment, on the side asked for, that the requester may see.
pub(crate) async fn get_event_by_timestamp(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let timeline = &app.homeserver.parts.timeline;
    let backwards = req.body.dir == Direction::Backward;
    let found = timeline.nearest(&req.body.room_id, req.sender(), req.body.ts.get().into(), backwards)?;
    let (event_id, ts) = found.ok_or_else(|| ApiError::not_found("no event on this side of that moment"))?;
    Ok(RumaResponse(Response::new(event_id, MilliSecondsSinceUnixEpoch(UInt::new_saturating(ts)))))
}
