//! `GET /rooms/{roomId}/members`

use axum::extract::State;
use ruma::api::client::membership::get_member_events;
use ruma::{events::StateEventType, serde::Raw};
use serde::Deserialize;
use veche_homeserver::timeline::EventForm;

use crate::client::message::{audience, order};
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// The member events of a room, now or at a token. Members may, and those who left, as it was then.
pub(crate) async fn get_member_events(
    State(app): State<App>,
    req: Ruma<get_member_events::v3::Request>,
) -> Result<RumaResponse<get_member_events::v3::Response>, ApiError> {
    let timeline = &app.homeserver.parts.timeline;
    let (room, state) = match order(req.body.at.as_deref())? {
        Some(order) => timeline.visible_state_at(&req.body.room_id, req.sender(), order)?,
        None => timeline.visible_state(&req.body.room_id, req.sender())?,
    };
    let renderer = timeline.renderer(&room, audience(&req.who), EventForm::Full);
    let (these, others) = (req.body.membership.as_ref(), req.body.not_membership.as_ref());
    // Either is enough: "these, and whatever is not that" (spec: `membership` of this endpoint).
    let wanted = |membership: &str| {
        let is_these = these.map(|wanted| wanted.as_str() == membership);
        let is_other = others.map(|unwanted| unwanted.as_str() != membership);
        match (is_these, is_other) {
            (Some(one), Some(other)) => one || other,
            (one, other) => one.or(other).unwrap_or(true),
        }
    };
    let chunk = state
        .iter()
        .filter(|((kind, _), _)| *kind == StateEventType::RoomMember)
        .filter(|(_, pdu)| pdu.content_as::<Member>().is_some_and(|member| wanted(&member.membership)))
        .map(|(_, pdu)| Raw::from_json(renderer.state_event(pdu)))
        .collect();
    Ok(RumaResponse(get_member_events::v3::Response::new(chunk)))
}

#[derive(Deserialize)]
struct Member {
    membership: String,
}
