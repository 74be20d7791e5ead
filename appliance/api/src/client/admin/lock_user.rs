//! `PUT /_matrix/client/v1/admin/lock/{userId}`.

use axum::extract::State;
use ruma::api::client::admin::lock_user::v1::{Request, Response};

use super::account;
use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Locks an account, or unlocks it. For administrators, and not against one.
pub(super) async fn lock_user(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let authority = req.who.authority()?;
    let account = account(&people, &req.body.user_id)?;
    people.directory.set_locked(&authority, &account.user_id, req.body.locked).await?;
    Ok(RumaResponse(Response::new(req.body.locked)))
}
