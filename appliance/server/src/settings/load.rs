//! Reads the settings file, lays `--set` over it, and says in plain words what is wrong and where.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::Settings;

/// One `--set KEY=VALUE`.
#[derive(Debug, Clone)]
pub(crate) struct Override {
    key: String,
    value: String,
}

impl FromStr for Override {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() && key.split('.').all(|part| !part.is_empty()) => {
                Ok(Self { key: key.trim().to_owned(), value: value.to_owned() })
            }
            _ => Err("must look like server.name=chat.example.org".to_owned()),
        }
    }
}

/// The settings with where each came from.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    /// What holds.
    pub(crate) settings: Settings,
    /// The same as a table of what was set; nothing stands in it that is so by default.
    pub(super) table: Table,
    /// Names of those that lie with the data (`stored.rs`).
    pub(super) stored: Vec<&'static str>,
    pub(super) file: Option<SettingsFile>,
    pub(super) overrides: Vec<Override>,
}

#[derive(Debug, Clone)]
pub(super) struct SettingsFile {
    path: PathBuf,
    text: String,
}

/// What is wrong with the settings, and where.
#[derive(Debug)]
pub(crate) struct SettingsError {
    /// The file and line, or the `--set`, or the setting's name.
    place: String,
    /// What is wrong.
    reason: String,
    /// The line as it was written; not shown where it could hold a secret.
    line: Option<String>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)?;
        match &self.line {
            Some(line) => write!(f, "\n    {line}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SettingsError {}

impl Loaded {
    /// Reads `path` (if given) and lays `overrides` over it, the later over the earlier.
    pub(crate) fn read(path: Option<&Path>, overrides: &[Override]) -> Result<Self, SettingsError> {
        let file = path.map(read_file).transpose()?;
        Self::assemble(file, overrides.to_vec())
    }

    fn assemble(file: Option<SettingsFile>, overrides: Vec<Override>) -> Result<Self, SettingsError> {
        let mut table = Table::new();
        let mut settings = Settings::default();
        if let Some(file) = &file {
            settings = toml::from_str(&file.text).map_err(|error| file.explain(&error))?;
            table = toml::from_str(&file.text).map_err(|error| file.explain(&error))?;
        }
        for change in &overrides {
            (table, settings) = apply(&table, change)?;
        }
        Ok(Self { settings, table, stored: Vec::new(), file, overrides })
    }

    /// A complaint about a setting that could only be found wrong later (a file that is not there,
    /// an address that is taken), with the place where it was set.
    pub(crate) fn complaint(&self, key: &str, reason: impl fmt::Display) -> SettingsError {
        let by_override = self.is_on_command_line(key);
        let by_file = self.file.as_ref().and_then(|file| Some((file, file.line_of(key)?)));
        let place = match by_file {
            _ if by_override => format!("--set {key}"),
            Some((file, line)) => format!("{}, line {line}, {key}", file.path.display()),
            None if self.stored.contains(&key) => format!("{key} (set in the console)"),
            None => format!("{key} (default)"),
        };
        SettingsError { place, reason: reason.to_string(), line: None }
    }

    /// Whether `--set` says what this setting is.
    pub(super) fn is_on_command_line(&self, key: &str) -> bool {
        self.overrides.iter().any(|change| change.key == key)
    }

    /// Whether the file says what this setting is.
    pub(super) fn is_in_file(&self, key: &str) -> bool {
        self.file.as_ref().is_some_and(|file| file.line_of(key).is_some())
    }
}

impl SettingsError {
    /// What is wrong, without where.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }
}

fn read_file(path: &Path) -> Result<SettingsFile, SettingsError> {
    let text = std::fs::read_to_string(path).map_err(|error| SettingsError {
        place: path.display().to_string(),
        reason: format!("cannot be read: {error}"),
        line: None,
    })?;
    Ok(SettingsFile { path: path.to_owned(), text })
}

/// Lays one override over the table. The value may be written as in the file (`true`, `["a"]`) or,
/// because a shell eats quotes, as bare text.
fn apply(table: &Table, change: &Override) -> Result<(Table, Settings), SettingsError> {
    let parsed = toml::from_str::<Table>(&format!("value = {}", change.value)).ok();
    let typed = parsed.and_then(|mut parsed| parsed.remove("value"));
    let text = Value::String(change.value.clone());
    let mut first_refusal = None;
    for value in typed.into_iter().chain([text]) {
        let mut changed = table.clone();
        let outcome = insert(&mut changed, &change.key, value)
            .and_then(|()| Settings::deserialize(changed.clone()).map_err(|error| in_plain_words(error.message())));
        match outcome {
            Ok(settings) => return Ok((changed, settings)),
            Err(reason) => first_refusal = first_refusal.or(Some(reason)),
        }
    }
    let reason = first_refusal.unwrap_or_else(|| "cannot be used".to_owned());
    Err(SettingsError { place: format!("--set {}", change.key), reason, line: None })
}

pub(super) fn insert(table: &mut Table, key: &str, value: Value) -> Result<(), String> {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
            Ok(())
        }
        Some((section, rest)) => {
            let inner = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            let inner = inner.as_table_mut().ok_or_else(|| format!("`{section}` is not a section"))?;
            insert(inner, rest, value)
        }
    }
}

impl SettingsFile {
    fn explain(&self, error: &toml::de::Error) -> SettingsError {
        let reason = in_plain_words(error.message());
        let Some(span) = error.span() else {
            return SettingsError { place: self.path.display().to_string(), reason, line: None };
        };
        let number = self.line_at(span.start);
        let place = format!("{}, line {number}", self.path.display());
        let line = self.text.lines().nth(number - 1).unwrap_or_default().trim();
        if line.contains("secret") {
            // Neither the line is repeated nor words of the parser that may quote the value.
            let quotes_value = reason.starts_with(WRONG_KIND);
            let reason = if quotes_value { "the secret must be text in quotes".to_owned() } else { reason };
            return SettingsError { place, reason, line: None };
        }
        SettingsError { place, reason, line: Some(line.to_owned()).filter(|line| !line.is_empty()) }
    }

    fn line_of(&self, key: &str) -> Option<usize> {
        let document = DeTable::parse(&self.text).ok()?;
        let mut table = document.get_ref();
        let mut parts = key.split('.').peekable();
        while let Some(part) = parts.next() {
            let (name, value) = table.iter().find(|(name, _)| name.get_ref() == part)?;
            if parts.peek().is_none() {
                return Some(self.line_at(name.span().start));
            }
            let DeValue::Table(inner) = value.get_ref() else { return None };
            table = inner;
        }
        None
    }

    fn line_at(&self, offset: usize) -> usize {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    }
}

const WRONG_KIND: &str = "wrong kind of value: ";

/// Turns the parser's words into an administrator's.
pub(super) fn in_plain_words(message: &str) -> String {
    message
        .replace("unknown field", "unknown setting")
        .replace("duplicate key", "set twice")
        .replace("invalid type: ", WRONG_KIND)
        .replace("unknown variant", "unknown value")
        .replace("expected struct", "expected a section, not")
        .trim()
        .to_owned()
}
