//! When somebody was in a room: what he may look back at once he is out of it.

use std::sync::Arc;

use ruma::{
    UserId,
    events::room::{history_visibility::HistoryVisibility, member::MembershipState},
};
use veche_rooms::{StateMap, StateMapExt, membership, visibility};
use veche_store::{
    Error,
    records::memberships::{Membership, UserRoomKey},
};

use super::{ReadError, Timeline};
use crate::rooms::Room;

/// Member events of one user that are walked back to the one by which he went: invites turned down, bans, knocks.
const MEMBER_EVENTS_WALKED_MAX: usize = 100;

/// The time that a user was in a room last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stay {
    /// He is in it.
    Lasting,
    /// He went by the event with this order.
    Until(i64),
    /// He was never in it.
    Never,
}

impl Stay {
    /// Whether he was in the room at some time after the event with this order.
    pub(super) fn is_after(self, order: i64) -> bool {
        match self {
            Self::Lasting => true,
            Self::Until(end) => order < end,
            Self::Never => false,
        }
    }
}

impl Timeline {
    /// When `user` was in the room last, by the records on disk: a commit wakes waiters before the room's head shows
    /// it, and one who has just joined must not miss the history that came with it.
    pub(super) fn last_stay(&self, room: &Arc<Room>, user: &UserId) -> Result<Stay, Error> {
        if room.head().is_joined(user) {
            return Ok(Stay::Lasting);
        }
        let record = self.core.store.get(&UserRoomKey { user: user.to_owned(), room: room.short })?;
        let Some(record) = record else { return Ok(Stay::Never) };
        if record.membership == Membership::Join {
            return Ok(Stay::Lasting);
        }
        let mut event_id = record.event_id;
        for _ in 0..MEMBER_EVENTS_WALKED_MAX {
            let Some((order, entry)) = self.rooms.entry(room, &event_id)? else { break };
            let before = self.rooms.state(room, entry.state_before)?;
            let Some(replaced) = before.member(user) else { break };
            if membership::of_user(&before, user) == MembershipState::Join {
                return Ok(Stay::Until(order));
            }
            event_id = replaced.event_id.clone();
        }
        Ok(Stay::Never)
    }

    /// The order of the event by which a reader left; `None` while he is in the room (or sees it as part of the
    /// world). Refuses somebody who was never in it, and one who has forgotten it.
    pub(super) fn newest_visible(&self, room: &Arc<Room>, reader: &UserId) -> Result<Option<i64>, ReadError> {
        if is_world_readable(&room.head().state) {
            return Ok(None);
        }
        match self.last_stay(room, reader)? {
            Stay::Lasting => Ok(None),
            Stay::Until(_) if self.has_forgotten(room, reader)? => Err(ReadError::Forbidden),
            Stay::Until(end) => Ok(Some(end)),
            Stay::Never => Err(ReadError::Forbidden),
        }
    }

    fn has_forgotten(&self, room: &Arc<Room>, user: &UserId) -> Result<bool, Error> {
        let record = self.core.store.get(&UserRoomKey { user: user.to_owned(), room: room.short })?;
        Ok(record.is_some_and(|record| record.forgotten))
    }
}

/// Whether anybody may read the room.
fn is_world_readable(state: &StateMap) -> bool {
    visibility::of_state(state) == HistoryVisibility::WorldReadable
}

#[cfg(test)]
mod tests;
