//! What this server is and can do, told to clients before they sign in.

use axum::extract::FromRef;

pub(crate) use self::discover_homeserver::Signpost;

use crate::app::{Gated, People};
use crate::limits::Class;
use crate::routes::{Route, Routes};

mod discover_homeserver;
mod discover_server;
mod discover_support;
mod get_capabilities;
mod get_supported_versions;
mod table;

#[cfg(test)]
pub(super) use table::advertised;

/// Registers the area. What `/versions` says follows from what is in `routes` by now.
pub(super) fn routes<S: Gated>(routes: Routes<S>) -> Routes<S>
where
    People: FromRef<S>,
    Signpost: FromRef<S>,
{
    let open = Route::new().class(Class::Free).anonymous();
    let routes = routes
        .ruma_with(open, discover_homeserver::discover_homeserver)
        .ruma_with(open, discover_support::discover_support)
        .ruma_with(Route::new().guests(), get_capabilities::get_capabilities);
    let routes = discover_server::register(routes, open);
    let advertised = table::advertised(routes.table());
    get_supported_versions::register(routes, open, advertised)
}
