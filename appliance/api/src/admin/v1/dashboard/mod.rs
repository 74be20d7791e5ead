//! How the site is: people, messages, disk, certificate, health.

mod forecast;
mod get;

use crate::app::App;
use crate::typed::{Operation, Typed};

/// Registers the area.
pub(super) fn register(typed: Typed<App>) -> Typed<App> {
    typed.add(Operation::get("dashboard.get", "/api/admin/v1/dashboard", "How the site is"), get::get)
}
