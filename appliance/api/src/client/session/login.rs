//! `POST /_matrix/client/v3/login`.

use axum::extract::State;
use ruma::api::client::session::login::v3::{LoginInfo, Password, Request, Response};
use ruma::api::error::DeserializationError;
use ruma::api::{IncomingRequest, Metadata};
use serde::Deserialize;
use serde::de::IgnoredAny;
use veche_base::Secret;
use veche_directory::{Credentials, LoginRequest, typed_user};

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Signs a device in, by password or by a token that another device of the same user asked for.
pub(super) async fn login(
    State(people): State<People>,
    req: Ruma<Checked>,
) -> Result<RumaResponse<Response>, ApiError> {
    let Checked(body) = req.body;
    let request = LoginRequest {
        credentials: credentials(body.login_info)?,
        device_id: body.device_id,
        display_name: body.initial_device_display_name,
        refresh_token: body.refresh_token,
        caller: req.caller,
    };
    let signed_in = people.directory.login(request).await?;
    let mut response = Response::new(signed_in.user_id, signed_in.access_token.into_exposed(), signed_in.device_id);
    response.refresh_token = signed_in.refresh_token.map(Secret::into_exposed);
    response.expires_in = signed_in.expires_in;
    Ok(RumaResponse(response))
}

fn credentials(info: LoginInfo) -> Result<Credentials, ApiError> {
    match info {
        LoginInfo::Password(shown) => {
            Ok(Credentials::Password { user: user(&shown)?, password: shown.password.into() })
        }
        LoginInfo::Token(shown) => Ok(Credentials::Token(shown.token.into())),
        _ => Err(ApiError::bad_request("M_UNKNOWN", "This way to sign in is not supported")),
    }
}

fn user(shown: &Password) -> Result<String, ApiError> {
    #[expect(deprecated, reason = "bots of the first years still send `user` beside the password")]
    let former = shown.user.as_deref();
    match (&shown.identifier, former) {
        (Some(identifier), _) => typed_user(identifier)
            .map(str::to_owned)
            .ok_or_else(|| ApiError::bad_request("M_UNKNOWN", "Only user ids and user names identify an account here")),
        (None, Some(former)) => Ok(former.to_owned()),
        (None, None) => Err(ApiError::missing_param("No user is named")),
    }
}

/// The request, known to have a type: ruma 0.25 panics where it is missing.
pub(super) struct Checked(Request);

#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "type")]
    _type: IgnoredAny,
}

impl Metadata for Checked {
    const METHOD: http::Method = Request::METHOD;
    const RATE_LIMITED: bool = Request::RATE_LIMITED;
    type Authentication = <Request as Metadata>::Authentication;
    type PathBuilder = <Request as Metadata>::PathBuilder;
    const PATH_BUILDER: Self::PathBuilder = Request::PATH_BUILDER;
}

impl IncomingRequest for Checked {
    type EndpointError = <Request as IncomingRequest>::EndpointError;
    type OutgoingResponse = Response;

    fn try_from_http_request_inner(
        request: http::Request<&[u8]>,
        path_args: &[&str],
    ) -> Result<Self, DeserializationError> {
        let body = *request.body();
        let _: Typed = serde_json::from_slice(if body.is_empty() { b"{}" } else { body })?;
        Request::try_from_http_request_inner(request, path_args).map(Self)
    }
}
