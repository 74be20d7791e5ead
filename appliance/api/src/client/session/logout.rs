//! `POST /_matrix/client/v3/logout`.

use axum::extract::State;
use ruma::api::client::session::logout::v3::{Request, Response};

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Signs this device out; its keys and its waiting messages go with it.
pub(super) async fn logout(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    people.directory.logout(&req.who).await?;
    Ok(RumaResponse(Response::new()))
}
