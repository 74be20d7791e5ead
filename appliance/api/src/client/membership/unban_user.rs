//! `POST /rooms/{roomId}/unban`

use axum::extract::State;
use ruma::api::client::membership::unban_user;
use veche_homeserver::membership::MemberAction;

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Takes a ban back. Members whose power level suffices may.
pub(crate) async fn unban_user(
    State(app): State<App>,
    req: Ruma<unban_user::v3::Request>,
) -> Result<RumaResponse<unban_user::v3::Response>, ApiError> {
    let (room, target, reason) = (&req.body.room_id, &req.body.user_id, req.body.reason.clone());
    app.homeserver.members.change(room, req.sender(), target, MemberAction::Unban, reason).await?;
    Ok(RumaResponse(unban_user::v3::Response::new()))
}
