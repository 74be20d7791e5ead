//! `PUT /api/admin/v1/settings/{key}`. Who may call it: administrators who look after the system; of security with a fresh
//! proof.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{NewValue, Setting, changed, desk, setting};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// What a setting shall be.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NewSetting")]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    /// Its value; null for the default.
    value: Value,
}

/// Changes a setting.
pub(super) async fn change(State(app): State<App>, asked: Asked<Nothing, New>) -> Result<Json<Setting>, ApiError> {
    let key = setting(&app, &asked).await?.key;
    let value = Some(asked.body.value.clone()).filter(|value| !value.is_null());
    let new = NewValue { key: key.clone(), value, undoes: None };
    desk(&app)?.change(&asked.authority()?, new).await?;
    Ok(Json(changed(&app, &key).await?))
}
