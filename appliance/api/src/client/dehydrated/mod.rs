//! Dehydrated devices (MSC3814). Every endpoint concerns the requester's own.

mod delete_dehydrated_device;
mod get_dehydrated_device;
mod get_events;
mod put_dehydrated_device;

use crate::{
    app::App,
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    let keys = Route::new().class(Class::Keys).keys_body();
    routes
        .ruma_with(keys, put_dehydrated_device::put_dehydrated_device)
        .ruma_with(keys, get_dehydrated_device::get_dehydrated_device)
        .ruma_with(keys, delete_dehydrated_device::delete_dehydrated_device)
        .ruma_with(keys, get_events::get_events)
}
