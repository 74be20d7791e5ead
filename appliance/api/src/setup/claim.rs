//! `POST /api/setup/v1/claim`. Who may call it: whoever has read the code on the machine's console.

use std::future::ready;

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_base::Secret;
use veche_directory::setup::{CLAIM_TRIES_MAX, ClaimError};

use super::Wizard;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// The code.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Claim")]
#[serde(deny_unknown_fields)]
pub(super) struct Claim {
    /// As it is shown, in capitals or not, with or without what stands between.
    #[schemars(with = "String")]
    code: Secret<String>,
}

/// What opens the rest.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SetupSession")]
pub(super) struct Session {
    /// To be sent as `Authorization: Bearer`.
    token: String,
    expires_in_ms: u64,
}

/// Takes the claim code.
pub(super) async fn claim(
    State(wizard): State<Wizard>,
    asked: Asked<Nothing, Claim>,
) -> Result<Json<Session>, ApiError> {
    let session = ready(wizard.setup.claim(asked.body.code.expose(), &asked.caller)).await?;
    let expires_in_ms = u64::try_from(session.expires_in.as_millis()).unwrap_or(u64::MAX);
    Ok(Json(Session { token: session.token.into_exposed(), expires_in_ms }))
}

impl From<ClaimError> for ApiError {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::Wrong { tries_left: 0 } => {
                Self::forbidden("The code was wrong too often; there is another one on the console now")
                    .with("reason", "new_claim_code")
                    .with("tries_left", CLAIM_TRIES_MAX)
            }
            ClaimError::Wrong { tries_left } => Self::forbidden("This is not the claim code")
                .with("reason", "wrong_claim_code")
                .with("tries_left", tries_left),
            ClaimError::TooFast { retry_after } => Self::limit_exceeded(retry_after),
        }
    }
}
