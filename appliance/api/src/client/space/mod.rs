//! Spaces.

mod get_hierarchy;

use crate::{
    app::App,
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    routes.ruma_with(Route::new().class(Class::Pages), get_hierarchy::get_hierarchy)
}
