//! `GET /_matrix/client/v1/admin/suspend/{userId}`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::admin::is_user_suspended::v1::{Request, Response};

use super::account;
use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Whether an account is suspended. For administrators.
pub(super) async fn is_user_suspended(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let account = ready(account(&people, &req.body.user_id)).await?;
    Ok(RumaResponse(Response::new(account.suspended)))
}
