//! `PUT /_matrix/client/v1/admin/suspend/{userId}`.

use axum::extract::State;
use ruma::api::client::admin::suspend_user::v1::{Request, Response};

use super::account;
use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Suspends an account, or lifts that. For administrators, and not against one.
pub(super) async fn suspend_user(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let authority = req.who.authority()?;
    let account = account(&people, &req.body.user_id)?;
    people.directory.set_suspended(&authority, &account.user_id, req.body.suspended).await?;
    Ok(RumaResponse(Response::new(req.body.suspended)))
}
