//! `GET /_matrix/client/v3/account/whoami`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::account::whoami::v3::{Request, Response};

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Whose token this is.
pub(super) async fn whoami(_: State<People>, req: Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    let mut response = Response::new(req.who.user_id, req.who.guest.is_some());
    response.device_id = Some(req.who.device_id);
    ready(Ok(RumaResponse(response))).await
}
