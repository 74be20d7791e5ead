//! The threads of a room.

mod get_threads;

use crate::{
    app::App,
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    routes.ruma_with(Route::new().class(Class::Pages).guests(), get_threads::get_threads)
}
