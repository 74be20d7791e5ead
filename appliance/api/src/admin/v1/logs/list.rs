//! `GET /api/admin/v1/logs`. Who may call it: administrators who look after the system.

use std::future::ready;

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LogLevel, LogLine, LogWanted};
use crate::admin::v1::page;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// Which lines.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "LogWanted")]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Lines after this number: to follow the log, the last one that is known.
    after: Option<u64>,
    /// Lines at least as grave; otherwise `info`.
    level: Option<LogLevel>,
    /// What the line contains, whatever its case.
    search: Option<String>,
    /// Lines at most: 1 to 200, otherwise 50.
    limit: Option<u32>,
}

/// Lines of the log, oldest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Log")]
pub(super) struct Lines {
    lines: Vec<LogLine>,
}

/// The newest lines of the log.
pub(super) async fn list(State(app): State<App>, asked: Asked<Wanted>) -> Result<Json<Lines>, ApiError> {
    let book = app.plugs.log.as_ref().ok_or_else(ApiError::unrecognized)?;
    let Wanted { after, level, search, limit } = asked.query;
    let wanted = LogWanted {
        after: after.unwrap_or(0),
        level: level.unwrap_or(LogLevel::Info),
        search: search.map(|search| search.to_lowercase()),
        limit: page(limit) as usize,
    };
    Ok(Json(Lines { lines: ready(book.lines(&wanted)).await }))
}
