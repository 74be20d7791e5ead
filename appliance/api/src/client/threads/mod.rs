//! The threads of a room.

mod get_threads;

use crate::{app::App, routes::Routes};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    routes.ruma(get_threads::get_threads)
}
