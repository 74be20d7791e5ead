//! Who is typing.

mod create_typing_event;

use http::Method;

use crate::{
    access::Need,
    app::App,
    routes::{Route, Routes},
};

const V3: &str = "/_matrix/client/v3/rooms/{room_id}/typing/{user_id}";
const R0: &str = "/_matrix/client/r0/rooms/{room_id}/typing/{user_id}";

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    [V3, R0].into_iter().fold(routes, |routes, template| {
        routes.plain(Method::PUT, template, Need::User, Route::new().guests(), create_typing_event::create_typing_event)
    })
}
