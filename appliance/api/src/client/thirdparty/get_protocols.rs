//! `GET /_matrix/client/v3/thirdparty/protocols`.

use std::collections::BTreeMap;
use std::future::ready;

use axum::extract::State;
use ruma::api::client::thirdparty::get_protocols::v3::{Request, Response};

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// All networks: none.
pub(super) async fn get_protocols(_: State<People>, _: Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    ready(Ok(RumaResponse(Response::new(BTreeMap::new())))).await
}
