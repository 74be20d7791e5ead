//! `GET /_matrix/client/v3/thirdparty/user/{protocol}`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::thirdparty::get_user_for_protocol::v3::{Request, Response};

use super::unknown_protocol;
use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// The users who stand for somebody in a network, which nobody knows.
pub(super) async fn get_user_for_protocol(
    _: State<People>,
    _: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    ready(Err(unknown_protocol())).await
}
