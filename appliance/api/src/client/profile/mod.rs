//! Profiles: names, pictures, custom fields.

mod delete_profile_field;
mod get_profile;
mod get_profile_field;
mod set_profile_field;

use http::Method;
use veche_homeserver::profiles::{AVATAR_URL, DISPLAY_NAME};

use crate::{
    access::{Need, Requester},
    app::App,
    error::ApiError,
    limits::{Class, Who},
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
        .ruma_with(reading.guests(), get_profile::get_profile)
        .ruma_with(reading, get_profile_field::get_profile_field)
        .ruma_with(changing, delete_profile_field::delete_profile_field);
    for path in FIELD_PATHS {
        routes = routes.plain(Method::PUT, path, Need::User, changing, set_profile_field::set_profile_field);
    }
    routes
}

/// Counts a change of what every room of the user is told of.
fn count(app: &App, who: &Requester, field: &str) -> Result<(), ApiError> {
    if !matches!(field, DISPLAY_NAME | AVATAR_URL) {
        return Ok(());
    }
    app.gate.limiter.take(Class::Profile, Who::User(&who.user_id))
}
