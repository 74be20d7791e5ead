//! Profiles: names, pictures, custom fields.

mod delete_profile_field;
mod get_profile;
mod get_profile_field;
mod set_profile_field;

use http::Method;

use crate::{
    access::Need,
    app::App,
    limits::Class,
    routes::{Route, Routes},
};

/// Where a field is set, in every version of the path.
const FIELD_PATHS: [&str; 3] = [
    "/_matrix/client/r0/profile/{user_id}/{field}",
    "/_matrix/client/v3/profile/{user_id}/{field}",
    "/_matrix/client/unstable/uk.tcpip.msc4133/profile/{user_id}/{field}",
];

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    let changing = Route::new().class(Class::Message).refuse_suspended();
    // The specification asks for no token here and lets a server ask for one: otherwise anybody who can reach the
    // server could find out who works where. Clients send it.
    let reading = Route::new().with_token();
    let mut routes = routes
        .ruma_with(reading, get_profile::get_profile)
        .ruma_with(reading, get_profile_field::get_profile_field)
        .ruma_with(changing, delete_profile_field::delete_profile_field);
    for path in FIELD_PATHS {
        routes = routes.plain(Method::PUT, path, Need::User, changing, set_profile_field::set_profile_field);
    }
    routes
}
