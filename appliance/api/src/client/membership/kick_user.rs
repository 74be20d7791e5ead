//! `POST /rooms/{roomId}/kick`

use axum::extract::State;
use ruma::api::client::membership::kick_user;
use veche_homeserver::membership::MemberAction;

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Puts a person out of a room. Members whose power level suffices may.
pub(crate) async fn kick_user(
    State(app): State<App>,
    req: Ruma<kick_user::v3::Request>,
) -> Result<RumaResponse<kick_user::v3::Response>, ApiError> {
    let (room, target, reason) = (&req.body.room_id, &req.body.user_id, req.body.reason.clone());
    app.homeserver.members.change(room, req.sender(), target, MemberAction::Kick, reason).await?;
    Ok(RumaResponse(kick_user::v3::Response::new()))
}
