//! Tags of rooms.

mod create_tag;
mod delete_tag;
mod get_tags;

use crate::{app::App, routes::Routes};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    routes.ruma(get_tags::get_tags).ruma(create_tag::create_tag).ruma(delete_tag::delete_tag)
}
