//! `GET /_matrix/client/v3/thirdparty/user`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::thirdparty::get_user_for_user_id::v3::{Request, Response};

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Whom a user stands for in networks: nobody.
pub(super) async fn get_user_for_user_id(
    _: State<People>,
    _: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    ready(Ok(RumaResponse(Response::new(Vec::new())))).await
}
