//! Settings that the console changes: kept with the data, each change a row of the journal.
//!
//! What a setting means, which values it takes and when it applies is known to whoever has it; here are names and JSON.
//! The journal is the history: a change can be undone because its row tells what was before.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use veche_store::sql::journal::{self, Entry, Filter};
use veche_store::sql::settings;

use crate::StoreError;
use crate::directory::Directory;
use crate::journal::Authority;

/// What a change of a setting is called in the journal.
const ACTION: &str = "setting.change";

/// What a setting shall be from now on.
#[derive(Debug, Clone)]
pub struct NewSetting {
    /// Its name, `section.key`.
    pub key: String,
    /// Its value; `None` for the default.
    pub value: Option<Value>,
}

/// A change of a setting.
#[derive(Debug, Clone)]
pub struct SettingChange {
    /// Its row in the journal.
    pub row_id: u64,
    /// When.
    pub at_ms: u64,
    /// By whom.
    pub actor: String,
    /// What it was; `None` for the default.
    pub from: Option<Value>,
    /// What it became.
    pub to: Option<Value>,
}

impl Directory {
    /// Every setting that is kept with the data, by its name.
    pub async fn stored_settings(&self) -> Result<BTreeMap<String, Value>, StoreError> {
        let stored = self.sql.read(settings::all).await?;
        let parse = |(key, json): (String, String)| {
            let value = serde_json::from_str(&json);
            value.map(|value| (key.clone(), value)).map_err(|_| StoreError::Corrupt(format!("setting {key:?}")))
        };
        stored.into_iter().map(parse).collect()
    }

    /// Changes settings, all or none. One that has this value already is left alone. `undoes` is the row of the change
    /// that is taken back.
    pub async fn change_settings(
        &self,
        authority: &Authority,
        changes: Vec<NewSetting>,
        undoes: Option<u64>,
    ) -> Result<(), StoreError> {
        let act = self.act(authority, ACTION, "", Value::Null);
        self.sql
            .write(move |tx| {
                for NewSetting { key, value } in changes {
                    let before: Option<Value> = settings::get(tx, &key)?;
                    if before == value {
                        continue;
                    }
                    match &value {
                        Some(value) => settings::set(tx, &key, value)?,
                        None => {
                            settings::unset(tx, &key)?;
                        }
                    }
                    let mut detail = json!({ "from": before, "to": value });
                    if let Some(row) = undoes {
                        detail["undoes"] = row.into();
                    }
                    journal::append(tx, &journal::Act { target: key, detail, ..act.clone() })?;
                }
                Ok::<_, StoreError>(())
            })
            .await
    }

    /// Changes of a setting before row `before`, newest first.
    pub async fn setting_history(
        &self,
        _authority: &Authority,
        key: String,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<SettingChange>, StoreError> {
        let filter = Filter { before, action: Some(ACTION.to_owned()), target: Some(key), ..Filter::default() };
        let rows = self.sql.read(move |view| journal::search(view, &filter, limit)).await?;
        Ok(rows.into_iter().map(SettingChange::from).collect())
    }
}

impl From<Entry> for SettingChange {
    fn from(entry: Entry) -> Self {
        let part = |name: &str| entry.act.detail.get(name).filter(|value| !value.is_null()).cloned();
        Self {
            row_id: entry.row_id,
            at_ms: entry.act.at_ms,
            from: part("from"),
            to: part("to"),
            actor: entry.act.actor,
        }
    }
}
