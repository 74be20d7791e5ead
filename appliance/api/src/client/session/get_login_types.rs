//! `GET /_matrix/client/v3/login`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::session::get_login_types::v3::{
    LoginType, PasswordLoginType, Request, Response, TokenLoginType,
};

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// How one may sign in here. `get_login_token` tells a signed-in client that it can sign in another one.
pub(super) async fn get_login_types(_: State<People>, _: Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    let mut token = TokenLoginType::new();
    token.get_login_token = true;
    let flows = vec![LoginType::Password(PasswordLoginType::new()), LoginType::Token(token)];
    ready(Ok(RumaResponse(Response::new(flows)))).await
}
