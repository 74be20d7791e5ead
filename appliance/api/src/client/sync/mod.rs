//! Sync: the long polls.

pub(super) mod held;
mod sliding_sync;
mod sliding_wire;
mod state_after;
mod sync_events;
mod sync_v4;

use http::Method;

use crate::{
    access::Need,
    app::App,
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    let sliding = Route::new().class(Class::Sync).attached();
    let former = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync";
    routes
        .ruma_with(Route::new().class(Class::Sync).guests(), sync_events::sync_events)
        .plain(Method::POST, former, Need::User, sliding, sliding_sync::sliding_sync)
        .plain(Method::POST, "/_matrix/client/v4/sync", Need::User, sliding, sync_v4::sync_v4)
}
