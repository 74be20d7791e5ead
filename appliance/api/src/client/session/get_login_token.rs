//! `POST /_matrix/client/v1/login/get_token`.

use axum::extract::State;
use ruma::api::client::session::get_login_token::v1::{Request, Response};

use crate::app::People;
use crate::client::uia;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// A token that signs another device of the same user in, after the password was given once more.
pub(super) async fn get_login_token(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let pass = uia::prove(&people, &req, &req.who, req.body.auth.as_ref()).await?;
    let issued = people.directory.issue_login_token(pass).await?;
    Ok(RumaResponse(Response::new(issued.expires_in, issued.token.into_exposed())))
}
