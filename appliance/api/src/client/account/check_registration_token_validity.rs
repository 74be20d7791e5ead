//! `GET /_matrix/client/v1/register/m.login.registration_token/validity`.

use axum::extract::State;
use ruma::api::client::account::check_registration_token_validity::v1::{Request, Response};

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Whether a registration token is good. Asking counts as guessing.
pub(super) async fn check_registration_token_validity(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let valid = people.directory.is_registration_token_valid(&req.body.token, &req.caller).await?;
    Ok(RumaResponse(Response::new(valid)))
}
