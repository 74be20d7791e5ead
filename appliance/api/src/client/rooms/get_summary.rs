//! `GET /_matrix/client/v1/room_summary/{roomIdOrAlias}`.

use axum::extract::State;
use ruma::{
    OwnedRoomAliasId, OwnedRoomId,
    api::client::room::get_summary::v1::{Request, Response},
};
use veche_homeserver::rooms::FindRoomError;

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// What a room says about itself. Whoever may come in, look in or knock may know, with a token or without; to others
/// the room does not exist.
pub(crate) async fn get_summary(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let nothing = || ApiError::not_found("no such room, or not for you to see");
    let name = req.body.room_id_or_alias.as_str();
    let room_id = match OwnedRoomAliasId::try_from(name) {
        Ok(alias) => app.homeserver.creation.alias_target(&alias)?.ok_or_else(nothing)?,
        Err(_) => OwnedRoomId::try_from(name).map_err(|_| ApiError::invalid_param("not a room id or address"))?,
    };
    let room = match app.homeserver.parts.rooms.find(&room_id) {
        Ok(room) => room,
        Err(FindRoomError::Unknown) => return Err(nothing()),
        Err(FindRoomError::Internal(error)) => return Err(error.into()),
    };
    let reader = req.who.as_ref().map(|requester| &*requester.user_id);
    let summary = app.homeserver.public_rooms.preview(&room, reader).ok_or_else(nothing)?;
    let mut response = Response::new(summary);
    response.membership = reader.map(|reader| room.head().membership(reader));
    Ok(RumaResponse(response))
}
