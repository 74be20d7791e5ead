//! `POST /_matrix/client/v3/account/password`.

use axum::extract::State;
use ruma::api::client::account::change_password::v3::{Request, Response};
use veche_base::Secret;

use crate::app::People;
use crate::client::uia;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Changes the password of whoever is signed in. The specification's other way, by mail and without a token, does
/// not exist here.
pub(super) async fn change_password(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let requester = req.who.as_ref().ok_or_else(ApiError::missing_token)?;
    let pass = uia::prove(&people, &req, requester, req.body.auth.as_ref()).await?;
    let password = Secret::new(req.body.new_password.clone());
    people.directory.change_password(requester, password, req.body.logout_devices, pass).await?;
    Ok(RumaResponse(Response::new()))
}
