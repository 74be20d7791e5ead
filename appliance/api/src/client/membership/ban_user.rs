//! `POST /rooms/{roomId}/ban`

use axum::extract::State;
use ruma::api::client::membership::ban_user;
use veche_homeserver::membership::MemberAction;

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Puts a person out of a room for good. Members whose power level suffices may.
pub(crate) async fn ban_user(
    State(app): State<App>,
    req: Ruma<ban_user::v3::Request>,
) -> Result<RumaResponse<ban_user::v3::Response>, ApiError> {
    let (room, target, reason) = (&req.body.room_id, &req.body.user_id, req.body.reason.clone());
    app.homeserver.members.change(room, req.sender(), target, MemberAction::Ban, reason).await?;
    Ok(RumaResponse(ban_user::v3::Response::new()))
}
