//! `POST /_matrix/client/v3/keys/signatures/upload`.

use std::collections::BTreeMap;

use axum::extract::State;
use ruma::api::client::keys::upload_signatures::v3::{Failure, Request, Response};
use serde_json::json;
use veche_homeserver::e2ee::SignatureFailure;

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Takes the requester's signatures on devices and identities. Each is judged by itself.
pub(super) async fn upload_signatures(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let mut signed = Vec::new();
    for (user, keys) in &req.body.signed_keys {
        signed.extend(keys.iter().map(|(id, json)| (user.clone(), id.to_owned(), json.to_owned())));
    }
    let failures = app.homeserver.parts.e2ee.upload_signatures(req.sender(), signed).await?;
    let mut response = Response::new();
    for (user, keys) in failures {
        let mut told = BTreeMap::new();
        for (key, failure) in keys {
            told.insert(key, tell(failure)?);
        }
        response.failures.insert(user, told);
    }
    Ok(RumaResponse(response))
}

fn tell(failure: SignatureFailure) -> Result<Failure, ApiError> {
    let errcode = match failure {
        SignatureFailure::NotFound => "M_NOT_FOUND",
        SignatureFailure::OtherKey | SignatureFailure::BadSignature => "M_INVALID_SIGNATURE",
        SignatureFailure::TooMany => "M_LIMIT_EXCEEDED",
    };
    serde_json::from_value(json!({ "errcode": errcode, "error": failure.to_string() })).map_err(ApiError::internal)
}
