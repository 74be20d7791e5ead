//! What runs here.

mod get;

use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;
use veche_directory::StoreError;

use crate::app::App;
use crate::typed::{Operation, Typed};

/// Registers the area.
pub(super) fn register(typed: Typed<App>) -> Typed<App> {
    typed.add(Operation::get("about.get", "/api/admin/v1/about", "What runs here"), get::get)
}

/// Knows the process and its machine.
pub trait Machine: Send + Sync {
    /// How they are.
    fn about(&self) -> BoxFuture<'_, Result<MachineFacts, StoreError>>;
}

/// The process and its machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MachineFacts {
    /// The version of the program.
    pub version: String,
    /// When the process started, in milliseconds since 1970.
    pub started_ms: u64,
    /// How long it runs.
    pub uptime_ms: u64,
    /// Memory that the process takes, if the machine tells.
    pub memory_bytes: Option<u64>,
    /// Processors that it may use.
    pub processors: u32,
    /// When all data was last compared with its checksums, and what came of it; none before the first time.
    pub verification: Option<Verification>,
}

/// How the last verification ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verification {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// How much was found to be damaged.
    pub problems: u64,
}
