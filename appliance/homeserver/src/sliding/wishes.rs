//! What a client wishes to see, in the terms of neither dialect.

use ruma::{OwnedRoomId, directory::RoomTypeFilter, events::StateEventType};
use serde::Deserialize;

/// Windows on the rooms of a user.
#[derive(Debug, Clone, Default)]
pub struct ListWish {
    /// First and last index of each window, from zero; `None` shows the whole list.
    pub ranges: Option<Vec<(u64, u64)>>,
    /// Which rooms are in the list at all.
    pub filters: ListFilters,
    /// What to show of a room in a window.
    pub room: RoomWish,
}

/// What to show of a room.
#[derive(Debug, Clone, Default)]
pub struct RoomWish {
    /// Events of the timeline at most.
    pub timeline_limit: u64,
    /// Which state.
    pub state: StateWish,
}

/// What is wanted of events that stick (MSC4480).
#[derive(Debug, Clone, Default, Deserialize)]
pub struct StickyWish {
    /// Whether anything is.
    #[serde(default)]
    pub enabled: bool,
    /// How many at most, where they are not all told at once.
    pub limit: Option<u64>,
    /// What was told before: the `next_batch` of an earlier answer.
    pub since: Option<String>,
}

/// Which state to show.
#[derive(Debug, Clone, Default)]
pub struct StateWish {
    /// What one of these matches is shown,
    pub include: Vec<StatePattern>,
    /// unless one of these matches it too.
    pub exclude: Vec<StatePattern>,
    /// The members who speak in the timeline, whatever else is said.
    pub lazy_members: bool,
}

/// Matches state events; what is not said matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct StatePattern {
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: Option<StateEventType>,
    /// The event's state key.
    pub state_key: Option<String>,
}

/// Which rooms are in a list; what is not said leaves nothing out (MSC4186, `SlidingRoomFilter`).
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ListFilters {
    /// Direct chats, or all but them.
    pub is_dm: Option<bool>,
    /// Children of one of these spaces, as far as the user is in them.
    pub spaces: Option<Vec<OwnedRoomId>>,
    /// Encrypted rooms, or all but them.
    pub is_encrypted: Option<bool>,
    /// Invites, or all but them. The older dialect calls it `is_invite`.
    #[serde(alias = "is_invite")]
    pub is_invited: Option<bool>,
    /// Rooms of one of these types.
    pub room_types: Option<Vec<RoomTypeFilter>>,
    /// Rooms of none of these types.
    pub not_room_types: Option<Vec<RoomTypeFilter>>,
    /// Rooms with one of these tags.
    pub tags: Option<Vec<String>>,
    /// Rooms with none of these tags.
    pub not_tags: Option<Vec<String>>,
    /// Rooms whose name holds this, in any case (only the older dialect has it).
    pub room_name_like: Option<String>,
}
