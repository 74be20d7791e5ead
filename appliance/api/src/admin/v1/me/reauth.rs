//! `POST /api/admin/v1/reauth`. Who may call it: administrators, each for his own session.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_base::Secret;
use veche_directory::LoginError;

use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// The password of who asks.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Reauth")]
#[serde(deny_unknown_fields)]
pub(super) struct Reauth {
    /// With the code of the authenticator app behind it, if there is a second factor.
    #[schemars(with = "String")]
    password: Secret<String>,
}

/// The proof that it was shown.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "FreshProof")]
pub(super) struct Proof {
    /// To be sent as `X-Veche-Reauth` with what needs it, from the same session.
    proof: String,
    /// For how long it is good.
    expires_in_ms: u64,
}

/// Takes the password again.
pub(super) async fn reauth(State(app): State<App>, asked: Asked<Nothing, Reauth>) -> Result<Json<Proof>, ApiError> {
    let password = asked.body.password.clone();
    let fresh = app.directory.prove_freshly(asked.requester()?, password, &asked.caller).await;
    let fresh = fresh.map_err(|error| match error {
        LoginError::WrongCredentials => ApiError::wrong_password(),
        other => other.into(),
    })?;
    let expires_in_ms = u64::try_from(fresh.expires_in.as_millis()).unwrap_or(u64::MAX);
    Ok(Json(Proof { proof: fresh.proof.into_exposed(), expires_in_ms }))
}
