//! The memberships of somebody whose account is gone.

use std::future::ready;

use futures_util::{StreamExt, stream};
use ruma::{OwnedRoomId, UserId};
use veche_store::{Error, records::memberships::UserRoomKey};

use super::{Members, MembershipError, list::is_inside};

/// Rooms left at once: enough for their commits to share a disk sync.
const ROOMS_AT_ONCE: usize = 16;

impl Members {
    /// A user whose account is gone leaves all his rooms, turns his invites down and takes his knocks back. A room
    /// whose rules do not let him go keeps him; the others do not wait for it. What is interrupted is done by asking
    /// again.
    pub(crate) async fn leave_all(&self, user: &UserId) -> Result<(), Error> {
        // Every commit after this one sees that the account is gone and makes him a member of nothing, and every one
        // before it can be read: so the list is complete.
        let barrier = self.core.store.commit(|txn| {
            txn.next_position();
            Ok::<_, Error>(())
        });
        barrier.await?;
        let mut rooms: Vec<OwnedRoomId> = Vec::new();
        for row in self.core.store.scan::<UserRoomKey>((user,)) {
            let record = row?.1;
            if is_inside(record.membership) {
                rooms.push(record.room_id);
            }
        }
        let left = stream::iter(rooms).map(|room_id| async move {
            match self.leave(&room_id, user, None).await {
                Err(MembershipError::Internal(error)) => Err(error),
                Err(refused) => {
                    tracing::warn!(%user, %room_id, %refused, "a deactivated account stays in a room");
                    Ok(())
                }
                Ok(()) => Ok(()),
            }
        });
        // One that fails holds up nobody else: the first failure is told when all have been tried.
        left.buffer_unordered(ROOMS_AT_ONCE).fold(Ok(()), |before, left| ready(before.and(left))).await
    }
}
