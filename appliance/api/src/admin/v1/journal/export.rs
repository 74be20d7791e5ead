//! `GET /api/admin/v1/journal/export`. Who may call it: administrators; each sees what belongs to what he looks after.

use axum::extract::State;
use serde_json::json;

use super::{Row, Wanted};
use crate::app::App;
use crate::error::ApiError;
use crate::limits::Class;
use crate::limits::Who;
use crate::typed::{Asked, Csv};

/// Rows of one export: years of a site's administration, and still a file that a spreadsheet opens.
const EXPORT_ROWS_MAX: u32 = 100_000;

/// The journal as a table, newest first. The export is an act itself.
pub(super) async fn export(State(app): State<App>, asked: Asked<Wanted>) -> Result<Csv, ApiError> {
    let authority = asked.authority()?;
    app.gate.limiter.take(Class::FullSync, Who::User(&asked.requester()?.user_id))?;
    let rows = app.directory.search_journal(&authority, asked.query.filter(), EXPORT_ROWS_MAX).await?;
    app.directory.write_down(&authority, "journal.export", "journal", json!({ "rows": rows.len() })).await?;
    let mut text = String::from("row,at_ms,actor,action,target,detail,hash\r\n");
    for row in rows.into_iter().map(Row::from) {
        let (number, at, detail) = (row.row.to_string(), row.at_ms.to_string(), row.detail.to_string());
        let cells = [&number, &at, &row.actor, &row.action, &row.target, &detail, &row.hash];
        text.push_str(&cells.map(|text| cell(text)).join(","));
        text.push_str("\r\n");
    }
    Ok(Csv { name: "journal.csv", text })
}

/// A cell in quotes where it needs them. One that a spreadsheet would take for a formula gets an apostrophe in front: a name
/// that somebody chose must not run on the administrator's machine.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn cells_are_quoted_and_run_nothing() {
        for (text, written) in [
            ("account.lock", "account.lock"),
            ("a,b", "\"a,b\""),
            (r#"{"a":"b"}"#, r#""{""a"":""b""}""#),
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("@root:x", "'@root:x"),
        ] {
            assert_eq!(cell(text), written);
        }
    }
}
