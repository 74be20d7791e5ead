//! The search among people.

mod search_users;

use crate::{app::App, routes::Routes};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    routes.ruma(search_users::search_users)
}
