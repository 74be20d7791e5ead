//! The directory of this server's public rooms.

mod get_public_rooms;
mod get_public_rooms_filtered;
mod get_room_visibility;
mod set_room_visibility;

use http::Method;
use ruma::{OwnedServerName, UInt};
use veche_homeserver::public_rooms::{PublicRoomsPage, PublicRoomsRequest};

use crate::{
    access::Need,
    app::App,
    error::ApiError,
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(mut routes: Routes<App>) -> Routes<App> {
    let pages = Route::new().class(Class::Pages);
    // The specification asks for no token here. A company's rooms are nobody else's concern, so we do.
    for path in ["/_matrix/client/r0/publicRooms", "/_matrix/client/v3/publicRooms"] {
        routes = routes.plain(Method::GET, path, Need::User, pages, get_public_rooms::get_public_rooms);
    }
    let changing = Route::new().class(Class::Message).refuse_suspended();
    routes
        .ruma_with(pages, get_public_rooms_filtered::get_public_rooms_filtered)
        .ruma(get_room_visibility::get_room_visibility)
        .ruma_with(changing, set_room_visibility::set_room_visibility)
}

/// A page of the directory; that of another server cannot be had.
fn page(
    app: &App,
    server: Option<&OwnedServerName>,
    request: &PublicRoomsRequest<'_>,
) -> Result<PublicRoomsPage, ApiError> {
    if server.is_some_and(|server| *server != app.gate.settings.server_name) {
        return Err(ApiError::not_found("the rooms of other servers cannot be listed"));
    }
    Ok(app.homeserver.public_rooms.page(request)?)
}

fn limit(limit: Option<UInt>) -> Option<usize> {
    limit.map(|limit| usize::try_from(u64::from(limit)).unwrap_or(usize::MAX))
}
