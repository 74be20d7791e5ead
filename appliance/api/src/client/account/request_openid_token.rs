//! `POST /_matrix/client/v3/user/{userId}/openid/request_token`.

use axum::extract::State;
use ruma::api::client::account::request_openid_token::v3::{Request, Response};
use ruma::authentication::TokenType;

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// A proof of who somebody is, for another service; nobody gets one about somebody else.
pub(super) async fn request_openid_token(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    if req.body.user_id != req.who.user_id {
        return Err(ApiError::forbidden("Tokens are issued to the user they are about only"));
    }
    let issued = people.directory.issue_openid_token(&req.who).await?;
    let server_name = people.gate.settings.server_name.clone();
    let token = issued.token.into_exposed();
    Ok(RumaResponse(Response::new(token, TokenType::Bearer, server_name, issued.expires_in)))
}
