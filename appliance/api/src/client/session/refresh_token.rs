//! `POST /_matrix/client/v3/refresh`.

use axum::extract::State;
use ruma::api::client::session::refresh_token::v3::{Request, Response};
use veche_base::Secret;

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Gives a new pair of tokens; the pair before it lives until the new one is used.
pub(super) async fn refresh_token(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let signed_in = people.directory.refresh(&Secret::new(req.body.refresh_token), &req.caller).await?;
    let mut response = Response::new(signed_in.access_token.into_exposed());
    response.refresh_token = signed_in.refresh_token.map(Secret::into_exposed);
    response.expires_in_ms = signed_in.expires_in;
    Ok(RumaResponse(response))
}
