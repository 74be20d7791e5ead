//! The content of a sliding sync answer, free of the endpoint's JSON.

use std::collections::BTreeMap;

use ruma::{OwnedMxcUri, OwnedRoomId, OwnedUserId, events::room::member::MembershipState};
use serde_json::value::RawValue;
use veche_rooms::StateKeyPair;

use super::Hero;
use crate::sync::{SyncToken, UnreadCounts};

/// Everything that a connection is told at once.
#[derive(Default)]
pub struct SlidingAnswer {
    /// Names this answer; the next request repeats it.
    pub pos: String,
    /// How many rooms match each list.
    pub lists: BTreeMap<String, u64>,
    /// Rooms with news.
    pub rooms: BTreeMap<OwnedRoomId, RoomAnswer>,
    /// The extensions.
    pub extensions: ExtensionsAnswer,
}

/// What is told about one room. Fields that are `None` have not changed.
#[derive(Default)]
pub struct RoomAnswer {
    /// What the reader is to the room.
    pub membership: Option<MembershipState>,
    /// The invite that was shown is hidden from the reader now. Nothing has happened in the room, so no event tells it.
    pub withdrawn: bool,
    /// The lists in whose windows the room is.
    pub lists: Vec<String>,
    /// The connection sees this room for the first time.
    pub initial: bool,
    /// The name that the room was given; `Some(None)` where it has none any more.
    pub name: Option<Option<String>>,
    /// The picture; `Some(None)` where there is none any more.
    pub avatar: Option<Option<OwnedMxcUri>>,
    /// Some members other than the reader, to describe a room without a name.
    pub heroes: Option<Vec<Hero>>,
    /// Whether the reader calls this a direct chat.
    pub is_dm: Option<bool>,
    /// For a room that the reader is invited to or knocks at: what may be seen from outside.
    pub invite_state: Option<Vec<Box<RawValue>>>,
    /// Unread events.
    pub unread: UnreadCounts,
    /// State that was asked for and is news.
    pub required_state: Vec<Box<RawValue>>,
    /// State that the client was told of and that is no more.
    pub removed_state: Vec<StateKeyPair>,
    /// Events, oldest first.
    pub timeline: Vec<Box<RawValue>>,
    /// Whether older events that the client does not have come before these.
    pub limited: bool,
    /// How many of the events, counted from the end, came since the last answer.
    pub num_live: u64,
    /// Some of the events are older than what was told before: the client wants a longer timeline now.
    pub expanded: bool,
    /// Where to read on backwards.
    pub prev_batch: Option<SyncToken>,
    /// Joined members.
    pub joined: Option<u64>,
    /// Invited members.
    pub invited: Option<u64>,
    /// Sorts rooms by their last activity; larger is newer.
    pub bump_stamp: u64,
}

/// What the extensions tell.
#[derive(Default)]
pub struct ExtensionsAnswer {
    /// Messages to this device, when asked for.
    pub to_device: Option<ToDeviceAnswer>,
    /// Keys, when asked for.
    pub e2ee: Option<E2eeAnswer>,
    /// Account data that belongs to no room.
    pub account_data: Vec<Box<RawValue>>,
    /// Account data by room.
    pub room_account_data: BTreeMap<OwnedRoomId, Vec<Box<RawValue>>>,
    /// Receipts by room.
    pub receipts: BTreeMap<OwnedRoomId, Box<RawValue>>,
    /// Typing members by room.
    pub typing: BTreeMap<OwnedRoomId, Box<RawValue>>,
    /// Events that stick, when asked for and there are some.
    pub sticky: Option<StickyAnswer>,
}

/// Events that stick and are not in the timelines of the same answer.
pub struct StickyAnswer {
    /// Asks for what comes after these.
    pub next_batch: SyncToken,
    /// The events of each room, oldest first.
    pub rooms: BTreeMap<OwnedRoomId, Vec<Box<RawValue>>>,
}

/// Messages to a device. They are kept until a request brings back the token.
pub struct ToDeviceAnswer {
    /// Acknowledges these messages.
    pub next_batch: SyncToken,
    /// The messages, oldest first.
    pub events: Vec<Box<RawValue>>,
}

/// What a device must know of keys.
pub struct E2eeAnswer {
    /// Users whose devices or identity changed.
    pub changed: Vec<OwnedUserId>,
    /// Users who share no encrypted room any more.
    pub left: Vec<OwnedUserId>,
    /// Unclaimed one-time keys by algorithm.
    pub one_time_keys: BTreeMap<String, u64>,
    /// Algorithms whose fallback key has not been used.
    pub unused_fallback_keys: Vec<String>,
    /// Whether any of it is news.
    pub is_news: bool,
}

impl SlidingAnswer {
    /// Whether there is nothing to tell, so that a long poll goes on waiting.
    pub fn is_empty(&self) -> bool {
        self.rooms.is_empty() && self.extensions.is_empty()
    }
}

impl ExtensionsAnswer {
    fn is_empty(&self) -> bool {
        self.to_device.as_ref().is_none_or(|to_device| to_device.events.is_empty())
            && self.e2ee.as_ref().is_none_or(|e2ee| !e2ee.is_news)
            && self.account_data.is_empty()
            && self.room_account_data.is_empty()
            && self.receipts.is_empty()
            && self.typing.is_empty()
            && self.sticky.as_ref().is_none_or(|sticky| sticky.rooms.is_empty())
    }
}
