//! `GET /_matrix/client/v3/publicRooms`.

use axum::extract::{Query, State};
use ruma::{OwnedServerName, UInt, api::client::directory::get_public_rooms::v3::Response};
use serde::Deserialize;
use veche_homeserver::public_rooms::PublicRoomsRequest;

use super::{limit, page};
use crate::{app::App, error::ApiError, extract::Plain, respond::RumaResponse};

#[derive(Deserialize)]
struct Parameters {
    #[serde(default)]
    limit: Option<UInt>,
    #[serde(default)]
    since: Option<String>,
    #[serde(default)]
    server: Option<OwnedServerName>,
}

/// A page of the directory. Every account may read it.
pub(crate) async fn get_public_rooms(State(app): State<App>, req: Plain) -> Result<RumaResponse<Response>, ApiError> {
    let Query(parameters) = Query::<Parameters>::try_from_uri(&req.parts.uri)
        .map_err(|error| ApiError::invalid_param(error.body_text()))?;
    let request = PublicRoomsRequest {
        search: None,
        room_types: &[],
        since: parameters.since.as_deref(),
        limit: limit(parameters.limit),
    };
    let page = page(&app, parameters.server.as_ref(), &request)?;
    let mut response = Response::new(page.chunk);
    response.next_batch = page.next;
    response.prev_batch = page.previous;
    response.total_room_count_estimate = Some(page.total);
    Ok(RumaResponse(response))
}
