//! `POST /_matrix/client/v3/register`.

use axum::extract::State;
use ruma::api::client::account::register::RegistrationKind;
use ruma::api::client::account::register::v3::{Request, Response};
use veche_base::Secret;
use veche_directory::{Kind, RegisterRequest, Registered};

use crate::app::People;
use crate::client::uia;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Makes an account for whoever the registration mode lets in. A name that is taken is said before anything has to be
/// proved for it.
pub(super) async fn register(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    if req.body.login_type.is_some() {
        return Err(ApiError::forbidden("There are no application services on this server"));
    }
    let body = &req.body;
    let request = RegisterRequest {
        kind: if body.kind == RegistrationKind::Guest { Kind::Guest } else { Kind::User },
        username: body.username.clone(),
        password: body.password.clone().map(Secret::new),
        inhibit_login: body.inhibit_login,
        device_id: body.device_id.clone(),
        display_name: body.initial_device_display_name.clone(),
        refresh_token: body.refresh_token,
        caller: req.caller.clone(),
    };
    people.directory.check_registration(&request)?;
    let pass = uia::prove_newcomer(&people, &req, body.auth.as_ref()).await?;
    let registered = people.directory.register(request, pass).await?;
    Ok(RumaResponse(answer(registered)))
}

fn answer(registered: Registered) -> Response {
    let mut response = Response::new(registered.user_id);
    if let Some(signed_in) = registered.signed_in {
        response.access_token = Some(signed_in.access_token.into_exposed());
        response.device_id = Some(signed_in.device_id);
        response.refresh_token = signed_in.refresh_token.map(Secret::into_exposed);
        response.expires_in = signed_in.expires_in;
    }
    response
}
