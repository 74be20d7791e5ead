//! Filters that clients save and name in their syncs.

mod create_filter;
mod get_filter;

use crate::{app::App, routes::Routes};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    routes.ruma(create_filter::create_filter).ruma(get_filter::get_filter)
}
