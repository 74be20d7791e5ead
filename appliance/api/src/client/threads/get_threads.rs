//! `GET /_matrix/client/v1/rooms/{roomId}/threads`.

use axum::extract::State;
use ruma::api::client::threads::get_threads::v1::{IncludeThreads, Request, Response};
use veche_homeserver::relations::ThreadsRequest;

use crate::{
    app::App,
    client::{message, relations},
    error::ApiError,
    extract::Ruma,
    respond::RumaResponse,
};

/// The roots of a room's threads, the thread with the newest event first.
pub(crate) async fn get_threads(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let participated = match req.body.include {
        IncludeThreads::All => false,
        IncludeThreads::Participated => true,
        _ => return Err(ApiError::invalid_param("include is all or participated")),
    };
    let page = app.homeserver.relations.threads(&ThreadsRequest {
        room_id: &req.body.room_id,
        audience: message::audience(&req.who),
        participated,
        from: message::order(req.body.from.as_deref())?,
        limit: relations::limit(req.body.limit),
    })?;
    let mut response = Response::new(message::raws(page.chunk));
    response.next_batch = page.next.map(|order| message::token(&app, order));
    Ok(RumaResponse(response))
}
