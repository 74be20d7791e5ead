//! Membership: join, knock, invite, kick, ban, leave, forget, and who is in a room.

mod ban_user;
mod forget_room;
mod get_member_events;
mod get_mutual_rooms;
mod invite_user;
mod join_room_by_id;
mod join_room_by_id_or_alias;
mod joined_members;
mod joined_rooms;
mod kick_user;
mod knock_room;
mod leave_room;
mod unban_user;

use ruma::{OwnedRoomId, RoomOrAliasId};

use crate::{
    app::App,
    error::ApiError,
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    let changing = Route::new().class(Class::Message);
    let entering = changing.refuse_suspended();
    routes
        .ruma_with(entering, join_room_by_id::join_room_by_id)
        .ruma_with(entering, join_room_by_id_or_alias::join_room_by_id_or_alias)
        .ruma_with(entering, knock_room::knock_room)
        .ruma_with(entering, invite_user::invite_user)
        .ruma_with(entering, kick_user::kick_user)
        .ruma_with(entering, ban_user::ban_user)
        .ruma_with(entering, unban_user::unban_user)
        .ruma_with(changing.guests(), leave_room::leave_room)
        .ruma_with(changing, forget_room::forget_room)
        .ruma_with(Route::new().guests(), get_member_events::get_member_events)
        .ruma_with(Route::new().guests(), joined_members::joined_members)
        .ruma_with(Route::new().guests(), joined_rooms::joined_rooms)
        .ruma(get_mutual_rooms::get_mutual_rooms)
        .ruma(get_mutual_rooms::get_mutual_rooms_unstable)
}

/// The room that an id or an address names.
pub(crate) fn resolve(app: &App, id_or_alias: &RoomOrAliasId) -> Result<OwnedRoomId, ApiError> {
    let name = id_or_alias.as_str();
    if let Ok(room_id) = OwnedRoomId::try_from(name) {
        return Ok(room_id);
    }
    let alias =
        ruma::OwnedRoomAliasId::try_from(name).map_err(|_| ApiError::invalid_param("not a room id or address"))?;
    let target = app.homeserver.creation.alias_target(&alias)?;
    target.ok_or_else(|| ApiError::not_found("no room has this address"))
}
