//! `POST /_matrix/client/v3/account/deactivate`.

use axum::extract::State;
use ruma::api::client::account::ThirdPartyIdRemovalStatus;
use ruma::api::client::account::deactivate::v3::{Request, Response};

use crate::app::People;
use crate::client::uia;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Ends the account of whoever is signed in, for good. There are never third-party identifiers to unbind.
pub(super) async fn deactivate(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let requester = req.who.as_ref().ok_or_else(ApiError::missing_token)?;
    let pass = uia::prove(&people, &req, requester, req.body.auth.as_ref()).await?;
    people.directory.deactivate(requester, req.body.erase, pass).await?;
    Ok(RumaResponse(Response::new(ThirdPartyIdRemovalStatus::Success)))
}
