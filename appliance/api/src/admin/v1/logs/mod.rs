//! The newest lines of the log, as the process remembers them.

mod list;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use veche_directory::Grant;

use crate::app::App;
use crate::typed::{Operation, Typed};

/// Registers the area.
pub(super) fn register(typed: Typed<App>) -> Typed<App> {
    let list = Operation::get("logs.list", "/api/admin/v1/logs", "The newest lines of the log").grant(Grant::System);
    typed.add(list, list::list)
}

/// Remembers lines of the log, a bounded number of them. They hold neither content nor tokens.
pub trait LogBook: Send + Sync {
    /// Lines after number `after` that are at least as grave as `level`, oldest first: the newest `limit` of them.
    fn lines(&self, wanted: &LogWanted) -> Vec<LogLine>;
}

/// Which lines.
#[derive(Debug, Clone)]
pub struct LogWanted {
    /// Lines after this number.
    pub after: u64,
    /// Lines at least as grave.
    pub level: LogLevel,
    /// What the message, the part of the program or a field contains, in lower case.
    pub search: Option<String>,
    /// Lines at most.
    pub limit: usize,
}

/// How grave a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// For developers.
    Trace,
    /// For whoever looks for a fault.
    Debug,
    /// What happens.
    Info,
    /// What should not be.
    Warn,
    /// What does not work.
    Error,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LogLine {
    /// Counts from one since the start of the process.
    pub number: u64,
    /// When.
    pub at_ms: u64,
    /// How grave it is.
    pub level: LogLevel,
    /// The part of the program.
    pub target: String,
    /// The words.
    pub message: String,
    /// What belongs to them.
    pub fields: Map<String, Value>,
}
