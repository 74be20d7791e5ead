//! Who is online.

mod get_presence;
mod set_presence;

use crate::{app::App, routes::Routes};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    routes.ruma(get_presence::get_presence).ruma(set_presence::set_presence)
}
