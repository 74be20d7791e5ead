//! `POST /_matrix/client/v1/rtc/livekit/delegate_delayed_leave` (MSC4195), and `POST /livekit/jwt/delegate_delayed_leave`
//! for those who show a proof.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::json;
use veche_calls::{Calls, Wish};

use super::bodies::{Asked, Proved, read};
use super::{answer, calls};
use crate::app::App;
use crate::error::ApiError;
use crate::extract::Plain;

/// Takes the requester's leaving over: it is put off as long as he is in the call, and sent once he is gone.
pub(super) async fn delegate_delayed_leave(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let calls = calls(&app)?;
    let who = req.requester.as_ref().ok_or_else(ApiError::missing_token)?;
    let (wish, leaving) = read::<Asked>(&req)?.wish(&app, who)?;
    take(calls, &wish, leaving).await
}

/// The same for somebody who shows who he is.
pub(super) async fn delegate_delayed_leave_by_proof(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let calls = calls(&app)?;
    let (wish, leaving) = read::<Proved>(&req)?.wish(&app).await?;
    take(calls, &wish, leaving).await
}

async fn take(calls: &Arc<Calls>, wish: &Wish, leaving: Option<String>) -> Result<Response, ApiError> {
    let delay_id = leaving.ok_or_else(|| ApiError::bad_json("there is no delay_id"))?;
    calls.delegate_leave(wish, &delay_id).await?;
    Ok(answer(&json!({})))
}
