//! `GET /api/admin/v1/rooms`. Who may call it: administrators who look after rooms.

use std::future::ready;

use axum::extract::State;
use ruma::OwnedRoomId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_homeserver::overview::RoomsWanted;

use super::RoomShown;
use crate::admin::v1::page;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// Which rooms.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "RoomsWanted")]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// What name, topic, address or id contain, whatever its case.
    search: Option<String>,
    /// Rooms after this room id; the `next` of the page before.
    after: Option<String>,
    /// Rooms at most: 1 to 200, otherwise 50.
    limit: Option<u32>,
}

/// A page of rooms, in the order of their ids.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Rooms")]
pub(super) struct Page {
    rooms: Vec<RoomShown>,
    /// Where the next page begins, if there is one.
    next: Option<String>,
}

/// Rooms, in pages.
pub(super) async fn list(State(app): State<App>, asked: Asked<Wanted>) -> Result<Json<Page>, ApiError> {
    let Wanted { search, after, limit } = asked.query;
    let after = after.map(OwnedRoomId::try_from).transpose();
    let wanted = RoomsWanted {
        after: ready(after).await.map_err(|_| ApiError::invalid_param("after is no room id"))?,
        search: search.map(|search| search.trim().to_owned()).filter(|search| !search.is_empty()),
        limit: page(limit) as usize,
    };
    let (rooms, more) = app.homeserver.overview.rooms(&wanted)?;
    let rooms: Vec<RoomShown> = rooms.into_iter().map(RoomShown::from).collect();
    let next = rooms.last().filter(|_| more).map(|last| last.room_id.clone());
    Ok(Json(Page { rooms, next }))
}
