//! `GET /rooms/{roomId}/joined_members`

use axum::extract::State;
use ruma::api::client::membership::joined_members;
use ruma::{OwnedUserId, api::client::membership::joined_members::v3::RoomMember, events::StateEventType};
use serde::Deserialize;

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// The joined members with their names and pictures. Only members may.
pub(crate) async fn joined_members(
    State(app): State<App>,
    req: Ruma<joined_members::v3::Request>,
) -> Result<RumaResponse<joined_members::v3::Response>, ApiError> {
    let timeline = &app.homeserver.parts.timeline;
    let (room, state) = timeline.visible_state(&req.body.room_id, req.sender())?;
    if !room.head().is_joined(req.sender()) {
        return Err(ApiError::forbidden("you are not in this room"));
    }
    let mut joined = std::collections::BTreeMap::new();
    for user in room.head().joined.iter() {
        let key = (StateEventType::RoomMember, user.to_string());
        let profile: Profile = state.get(&key).and_then(|pdu| pdu.content_as()).unwrap_or_default();
        let mut member = RoomMember::new();
        member.display_name = profile.displayname;
        member.avatar_url = profile.avatar_url.map(Into::into);
        joined.insert(OwnedUserId::clone(user), member);
    }
    Ok(RumaResponse(joined_members::v3::Response::new(joined)))
}

#[derive(Default, Deserialize)]
struct Profile {
    displayname: Option<String>,
    avatar_url: Option<String>,
}
