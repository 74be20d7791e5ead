//! What a room tells people who are not in it: the directory of this server, and the summary of one room.

mod summary;

use std::sync::Arc;

use ruma::{UInt, UserId, directory::PublicRoomsChunk, directory::RoomTypeFilter, room::RoomSummary};
use veche_base::limits::PAGE_ROOMS_MAX;
use veche_store::Error;

use crate::{
    creation::Creation,
    rooms::{FindRoomError, Rooms},
};

pub use self::summary::summary;

/// Why the directory could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PublicRoomsError {
    /// `since` is not a token of this directory.
    #[error("this is not a token of the room directory")]
    BadToken,
    /// The store failed.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// Which part of the directory is asked for.
pub struct PublicRoomsRequest<'a> {
    /// Words that name, topic or address must contain.
    pub search: Option<&'a str>,
    /// Rooms of these types only; empty for all.
    pub room_types: &'a [RoomTypeFilter],
    /// Where to start.
    pub since: Option<&'a str>,
    /// Rooms at most.
    pub limit: Option<usize>,
}

/// A page of the directory.
pub struct PublicRoomsPage {
    /// The rooms, the one with the most members first.
    pub chunk: Vec<PublicRoomsChunk>,
    /// Where the next page starts.
    pub next: Option<String>,
    /// Where the page before this one starts.
    pub previous: Option<String>,
    /// Rooms of all pages.
    pub total: UInt,
}

/// Rooms as strangers see them.
pub struct PublicRooms {
    rooms: Arc<Rooms>,
    creation: Arc<Creation>,
}

impl PublicRooms {
    /// Over these parts.
    pub fn new(rooms: Arc<Rooms>, creation: Arc<Creation>) -> Self {
        Self { rooms, creation }
    }

    /// A page of the rooms that the directory lists.
    pub fn page(&self, request: &PublicRoomsRequest<'_>) -> Result<PublicRoomsPage, PublicRoomsError> {
        let start = request.since.map_or(Ok(0), parse_token)?;
        let limit = request.limit.unwrap_or(PAGE_ROOMS_MAX).clamp(1, PAGE_ROOMS_MAX);
        let search = request.search.map(str::to_lowercase).filter(|search| !search.trim().is_empty());
        let mut found = Vec::new();
        for room_id in self.creation.listed()? {
            let room = match self.rooms.find(&room_id) {
                Ok(room) => room,
                Err(FindRoomError::Unknown) => continue,
                Err(FindRoomError::Internal(error)) => return Err(error.into()),
            };
            let summary = summary(&room);
            let of_type = request.room_types.is_empty()
                || request.room_types.contains(&RoomTypeFilter::from(summary.room_type.clone()));
            if of_type && search.as_deref().is_none_or(|search| matches(&summary, search)) {
                found.push(summary);
            }
        }
        // Alike for every request, so that a place in it can be a token.
        found.sort_by(|a, b| b.num_joined_members.cmp(&a.num_joined_members).then_with(|| a.room_id.cmp(&b.room_id)));
        let total = found.len();
        let chunk = found.into_iter().skip(start).take(limit).map(Into::into).collect();
        Ok(PublicRoomsPage {
            chunk,
            next: (start.saturating_add(limit) < total).then(|| token(start + limit)),
            previous: (start > 0).then(|| token(start.saturating_sub(limit))),
            total: UInt::new_saturating(total as u64),
        })
    }

    /// What the room tells `reader` (`None`: anybody) about itself; `None` if he may not know of it.
    pub fn preview(&self, room: &crate::rooms::Room, reader: Option<&UserId>) -> Option<RoomSummary> {
        self.may_preview(room, reader).then(|| summary(room))
    }
}

fn matches(summary: &RoomSummary, search: &str) -> bool {
    let alias = summary.canonical_alias.as_ref().map(|alias| alias.as_str());
    let texts = [summary.name.as_deref(), summary.topic.as_deref(), alias];
    texts.into_iter().flatten().any(|text| text.to_lowercase().contains(search))
}

fn token(start: usize) -> String {
    format!("p{start}")
}

fn parse_token(token: &str) -> Result<usize, PublicRoomsError> {
    token.strip_prefix('p').and_then(|start| start.parse().ok()).ok_or(PublicRoomsError::BadToken)
}
