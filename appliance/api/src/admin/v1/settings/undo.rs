//! `POST /api/admin/v1/settings/{key}/undo`. Who may call it: administrators who look after the system; of security with a
//! fresh proof.

use axum::extract::State;

use super::{NewValue, Setting, Undo, changed, desk, setting};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// Gives a setting the value that it had before a change. The undoing is a change itself.
pub(super) async fn undo(State(app): State<App>, asked: Asked<Nothing, Undo>) -> Result<Json<Setting>, ApiError> {
    let key = setting(&app, &asked).await?.key;
    let (authority, row) = (asked.authority()?, asked.body.row);
    // Rows before the next one, newest first: if it is a change of this setting, it comes first.
    let found = app.directory.setting_history(&authority, key.clone(), Some(row.saturating_add(1)), 1).await?;
    let change = found.into_iter().find(|change| change.row_id == row);
    let change = change.ok_or_else(|| ApiError::not_found("This row of the journal is no change of this setting"))?;
    let new = NewValue { key: key.clone(), value: change.from, undoes: Some(row) };
    desk(&app)?.change(&authority, new).await?;
    Ok(Json(changed(&app, &key).await?))
}
