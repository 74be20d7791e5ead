//! `POST /api/admin/v1/users/import`. Who may call it: administrators who look after users.

use std::future::ready;

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use veche_base::limits::DISPLAY_NAME_BYTES_MAX;
use veche_directory::{IMPORT_ACCOUNTS_MAX, ImportError, RegisterError};
use veche_homeserver::profiles::DISPLAY_NAME;

use super::csv;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// A table of accounts to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "UserImport")]
#[serde(deny_unknown_fields)]
pub(super) struct Import {
    /// Text with commas or semicolons. The first line names the columns: `username`, and `display_name` if there is one.
    csv: String,
    /// Only looks whether it could be done.
    #[serde(default)]
    dry_run: bool,
}

/// What was made, or would be.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ImportedUsers")]
pub(super) struct Imported {
    users: Vec<ImportedUser>,
}

/// One of them.
#[derive(Debug, Serialize, JsonSchema)]
struct ImportedUser {
    user_id: String,
    display_name: Option<String>,
    /// The password that was made; not in a dry run. It is shown this once.
    password: Option<String>,
}

/// A line that can be used.
struct Row {
    /// Its number in the text, from 1.
    line: u32,
    username: String,
    display_name: Option<String>,
}

/// Makes an account of each line, all or none.
pub(super) async fn import(State(app): State<App>, asked: Asked<Nothing, Import>) -> Result<Json<Imported>, ApiError> {
    let authority = asked.authority()?;
    let rows = ready(read(&asked.body.csv)).await?;
    let names: Vec<String> = rows.iter().map(|row| row.username.clone()).collect();
    let refused = |error| refusal(error, &rows);
    if asked.body.dry_run {
        let found = app.directory.check_import(&authority, &names).map_err(refused)?;
        let users = found.into_iter().zip(&rows).map(|(user_id, row)| ImportedUser {
            user_id: user_id.to_string(),
            display_name: row.display_name.clone(),
            password: None,
        });
        return Ok(Json(Imported { users: users.collect() }));
    }
    let made = app.directory.import_users(&authority, &names).await.map_err(refused)?;
    let mut users = Vec::with_capacity(made.len());
    for (account, row) in made.into_iter().zip(&rows) {
        if let Some(name) = &row.display_name {
            app.homeserver.profiles.set(&account.user_id, DISPLAY_NAME, Some(name.as_str().into())).await?;
        }
        users.push(ImportedUser {
            user_id: account.user_id.to_string(),
            display_name: row.display_name.clone(),
            password: Some(account.password.into_exposed()),
        });
    }
    Ok(Json(Imported { users }))
}

/// The lines of the table, each with a name.
fn read(text: &str) -> Result<Vec<Row>, ApiError> {
    let mut lines = csv::read(text).map_err(|line| fault(&[(line, "unclosed_quote")]))?.into_iter();
    let (_, head) = lines.next().ok_or_else(|| fault(&[(1, "no_columns")]))?;
    let column = |name: &str| head.iter().position(|cell| cell.trim().eq_ignore_ascii_case(name));
    let Some(username) = column("username") else { return Err(fault(&[(1, "no_column_username")])) };
    let display_name = column("display_name");
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for (line, cells) in lines {
        let cell = |at: usize| cells.get(at).map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
        match (cell(username), display_name.and_then(cell)) {
            (None, _) => faults.push((line, "no_username")),
            (_, Some(name)) if name.len() > DISPLAY_NAME_BYTES_MAX => faults.push((line, "display_name_too_long")),
            (Some(name), display_name) => {
                rows.push(Row { line, username: name.to_owned(), display_name: display_name.map(str::to_owned) });
            }
        }
    }
    if faults.is_empty() { Ok(rows) } else { Err(fault(&faults)) }
}

fn refusal(error: ImportError, rows: &[Row]) -> ApiError {
    match error {
        ImportError::Count => ApiError::invalid_param("An import makes one to 200 accounts")
            .with("reason", "import_count")
            .with("accounts_max", IMPORT_ACCOUNTS_MAX),
        ImportError::NotGranted => veche_directory::NotGranted(veche_directory::Grant::Users).into(),
        ImportError::Names(faults) => {
            let word = |error: &RegisterError| match error {
                RegisterError::UserInUse => "username_taken",
                _ => "username_unusable",
            };
            let line = |number: usize| rows.get(number).map_or(0, |row| row.line);
            let faults: Vec<_> = faults.iter().map(|(number, error)| (line(*number), word(error))).collect();
            fault(&faults)
        }
        ImportError::Internal(error) => error.into(),
    }
}

/// 400 with what is wrong in which line; nothing was made.
fn fault(faults: &[(u32, &'static str)]) -> ApiError {
    let faults: Vec<Value> = faults.iter().map(|(line, reason)| json!({ "line": line, "reason": reason })).collect();
    ApiError::invalid_param("The table has faults; nothing was made")
        .with("reason", "import_faults")
        .with("faults", faults)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;

    #[test]
    fn tables_are_read_whatever_the_order_of_their_columns() {
        let text = "\u{feff}Display_Name;USERNAME;phone\r\n\"Петров; Иван\";ivan;1\n;olga\n";
        let rows = read(text).unwrap();
        let told: Vec<_> = rows.iter().map(|row| (row.line, &*row.username, row.display_name.as_deref())).collect();
        assert_eq!(told, [(2, "ivan", Some("Петров; Иван")), (3, "olga", None)]);
    }

    #[test]
    fn what_is_wrong_is_told_by_its_line() {
        let faults = |text: &str| read(text).err().and_then(|error| error.extra).map(|extra| extra["faults"].clone());
        assert_eq!(faults("name,mail\nivan,x\n"), Some(json!([{ "line": 1, "reason": "no_column_username" }])));
        assert_eq!(faults(""), Some(json!([{ "line": 1, "reason": "no_columns" }])));
        let text = format!("username,display_name\n,Ivan\nolga,{}\npetr,\"Petr", "n".repeat(513));
        assert_eq!(faults(&text), Some(json!([{ "line": 4, "reason": "unclosed_quote" }])));
        assert_eq!(
            faults(&format!("{text}\"\n")),
            Some(json!([{ "line": 2, "reason": "no_username" }, { "line": 3, "reason": "display_name_too_long" }]))
        );
    }
}
