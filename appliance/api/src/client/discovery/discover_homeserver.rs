//! `GET /.well-known/matrix/client`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::discovery::discover_homeserver::{HomeserverInfo, Request, Response};

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Where clients reach this server.
pub(super) async fn discover_homeserver(
    State(people): State<People>,
    _: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let base_url = people.gate.settings.base_url.clone();
    ready(Ok(RumaResponse(Response::new(HomeserverInfo::new(base_url))))).await
}
