//! Rooms: made, replaced, summed up, looked into by time, reported from.

mod aliases;
mod create_room;
mod get_event_by_timestamp;
mod get_summary;
mod report_content;
mod upgrade_room;

use crate::{
    app::App,
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    let changing = Route::new().class(Class::Message).refuse_suspended();
    routes
        .ruma_with(changing, create_room::create_room)
        .ruma_with(changing, upgrade_room::upgrade_room)
        .ruma(aliases::aliases)
        .ruma(get_summary::get_summary)
        .ruma_with(Route::new().class(Class::Pages), get_event_by_timestamp::get_event_by_timestamp)
        .ruma(report_content::report_content)
}
