//! `/api/account/v1/passkeys`. Who may call it: everybody, for himself; to make and to remove one with the password, or with
//! a proof by another passkey in its place.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use veche_base::limits::PASSKEYS_PER_USER_MAX;
use veche_directory::OwnPasskey;

use super::second_factor::Shown;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, DONE, Done, Json, Nothing};

/// The own passkeys.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Passkeys")]
pub(super) struct Told {
    /// Oldest first.
    passkeys: Vec<Passkey>,
    /// How many there may be.
    max: usize,
}

/// One of them.
#[derive(Debug, Serialize, JsonSchema)]
struct Passkey {
    /// Names it in requests.
    id: String,
    /// What its owner calls it.
    name: String,
    created_ms: u64,
    /// When it was last shown; null: never.
    used_ms: Option<u64>,
}

/// What to ask the browser for.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PasskeyOffer")]
pub(crate) struct Offer {
    /// `PublicKeyCredentialCreationOptionsJSON` of WebAuthn.
    pub(crate) options: Value,
}

/// What the browser has made.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewPasskey")]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    /// `RegistrationResponseJSON` of WebAuthn.
    pub(crate) credential: Value,
    /// What its owner calls it.
    pub(crate) name: String,
}

/// The own passkeys.
pub(super) async fn list(State(app): State<App>, asked: Asked) -> Result<Json<Told>, ApiError> {
    let kept = app.directory.passkeys(asked.requester()?).await?;
    Ok(Json(Told { passkeys: kept.into_iter().map(Passkey::from).collect(), max: PASSKEYS_PER_USER_MAX }))
}

/// What to ask the browser for, so that it makes one.
pub(super) async fn offer(State(app): State<App>, asked: Asked<Nothing, Shown>) -> Result<Json<Offer>, ApiError> {
    let (requester, password) = (asked.requester()?, asked.body.password.clone());
    let base_url = &app.gate.settings.base_url;
    let options = app.directory.offer_passkey(requester, password, base_url, &asked.caller).await?;
    Ok(Json(Offer { options }))
}

/// Keeps what the browser has made.
pub(super) async fn add(State(app): State<App>, asked: Asked<Nothing, New>) -> Result<Json<Done>, ApiError> {
    let base_url = &app.gate.settings.base_url;
    let New { credential, name } = &asked.body;
    app.directory.add_passkey(asked.requester()?, credential.clone(), name, base_url).await?;
    Ok(DONE)
}

/// Forgets one.
pub(super) async fn remove(State(app): State<App>, asked: Asked<Nothing, Shown>) -> Result<Json<Done>, ApiError> {
    let id = asked.args.first().ok_or_else(ApiError::unrecognized)?;
    let password = asked.body.password.clone();
    app.directory.remove_passkey(asked.requester()?, id, password, &asked.caller).await?;
    Ok(DONE)
}

impl From<OwnPasskey> for Passkey {
    fn from(kept: OwnPasskey) -> Self {
        let OwnPasskey { id, name, created_ms, used_ms } = kept;
        Self { id, name, created_ms, used_ms }
    }
}
