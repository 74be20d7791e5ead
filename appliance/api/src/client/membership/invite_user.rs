//! `POST /rooms/{roomId}/invite`

use axum::extract::State;
use ruma::api::client::membership::invite_user::{self, v3::InvitationRecipient};
use veche_homeserver::membership::MemberAction;

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Asks a person into a room. Members whose power level suffices may.
pub(crate) async fn invite_user(
    State(app): State<App>,
    req: Ruma<invite_user::v3::Request>,
) -> Result<RumaResponse<invite_user::v3::Response>, ApiError> {
    let InvitationRecipient::UserId(invited) = &req.body.recipient else {
        return Err(ApiError::bad_request("M_UNRECOGNIZED", "Inviting by mail address is not possible here"));
    };
    let (room, target, reason) = (&req.body.room_id, &invited.user_id, invited.reason.clone());
    app.homeserver.members.change(room, req.sender(), target, MemberAction::Invite, reason).await?;
    Ok(RumaResponse(invite_user::v3::Response::new()))
}
