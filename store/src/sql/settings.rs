//! Settings that administrators change while the server runs: a key and a JSON value.

use rusqlite::params;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Error, Tx, View};

/// A setting, or `None` when nobody has set it.
pub fn get<T: DeserializeOwned>(view: &View<'_>, key: &str) -> Result<Option<T>, Error> {
    view.expect_whole("settings", key)?;
    let stored: Option<String> = view.row("SELECT value FROM settings WHERE key = ?1", [key], |row| Ok(row.get(0)?))?;
    stored
        .map(|json| serde_json::from_str(&json))
        .transpose()
        .map_err(|error| Error::Corrupt(format!("setting {key:?}: {error}")))
}

/// Sets a setting.
pub fn set<T: Serialize>(tx: &Tx<'_>, key: &str, value: &T) -> Result<(), Error> {
    let json = serde_json::to_string(value).map_err(|error| Error::Engine(format!("setting {key:?}: {error}")))?;
    tx.execute(
        "INSERT INTO settings (key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
        params![key, json],
    )?;
    Ok(())
}

/// Goes back to the default; `false` when nobody had set it.
pub fn unset(tx: &Tx<'_>, key: &str) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM settings WHERE key = ?1", [key])? == 1)
}

/// All settings that somebody set, as JSON text.
pub fn all(view: &View<'_>) -> Result<Vec<(String, String)>, Error> {
    view.rows("SELECT key, value FROM settings ORDER BY key", [], |row| Ok((row.get(0)?, row.get(1)?)))
}
