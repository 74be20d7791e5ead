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
    let (_, state) = timeline.visible_state(&req.body.room_id, req.sender())?;
    let mut joined = std::collections::BTreeMap::new();
    for ((_, user), pdu) in state.iter().filter(|((kind, _), _)| *kind == StateEventType::RoomMember) {
        let is_joined = pdu.content_as::<Member>().is_some_and(|member| member.membership == "join");
        let (true, Ok(user)) = (is_joined, OwnedUserId::try_from(user.as_str())) else { continue };
        let profile: Profile = pdu.content_as().unwrap_or_default();
        let mut member = RoomMember::new();
        member.display_name = profile.displayname;
        member.avatar_url = profile.avatar_url.map(Into::into);
        joined.insert(user, member);
    }
    if !joined.contains_key(req.sender()) {
        return Err(ApiError::forbidden("you are not in this room"));
    }
    Ok(RumaResponse(joined_members::v3::Response::new(joined)))
}

#[derive(Deserialize)]
struct Member {
    membership: String,
}

#[derive(Default, Deserialize)]
struct Profile {
    displayname: Option<String>,
    avatar_url: Option<String>,
}
