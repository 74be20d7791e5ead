//! Sync: the long polls.

mod sliding_sync;
mod state_after;
mod sync_events;

use crate::{
    app::App,
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    routes
        .ruma_with(Route::new().class(Class::Sync), sync_events::sync_events)
        .ruma_with(Route::new().class(Class::Sync).attached(), sliding_sync::sliding_sync)
}
