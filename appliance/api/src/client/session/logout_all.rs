//! `POST /_matrix/client/v3/logout/all`.

use axum::extract::State;
use ruma::api::client::session::logout_all::v3::{Request, Response};

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Signs all devices of this account out.
pub(super) async fn logout_all(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    people.directory.logout_all(&req.who).await?;
    Ok(RumaResponse(Response::new()))
}
