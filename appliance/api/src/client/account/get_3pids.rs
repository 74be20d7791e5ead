//! `GET /_matrix/client/v3/account/3pid`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::account::get_3pids::v3::{Request, Response};

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Mail addresses and phone numbers of the account that others may find it by: there are none on this server.
pub(super) async fn get_3pids(_: State<People>, _: Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    ready(Ok(RumaResponse(Response::new(Vec::new())))).await
}
