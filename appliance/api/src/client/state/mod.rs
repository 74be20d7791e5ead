//! Room state: read and set.

mod get_state_event_for_key;
mod get_state_events;
mod send_state_event;

use crate::{
    app::App,
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    routes
        .ruma_with(
            Route::new().class(Class::Message).refuse_suspended().body_needed().guests(),
            send_state_event::send_state_event,
        )
        .ruma_with(Route::new().guests(), get_state_events::get_state_events)
        .ruma_with(Route::new().guests(), get_state_event_for_key::get_state_event_for_key)
}
