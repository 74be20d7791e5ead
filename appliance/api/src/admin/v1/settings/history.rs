//! `GET /api/admin/v1/settings/{key}/history`. Who may call it: administrators who look after the system.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ChangeShown, SettingRefusal, desk};
use crate::admin::v1::page;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// Which changes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "SettingHistoryWanted")]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Changes before this row of the journal; the `next` of the page before.
    before: Option<u64>,
    /// Changes at most: 1 to 200, otherwise 50.
    limit: Option<u32>,
}

/// A page of changes, newest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SettingHistory")]
pub(super) struct History {
    changes: Vec<ChangeShown>,
    /// Where the next page begins, if there may be one.
    next: Option<u64>,
}

/// Changes of a setting, newest first.
pub(super) async fn history(State(app): State<App>, asked: Asked<Wanted>) -> Result<Json<History>, ApiError> {
    let known = desk(&app)?.get(asked.arg(0)?).await?.ok_or(SettingRefusal::Unknown)?;
    let limit = page(asked.query.limit);
    let before = asked.query.before;
    let changes = app.directory.setting_history(&asked.authority()?, known.key, before, limit).await?;
    let full = changes.len() >= limit as usize;
    let changes: Vec<ChangeShown> = changes
        .into_iter()
        .map(|change| ChangeShown {
            row: change.row_id,
            at_ms: change.at_ms,
            actor: change.actor,
            from: change.from.unwrap_or_default(),
            to: change.to.unwrap_or_default(),
        })
        .collect();
    let next = changes.last().filter(|_| full).map(|last| last.row);
    Ok(Json(History { changes, next }))
}
