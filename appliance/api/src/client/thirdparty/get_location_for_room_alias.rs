//! `GET /_matrix/client/v3/thirdparty/location`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::thirdparty::get_location_for_room_alias::v3::{Request, Response};

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// The places in networks that a room leads to: none.
pub(super) async fn get_location_for_room_alias(
    _: State<People>,
    _: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    ready(Ok(RumaResponse(Response::new(Vec::new())))).await
}
