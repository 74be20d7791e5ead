//! The content of a sync answer, in the terms of the spec but free of any one endpoint's JSON.

use std::collections::BTreeMap;

use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId};
use serde_json::value::RawValue;

use super::SyncToken;
use crate::e2ee::DeviceUpdate;

/// Everything that changed for one device.
#[derive(Default)]
pub struct SyncUpdate {
    /// Rooms the user is in.
    pub joined: Vec<JoinedUpdate>,
    /// Rooms the user is invited to.
    pub invited: Vec<InvitedUpdate>,
    /// Rooms the user knocks at.
    pub knocked: Vec<InvitedUpdate>,
    /// Rooms the user left, was removed from or banned from, and those whose invite is hidden from him now.
    pub left: Vec<LeftUpdate>,
    /// Account data that belongs to no room.
    pub account_data: Vec<Box<RawValue>>,
    /// Presence of users who share a room with this one.
    pub presence: Vec<Box<RawValue>>,
    /// Messages to this device, changed devices, key counts.
    pub device: DeviceUpdate,
}

/// A part of a timeline.
#[derive(Default)]
pub struct TimelineUpdate {
    /// The events, oldest first.
    pub events: Vec<Box<RawValue>>,
    /// Whether events between the last answer and these were left out.
    pub limited: bool,
    /// Where to read on backwards.
    pub prev_batch: Option<SyncToken>,
}

/// Notification counts.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct UnreadCounts {
    /// Events that notify.
    pub notifications: u64,
    /// Of these, the ones that highlight.
    pub highlights: u64,
}

/// The numbers a client needs to name a room.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct RoomSummary {
    /// Some members other than the reader.
    pub heroes: Vec<OwnedUserId>,
    /// Joined members.
    pub joined: u64,
    /// Invited members.
    pub invited: u64,
}

/// A room the user is in.
pub struct JoinedUpdate {
    /// The room.
    pub room_id: OwnedRoomId,
    /// New events.
    pub timeline: TimelineUpdate,
    /// Events that stick (MSC4354) and are not in this timeline, oldest first.
    pub sticky: Vec<Box<RawValue>>,
    /// State that changed: before the timeline, or with `use_state_after` up to its end (MSC4222).
    pub state: Vec<Box<RawValue>>,
    /// Present when memberships changed.
    pub summary: Option<RoomSummary>,
    /// Unread events outside threads, or of the whole room when the client counts no threads.
    pub unread: UnreadCounts,
    /// Unread events by thread.
    pub unread_threads: BTreeMap<OwnedEventId, UnreadCounts>,
    /// Receipts and typing.
    pub ephemeral: Vec<Box<RawValue>>,
    /// Account data of this room.
    pub account_data: Vec<Box<RawValue>>,
}

/// A room seen from outside.
pub struct InvitedUpdate {
    /// The room.
    pub room_id: OwnedRoomId,
    /// Stripped state, a JSON array.
    pub state: Box<RawValue>,
}

/// A room the user is no longer in, or an invite that is hidden from him now.
pub struct LeftUpdate {
    /// The room.
    pub room_id: OwnedRoomId,
    /// Events up to the one by which the user left.
    pub timeline: TimelineUpdate,
    /// State that changed, as for a joined room.
    pub state: Vec<Box<RawValue>>,
    /// Account data of this room.
    pub account_data: Vec<Box<RawValue>>,
}

impl LeftUpdate {
    /// A room that the client shall not show any more, though nothing has happened in it.
    pub(super) fn without_events(room_id: OwnedRoomId) -> Self {
        Self { room_id, timeline: TimelineUpdate::default(), state: Vec::new(), account_data: Vec::new() }
    }
}

impl SyncUpdate {
    /// Whether there is nothing to tell, so that a long poll goes on waiting.
    pub fn is_empty(&self) -> bool {
        self.joined.is_empty()
            && self.invited.is_empty()
            && self.knocked.is_empty()
            && self.left.is_empty()
            && self.account_data.is_empty()
            && self.presence.is_empty()
            && self.device.is_empty()
    }
}
