//! What the store tells about its commits, and to whom.

use ruma::{OwnedDeviceId, OwnedUserId};

use crate::positions::{ShortRoomId, StreamPosition};

/// Whom a commit concerns. Waiters register for one of these.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// Everybody who looks at the room.
    Room(ShortRoomId),
    /// Everybody who looks at the room, though what changed is no event and can wait a little: typing, receipts.
    RoomEphemeral(ShortRoomId),
    /// All devices of a user.
    User(OwnedUserId),
    /// One device.
    Device(OwnedUserId, OwnedDeviceId),
}

/// One commit, as listeners see it.
#[derive(Debug, Clone, Copy)]
pub struct Published<'a> {
    /// The last position that the transaction took.
    pub position: StreamPosition,
    /// Whom it concerns, in the order in which the transaction named them.
    pub changes: &'a [Change],
}

/// Is told of every commit that took a position, in the order of positions, on the commit thread.
///
/// Both functions must be quick and must not commit: no other commit proceeds while they run. A listener that
/// panics stops the store, because what it keeps in memory can no longer be trusted.
pub trait ChangeListener: Send + Sync {
    /// The commit is on disk but its position is not yet given out: bring what is kept in memory up to date.
    fn index(&self, published: &Published<'_>);

    /// The position can be read: wake whoever waits.
    fn wake(&self, published: &Published<'_>);
}
