//! `/api/account/v1/second_factor`. Who may call it: everybody, for himself; to begin and to end it with the password.

use std::future::ready;

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_base::Secret;
use veche_directory::NewSecondFactor;

use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, DONE, Done, Json, Nothing};

/// Whether there is one.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SecondFactor")]
pub(super) struct Told {
    on: bool,
}

/// The password of who asks.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "OwnPassword")]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    /// With the code of the authenticator app behind it, if there is a second factor.
    #[schemars(with = "String")]
    pub(super) password: Secret<String>,
}

/// A secret that an authenticator app is to keep. It is shown this once.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecondFactorOffer")]
pub(crate) struct Offer {
    /// As somebody types it into the app.
    secret: String,
    /// As the app reads it from a picture.
    uri: String,
}

/// What the app shows.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SecondFactorCode")]
#[serde(deny_unknown_fields)]
pub(crate) struct Code {
    /// Six digits.
    pub(crate) code: String,
}

impl From<NewSecondFactor> for Offer {
    fn from(offered: NewSecondFactor) -> Self {
        Self { secret: offered.secret.into_exposed(), uri: offered.uri.into_exposed() }
    }
}

/// Whether a code is asked for beside the password.
pub(super) async fn get(State(app): State<App>, asked: Asked) -> Result<Json<Told>, ApiError> {
    let account = ready(app.directory.account(&asked.requester()?.user_id)).await;
    Ok(Json(Told { on: account.is_some_and(|account| account.second_factor) }))
}

/// Offers a secret, in place of one that was offered before. It holds once a code of it was shown.
pub(super) async fn offer(State(app): State<App>, asked: Asked<Nothing, Shown>) -> Result<Json<Offer>, ApiError> {
    let issuer = app.plugs.site.get().name.unwrap_or_else(|| app.gate.settings.server_name.to_string());
    let (requester, password) = (asked.requester()?, asked.body.password.clone());
    let offered = app.directory.offer_second_factor(requester, password, &issuer, &asked.caller).await?;
    Ok(Json(offered.into()))
}

/// Turns on what was offered.
pub(super) async fn turn_on(State(app): State<App>, asked: Asked<Nothing, Code>) -> Result<Json<Done>, ApiError> {
    app.directory.turn_second_factor_on(asked.requester()?, &asked.body.code).await?;
    Ok(DONE)
}

/// Turns it off.
pub(super) async fn turn_off(State(app): State<App>, asked: Asked<Nothing, Shown>) -> Result<Json<Done>, ApiError> {
    let password = asked.body.password.clone();
    app.directory.turn_second_factor_off(asked.requester()?, password, &asked.caller).await?;
    Ok(DONE)
}
