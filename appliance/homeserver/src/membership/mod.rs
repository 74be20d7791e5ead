//! Who is in which room, and how that changes: join, knock, invite, kick, ban, leave, forget.

mod change;
mod gone;
mod join;
mod list;
mod stripped;
#[cfg(test)]
mod tests;

pub(crate) use self::{change::member_event, list::is_inside};
pub use self::{
    change::{MemberAction, MembershipError},
    list::{RoomLists, RoomMembership, UserRooms},
    stripped::stripped_state,
};

use std::sync::Arc;

use crate::{core::Core, profiles::Profiles, rooms::Rooms, timeline::Timeline};

/// Membership of local users in rooms.
pub struct Members {
    pub(crate) core: Arc<Core>,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) timeline: Arc<Timeline>,
    pub(crate) profiles: Arc<Profiles>,
}

impl Members {
    /// Over these parts.
    pub fn new(core: Arc<Core>, rooms: Arc<Rooms>, timeline: Arc<Timeline>, profiles: Arc<Profiles>) -> Self {
        Self { core, rooms, timeline, profiles }
    }
}
