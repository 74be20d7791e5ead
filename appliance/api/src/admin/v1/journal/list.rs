//! `GET /api/admin/v1/journal`. Who may call it: administrators; each sees what belongs to what he looks after.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Row, Wanted};
use crate::admin::v1::page;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// A page of the journal, newest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Journal")]
pub(super) struct Page {
    rows: Vec<Row>,
    /// Where the next page begins, if there may be one.
    next: Option<u64>,
}

/// The journal, newest first.
pub(super) async fn list(State(app): State<App>, asked: Asked<Wanted>) -> Result<Json<Page>, ApiError> {
    let limit = page(asked.query.limit);
    let entries = app.directory.search_journal(&asked.authority()?, asked.query.filter(), limit).await?;
    let full = entries.len() >= limit as usize;
    let rows: Vec<Row> = entries.into_iter().map(Row::from).collect();
    let next = rows.last().filter(|_| full).map(|last| last.row);
    Ok(Json(Page { rows, next }))
}
