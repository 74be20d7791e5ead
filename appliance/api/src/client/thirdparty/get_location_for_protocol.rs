//! `GET /_matrix/client/v3/thirdparty/location/{protocol}`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::thirdparty::get_location_for_protocol::v3::{Request, Response};

use super::unknown_protocol;
use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// The rooms that lead to a place in a network, which nobody knows.
pub(super) async fn get_location_for_protocol(
    _: State<People>,
    _: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    ready(Err(unknown_protocol())).await
}
