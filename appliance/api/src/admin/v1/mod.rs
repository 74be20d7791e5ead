//! `/api/admin/v1`: the console's API. What each area needs of other parts of the process is a trait of its own, plugged in
//! by `server`.

use crate::app::App;
use crate::typed::Typed;

pub mod about;
pub mod calls;
pub mod certificate;
mod dashboard;
mod directories;
mod invites;
mod journal;
pub mod logs;
mod me;
pub mod reachability;
mod roles;
mod rooms;
pub mod settings;
mod users;

#[cfg(test)]
mod tests;

/// Rows of one page, at most and if nothing is said.
const PAGE_ROWS_MAX: u32 = 200;
const PAGE_ROWS: u32 = 50;

/// Registers the area.
pub(super) fn register(typed: Typed<App>) -> Typed<App> {
    let typed = me::register(typed);
    let typed = dashboard::register(typed);
    let typed = users::register(typed);
    let typed = invites::register(typed);
    let typed = roles::register(typed);
    let typed = directories::register(typed);
    let typed = rooms::register(typed);
    let typed = calls::register(typed);
    let typed = journal::register(typed);
    let typed = settings::register(typed);
    let typed = certificate::register(typed);
    let typed = reachability::register(typed);
    let typed = logs::register(typed);
    about::register(typed)
}

/// How many rows somebody gets who asked for so many.
fn page(limit: Option<u32>) -> u32 {
    limit.unwrap_or(PAGE_ROWS).clamp(1, PAGE_ROWS_MAX)
}
