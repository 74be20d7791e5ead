//! Messages between devices.

mod send_event_to_device;

use crate::{
    app::App,
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    let keys = Route::new().class(Class::Keys).keys_body().guests();
    routes.ruma_with(keys, send_event_to_device::send_event_to_device)
}
