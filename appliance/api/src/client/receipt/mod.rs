//! Receipts and read markers.

mod create_receipt;
mod set_read_marker;

use crate::{
    app::App,
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    // Reading is not writing: it has a bucket of its own kind, so that catching up does not silence anybody.
    let reading = Route::new().class(Class::Default).guests();
    routes.ruma_with(reading, create_receipt::create_receipt).ruma_with(reading, set_read_marker::set_read_marker)
}
