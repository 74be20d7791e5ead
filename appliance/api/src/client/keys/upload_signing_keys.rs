//! `POST /_matrix/client/v3/keys/device_signing/upload`.

use axum::extract::{FromRef, State};
use ruma::{
    api::client::keys::upload_signing_keys::v3::{Request, Response},
    encryption::CrossSigningKey,
    serde::Raw,
};
use serde_json::value::RawValue;
use veche_homeserver::e2ee::{SigningKeys, UploadSigningKeysError};

use crate::{
    app::{App, People},
    client::uia,
    error::ApiError,
    extract::Ruma,
    respond::RumaResponse,
};

/// Takes the requester's identity. The first one is taken as it is; replacing one has to be confirmed by
/// user-interactive authentication.
pub(super) async fn upload_signing_keys(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let e2ee = &app.homeserver.parts.e2ee;
    match e2ee.upload_signing_keys(req.sender(), keys(&req), None).await {
        Err(UploadSigningKeysError::NotProven) => {
            let pass = uia::prove(&People::from_ref(&app), &req, &req.who, req.body.auth.as_ref()).await?;
            e2ee.upload_signing_keys(req.sender(), keys(&req), Some(&pass)).await?;
        }
        outcome => outcome?,
    }
    Ok(RumaResponse(Response::new()))
}

fn keys(req: &Ruma<Request>) -> SigningKeys {
    let json =
        |key: &Option<Raw<CrossSigningKey>>| -> Option<Box<RawValue>> { key.as_ref().map(|key| key.json().to_owned()) };
    SigningKeys {
        master: json(&req.body.master_key),
        self_signing: json(&req.body.self_signing_key),
        user_signing: json(&req.body.user_signing_key),
    }
}
