//! `/api/site/v1/passkey`. Who may call it: anybody, who signs in by it. What a passkey proves is given in place of a password,
//! to Matrix's `m.login.password` too.

use std::future::ready;

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// What to ask the browser for.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PasskeyChallenge")]
pub(super) struct Challenge {
    /// Comes back with the answer; good once, for five minutes.
    ceremony: String,
    /// `PublicKeyCredentialRequestOptionsJSON` of WebAuthn.
    options: Value,
}

/// What the browser has answered.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ShownPasskey")]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    ceremony: String,
    /// `AuthenticationResponseJSON` of WebAuthn.
    credential: Value,
}

/// What stands for a password.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PasskeyProof")]
pub(super) struct Proof {
    /// Whose passkey it is.
    user_id: String,
    /// Good once.
    proof: String,
    expires_in_ms: u64,
}

/// What to ask the browser for.
pub(super) async fn challenge(State(app): State<App>, _: Asked) -> Result<Json<Challenge>, ApiError> {
    let challenge = ready(app.directory.challenge_passkey(&app.gate.settings.base_url)).await?;
    Ok(Json(Challenge { ceremony: challenge.ceremony, options: challenge.options }))
}

/// Takes the browser's answer.
pub(super) async fn prove(State(app): State<App>, asked: Asked<Nothing, Shown>) -> Result<Json<Proof>, ApiError> {
    let Shown { ceremony, credential } = &asked.body;
    let base_url = &app.gate.settings.base_url;
    let proof = app.directory.prove_by_passkey(ceremony, credential.clone(), base_url, &asked.caller).await?;
    let expires_in_ms = u64::try_from(proof.expires_in.as_millis()).unwrap_or(u64::MAX);
    Ok(Json(Proof { user_id: proof.user_id.to_string(), proof: proof.proof.into_exposed(), expires_in_ms }))
}
