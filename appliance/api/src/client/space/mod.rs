//! Spaces.

mod get_hierarchy;

use crate::{app::App, routes::Routes};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    routes.ruma(get_hierarchy::get_hierarchy)
}
