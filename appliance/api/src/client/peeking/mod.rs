//! Looking into rooms that one is not in (spec: "Room previews").

mod get_current_state;

use crate::{
    app::App,
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    routes.ruma_with(Route::new().class(Class::Pages), get_current_state::get_current_state)
}
