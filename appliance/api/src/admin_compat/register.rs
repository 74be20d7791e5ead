//! `GET` and `POST /_synapse/admin/v1/register`: making accounts with a secret both sides know.
//!
//! Without a secret in the settings the endpoint answers as if it did not exist.

use std::future::ready;

use axum::body::Body;
use axum::extract::{FromRef, State};
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use serde::Deserialize;
use serde_json::{Value, json};
use veche_base::Secret;
use veche_directory::SharedSecretRequest;

use crate::access::Need;
use crate::app::{Gated, People};
use crate::error::ApiError;
use crate::extract::Plain;
use crate::limits::Class;
use crate::routes::{Route, Routes};

const PATH: &str = "/_synapse/admin/v1/register";

pub(super) fn routes<S: Gated>(routes: Routes<S>) -> Routes<S>
where
    People: FromRef<S>,
{
    let route = Route::new().class(Class::Login);
    routes.plain(Method::GET, PATH, Need::Nobody, route, nonce).plain(Method::POST, PATH, Need::Nobody, route, register)
}

#[derive(Deserialize)]
struct Asked {
    nonce: String,
    username: String,
    password: Secret<String>,
    #[serde(default)]
    admin: bool,
    user_type: Option<String>,
    mac: String,
    #[serde(default)]
    inhibit_login: bool,
}

async fn nonce(State(people): State<People>, _: Plain) -> Result<Response, ApiError> {
    let nonce = ready(people.directory.registration_nonce()).await?;
    Ok(answer(&json!({ "nonce": nonce })))
}

async fn register(State(people): State<People>, plain: Plain) -> Result<Response, ApiError> {
    // An endpoint that does not exist judges no bodies.
    if people.directory.settings().shared_secret.is_none() {
        return Err(ApiError::unrecognized());
    }
    let body: Asked = serde_json::from_slice(&plain.bytes)
        .map_err(|_| ApiError::bad_json("nonce, username, password and mac are needed"))?;
    let request = SharedSecretRequest {
        nonce: body.nonce,
        username: body.username,
        password: body.password,
        admin: body.admin,
        user_type: body.user_type,
        mac: body.mac,
        inhibit_login: body.inhibit_login,
        caller: plain.caller,
    };
    let registered = people.directory.register_with_shared_secret(request).await?;
    let mut fields = json!({ "user_id": registered.user_id, "home_server": people.gate.settings.server_name });
    if let Some(signed_in) = registered.signed_in {
        fields["access_token"] = signed_in.access_token.into_exposed().into();
        fields["device_id"] = signed_in.device_id.as_str().into();
    }
    Ok(answer(&fields))
}

fn answer(fields: &Value) -> Response {
    let mut answer = Response::new(Body::from(fields.to_string()));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
