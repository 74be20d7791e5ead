//! Rooms: made, replaced, addressed.

mod create_room;

use crate::{
    app::App,
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    routes.ruma_with(Route::new().class(Class::Message).refuse_suspended(), create_room::create_room)
}
