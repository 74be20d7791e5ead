//! What a reading starts from.

use ruma::UserId;
use veche_store::{Error, StreamPosition, records::memberships::MembershipRecord};

use super::Sync;
use crate::{
    Parts,
    account_data::InviteChoice,
    core::Core,
    e2ee::DeviceListChanges,
    membership::{RoomLists, RoomMembership},
};

/// A position, and what holds of the user's own at it: every change up to the position and none after it. Otherwise a
/// room could be passed over whose member event lies just beyond the answer's end. A reading uses this to its end and
/// asks for nothing of it again.
#[derive(Debug)]
pub(crate) struct Settled {
    /// Everything up to here can be told.
    pub(crate) upto: StreamPosition,
    /// The user's rooms.
    pub(crate) rooms: RoomLists,
    /// Whether he takes invites.
    pub(crate) invites: InviteChoice,
}

impl Settled {
    /// What holds now.
    pub(crate) async fn of(core: &Core, parts: &Parts, user: &UserId) -> Result<Self, Error> {
        loop {
            let upto = core.store.position();
            let (rooms, invites) = (parts.user_rooms.lists(user)?, parts.account_data.invite_choice(user)?);
            let readable = |record: &MembershipRecord| record.position <= upto;
            let all_readable = |rooms: &RoomMembership| rooms.values().all(readable);
            if all_readable(&rooms.kept) && all_readable(&rooms.forgotten) && invites.position <= upto {
                return Ok(Self { upto, rooms, invites });
            }
            // A commit is on disk and not readable yet: that takes microseconds.
            tokio::task::yield_now().await;
        }
    }
}

impl Sync {
    /// Whose keys changed for `user` after `since` and who left, up to now.
    pub async fn device_lists(&self, user: &UserId, since: StreamPosition) -> Result<DeviceListChanges, Error> {
        let Settled { upto, rooms, .. } = Settled::of(&self.core, &self.parts, user).await?;
        let company = self.parts.company.changes(user, &rooms, since, upto)?;
        self.parts.e2ee.device_lists(user, &rooms.kept, since, upto, company)
    }
}

#[cfg(test)]
mod tests;
