//! Settings that lie with the data: what the wizard and the console have said. The file and the command line win.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;
use toml::{Table, Value};
use tracing::warn;
use veche_api::admin::v1::settings::Source;

use super::Settings;
use super::catalogue::{ENTRIES, Entry};
use super::load::{Loaded, in_plain_words, insert};

impl Loaded {
    /// These settings with what lies with the data beneath them. A stored value that this program cannot use is left out:
    /// it must not keep the server from starting.
    pub(crate) fn with_stored(mut self, stored: &BTreeMap<String, Json>) -> Self {
        for entry in ENTRIES.iter().filter(|entry| entry.is_stored()) {
            let Some(value) = stored.get(entry.key) else { continue };
            if self.is_fixed(entry.key) {
                continue;
            }
            match self.with_value(entry, Some(value)) {
                Ok(with) => self = with,
                Err(reason) => warn!(key = entry.key, reason, "a stored setting cannot be used and is left out"),
            }
        }
        self
    }

    /// These settings with another value of one that is neither in the file nor on the command line; `None` for the
    /// default. Fails with English words about the value.
    pub(crate) fn with_value(&self, entry: &Entry, value: Option<&Json>) -> Result<Self, String> {
        let mut table = self.table.clone();
        match value {
            Some(value) => insert(&mut table, entry.key, of_json(value).ok_or("this kind of value is no setting's")?)?,
            None => remove(&mut table, entry.key),
        }
        let settings = Settings::deserialize(table.clone()).map_err(|error| in_plain_words(error.message()))?;
        let mut stored = self.stored.clone();
        stored.retain(|key| *key != entry.key);
        stored.extend(value.map(|_| entry.key));
        Ok(Self { settings, table, stored, file: self.file.clone(), overrides: self.overrides.clone() })
    }

    /// Where the value of a setting comes from.
    pub(crate) fn source(&self, key: &str) -> Source {
        if self.is_on_command_line(key) {
            Source::CommandLine
        } else if self.is_in_file(key) {
            Source::File
        } else if self.stored.contains(&key) {
            Source::Console
        } else {
            Source::Default
        }
    }

    /// Whether the file or the command line say what it is.
    pub(crate) fn is_fixed(&self, key: &str) -> bool {
        matches!(self.source(key), Source::CommandLine | Source::File)
    }

    /// What a setting is, as JSON; null where it is not set and has no default.
    pub(crate) fn value(&self, entry: &Entry) -> Json {
        get(&self.table, entry.key).map_or_else(|| default(entry), to_json)
    }
}

/// What a setting is if nobody sets it.
pub(crate) fn default(entry: &Entry) -> Json {
    let parsed = entry.default.and_then(|text| toml::from_str::<Table>(&format!("value = {text}")).ok());
    parsed.as_ref().and_then(|table| table.get("value")).map_or(Json::Null, to_json)
}

fn get<'t>(table: &'t Table, key: &str) -> Option<&'t Value> {
    match key.split_once('.') {
        None => table.get(key),
        Some((section, rest)) => get(table.get(section)?.as_table()?, rest),
    }
}

fn remove(table: &mut Table, key: &str) {
    match key.split_once('.') {
        None => {
            table.remove(key);
        }
        Some((section, rest)) => {
            if let Some(inner) = table.get_mut(section).and_then(Value::as_table_mut) {
                remove(inner, rest);
            }
        }
    }
}

fn of_json(value: &Json) -> Option<Value> {
    match value {
        Json::Bool(value) => Some(Value::Boolean(*value)),
        Json::Number(number) => number.as_i64().map(Value::Integer),
        Json::String(text) => Some(Value::String(text.clone())),
        Json::Array(items) => items.iter().map(of_json).collect::<Option<Vec<_>>>().map(Value::Array),
        Json::Null | Json::Object(_) => None,
    }
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Boolean(value) => (*value).into(),
        Value::Integer(number) => (*number).into(),
        Value::String(text) => text.clone().into(),
        Value::Array(items) => items.iter().map(to_json).collect(),
        // No setting is one of these.
        Value::Float(_) | Value::Datetime(_) | Value::Table(_) => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Write;

    use serde_json::{Value as Json, json};
    use veche_api::admin::v1::settings::Source;

    use crate::settings::catalogue::entry;
    use crate::settings::{Loaded, RegistrationMode};

    fn stored(values: &[(&str, Json)]) -> BTreeMap<String, Json> {
        values.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
    }

    #[test]
    fn file_and_command_line_win_over_what_is_stored() {
        let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
        file.write_all(b"[rooms]\ndefault_version = \"11\"\n").unwrap();
        let loaded = Loaded::read(Some(file.path()), &["site.name=Acme".parse().unwrap()]).unwrap();
        let loaded = loaded.with_stored(&stored(&[
            ("rooms.default_version", json!("10")),
            ("site.name", json!("Other")),
            ("registration.mode", json!("token")),
            ("server.name", json!("chat.example.org")),
            ("listen.http", json!("127.0.0.1:1")),
            ("verification.last", json!({ "at_ms": 1 })),
        ]));
        let settings = &loaded.settings;
        assert_eq!(settings.rooms.default_version.to_string(), "11");
        assert_eq!(settings.site.name.as_deref(), Some("Acme"));
        assert_eq!(settings.registration.mode, RegistrationMode::Token);
        assert_eq!(settings.server.name, "chat.example.org");
        assert_eq!(
            settings.listen.http.unwrap().port(),
            8080,
            "what belongs to the machine is not taken from the data"
        );
        for (key, source) in [
            ("rooms.default_version", Source::File),
            ("site.name", Source::CommandLine),
            ("registration.mode", Source::Console),
            ("presence.enabled", Source::Default),
        ] {
            assert_eq!(loaded.source(key), source, "{key}");
        }
        assert_eq!(loaded.complaint("registration.mode", "x").to_string(), "registration.mode (set in the console): x");
    }

    #[test]
    fn what_cannot_be_used_is_left_out_and_the_rest_holds() {
        let loaded = Loaded::read(None, &[]).unwrap();
        let values = [("registration.mode", json!("sometimes")), ("rooms.default_version", json!("11"))];
        let loaded = loaded.with_stored(&stored(&values));
        assert_eq!(loaded.settings.registration.mode, RegistrationMode::Closed);
        assert_eq!(loaded.settings.rooms.default_version.to_string(), "11");
    }

    #[test]
    fn a_value_is_tried_before_it_holds() {
        let loaded = Loaded::read(None, &[]).unwrap();
        let mode = entry("registration.mode").unwrap();
        for bad in [json!("sometimes"), json!(5), json!(null), json!({ "a": 1 }), json!(["open"])] {
            assert!(loaded.with_value(mode, Some(&bad)).is_err(), "{bad}");
        }
        let open = loaded.with_value(mode, Some(&json!("open"))).unwrap();
        assert_eq!((open.value(mode), open.source(mode.key)), (json!("open"), Source::Console));
        let back = open.with_value(mode, None).unwrap();
        assert_eq!((back.value(mode), back.source(mode.key)), (json!("closed"), Source::Default));
        assert_eq!(back.value(entry("server.public_url").unwrap()), Json::Null);
    }
}
