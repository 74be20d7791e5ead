//! `GET /api/admin/v1/rooms/{roomId}/members`. Who may call it: administrators who look after rooms.

use std::future::ready;

use axum::extract::State;
use ruma::{OwnedRoomId, OwnedUserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::admin::v1::page;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// Which members.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "MembersWanted")]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Members after this user id; the `next` of the page before.
    after: Option<String>,
    /// Members at most: 1 to 200, otherwise 50.
    limit: Option<u32>,
}

/// A page of members, in the order of their user ids.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RoomMembers")]
pub(super) struct Page {
    members: Vec<MemberShown>,
    /// Where the next page begins, if there is one.
    next: Option<String>,
}

/// Somebody who is in a room, invited to it or knocking at it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RoomMember")]
struct MemberShown {
    user_id: String,
    display_name: Option<String>,
    /// `join`, `invite` or `knock`.
    membership: String,
    /// What he may do there; none for a creator whose power has no bound.
    power_level: Option<i64>,
    /// A guest, or a user of another server.
    external: bool,
}

/// Who is in a room.
pub(super) async fn members(State(app): State<App>, asked: Asked<Wanted>) -> Result<Json<Page>, ApiError> {
    let room_id: OwnedRoomId = asked.id(0)?;
    let after = asked.query.after.as_deref().map(OwnedUserId::try_from).transpose();
    let after = ready(after).await.map_err(|_| ApiError::invalid_param("after is no user id"))?;
    let limit = page(asked.query.limit) as usize;
    let (members, more) = app.homeserver.overview.members(&room_id, after.as_ref(), limit)?;
    let members: Vec<MemberShown> = members
        .into_iter()
        .map(|member| MemberShown {
            user_id: member.user_id.to_string(),
            display_name: member.display_name,
            membership: member.membership.to_string(),
            power_level: member.power_level,
            external: member.external,
        })
        .collect();
    let next = members.last().filter(|_| more).map(|last| last.user_id.clone());
    Ok(Json(Page { members, next }))
}
