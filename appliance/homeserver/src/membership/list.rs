//! The rooms of a user, kept in memory because every sync asks for them.
//!
//! Filled from disk when first asked for, dropped when a commit changes the user's memberships and before that commit
//! becomes readable, so that a reader never sees a list older than the position he reads at.

use std::{collections::BTreeMap, sync::Arc};

use ruma::{OwnedRoomId, UserId};
use veche_store::{
    Change, Error, ShortRoomId, Store,
    records::memberships::{Membership, MembershipRecord, UserRoomKey},
};

use crate::{cached::Cached, rooms::Rooms};

/// One user's memberships: room to record, forgotten rooms left out.
pub type RoomMembership = BTreeMap<ShortRoomId, MembershipRecord>;

/// Whether a membership keeps a place in the room: being in it, asked in, or asking. These count for the limit of
/// rooms of one user.
pub(crate) const fn is_inside(membership: Membership) -> bool {
    matches!(membership, Membership::Join | Membership::Invite | Membership::Knock)
}

/// One user's memberships as they were at one moment.
#[derive(Debug, Default, Clone)]
pub struct RoomLists {
    /// The rooms that he has a membership in.
    pub kept: Arc<RoomMembership>,
    /// The rooms that he has left and forgotten: some device may still have to hear that he left.
    pub forgotten: Arc<RoomMembership>,
}

/// The rooms of each local user.
pub struct UserRooms {
    store: Arc<Store>,
    lists: Cached<RoomLists>,
}

impl UserRooms {
    /// Empty; lists load when first asked for.
    pub fn new(store: Arc<Store>) -> Self {
        Self { store, lists: Cached::default() }
    }

    /// The rooms that `user` has a membership in.
    pub fn of(&self, user: &UserId) -> Result<Arc<RoomMembership>, Error> {
        Ok(self.lists(user)?.kept)
    }

    /// All of a user's memberships.
    pub fn lists(&self, user: &UserId) -> Result<RoomLists, Error> {
        self.lists.get(user, || {
            let (mut kept, mut forgotten) = (RoomMembership::new(), RoomMembership::new());
            for row in self.store.scan::<UserRoomKey>((user,)) {
                let (key, record) = row?;
                let list = if record.forgotten { &mut forgotten } else { &mut kept };
                list.insert(key.room, record);
            }
            Ok(RoomLists { kept: Arc::new(kept), forgotten: Arc::new(forgotten) })
        })
    }

    /// The rooms that `user` is joined to.
    pub fn joined(&self, user: &UserId) -> Result<Vec<OwnedRoomId>, Error> {
        let list = self.of(user)?;
        let joined = list.values().filter(|record| record.membership == Membership::Join);
        Ok(joined.map(|record| record.room_id.clone()).collect())
    }

    /// The rooms that both are joined to.
    pub fn mutual(&self, rooms: &Rooms, user: &UserId, other: &UserId) -> Result<Vec<OwnedRoomId>, Error> {
        let mut mutual = Vec::new();
        for (short, record) in self.of(user)?.iter() {
            if record.membership == Membership::Join && rooms.find_short(*short)?.head().is_joined(other) {
                mutual.push(record.room_id.clone());
            }
        }
        Ok(mutual)
    }

    /// Drops what a commit changed. Called before its position can be read.
    pub(crate) fn index(&self, changes: &[Change]) {
        for change in changes {
            if let Change::User(user) = change {
                self.lists.forget(user);
            }
        }
    }
}
