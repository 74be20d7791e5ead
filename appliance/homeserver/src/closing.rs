//! Closing a room for good: everybody is put out, nobody comes in or reads any more, its addresses are free again.
//!
//! That a room is closed is written down by the directory, with the administrator's act. From then on
//! [`Rooms::find`](crate::rooms::Rooms::find) knows it no more, and no draft takes an event for it but those by which
//! people leave. Emptying it is many commits: what a crash interrupts is gone on with at the next start, so every step
//! may be done twice.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use ruma::{OwnedUserId, RoomId, events::room::member::MembershipState};
use serde_json::{Map, json};
use tokio::sync::Mutex;
use veche_directory::{AdminError, Authority, Grant, NotGranted};
use veche_rooms::membership;
use veche_runtime::tasks::Supervisor;
use veche_store::{
    Change, Error, ShortRoomId,
    records::{
        aliases::{AliasKey, PublicRoomKey, RoomAliasKey},
        memberships::{Membership, RoomUserKey, UserRoomKey},
    },
};

use crate::{
    core::Core,
    membership::member_event,
    rooms::{FindRoomError, Room, Rooms},
    timeline::{DraftError, Timeline},
};

/// People who leave in one commit.
const LEAVING_AT_ONCE: usize = 200;
/// Memberships that are forgotten in one commit.
const FORGOTTEN_AT_ONCE: usize = 500;
/// How long to wait after a failure.
const RETRY: Duration = Duration::from_secs(10);

/// Why a room was not closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseRoomError {
    /// No such room here, or it is closed already.
    #[error("no such room")]
    Unknown,
    /// The administrator does not look after rooms.
    #[error(transparent)]
    NotGranted(#[from] NotGranted),
    /// The directory refused or failed.
    #[error("the directory: {0}")]
    Directory(#[from] AdminError),
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<FindRoomError> for CloseRoomError {
    fn from(error: FindRoomError) -> Self {
        match error {
            FindRoomError::Unknown => Self::Unknown,
            FindRoomError::Internal(error) => Self::Internal(error),
        }
    }
}

/// Closes rooms.
pub struct Closing {
    core: Arc<Core>,
    rooms: Arc<Rooms>,
    timeline: Arc<Timeline>,
    /// Held by whoever empties rooms.
    emptying: Mutex<()>,
}

impl Closing {
    /// Over these parts.
    pub(crate) fn new(core: Arc<Core>, rooms: Arc<Rooms>, timeline: Arc<Timeline>) -> Self {
        Self { core, rooms, timeline, emptying: Mutex::new(()) }
    }

    /// Closes the room and empties it; answers when nobody is in it any more.
    pub async fn close(&self, authority: &Authority, room_id: &RoomId) -> Result<(), CloseRoomError> {
        authority.must(Grant::Rooms)?;
        let room = self.rooms.find(room_id)?;
        let detail = json!({ "members": room.head().joined.len() });
        self.core.directory.close_room(authority, room_id, detail).await?;
        let _alone = self.emptying.lock().await;
        self.empty(room_id).await?;
        Ok(())
    }

    /// Empties the rooms that were closed and of which a crash has left somebody.
    pub fn start(self: &Arc<Self>, supervisor: &Supervisor) {
        let (this, stopping) = (Arc::clone(self), supervisor.shutdown_token());
        supervisor.spawn("closed rooms", async move {
            while let Err(error) = this.settle_all().await {
                tracing::error!(%error, "a closed room could not be emptied; trying again");
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(RETRY) => {}
                }
            }
        });
    }

    /// Empties every room that still has to be.
    pub async fn settle_all(&self) -> Result<(), CloseRoomError> {
        let _alone = self.emptying.lock().await;
        for room_id in self.core.directory.rooms_to_empty().await.map_err(AdminError::from)? {
            match self.empty(&room_id).await {
                // Closed before its first commit was on disk: there is nothing to empty.
                Err(CloseRoomError::Unknown) => {
                    self.core.directory.room_emptied(&room_id).await.map_err(AdminError::from)?;
                }
                outcome => outcome?,
            }
        }
        Ok(())
    }

    async fn empty(&self, room_id: &RoomId) -> Result<(), CloseRoomError> {
        let room = self.rooms.find_closed(room_id)?;
        let mut kept = BTreeSet::new();
        while self.put_out(&room, &mut kept).await? {}
        self.free_addresses(&room).await?;
        self.forget(&room).await?;
        self.core.directory.room_emptied(room_id).await.map_err(AdminError::from)?;
        tracing::info!(%room_id, "a room was closed and is empty");
        Ok(())
    }

    /// Lets some of those leave who are in the room, invited or knocking; whether there was anybody. `kept` are those
    /// whom the rules of the room do not let go.
    async fn put_out(&self, room: &Arc<Room>, kept: &mut BTreeSet<OwnedUserId>) -> Result<bool, Error> {
        let inside = [MembershipState::Join, MembershipState::Invite, MembershipState::Knock];
        let locked = room.lock().await;
        let head = room.head();
        let leaving: Vec<OwnedUserId> = membership::users_with(&head.state, &inside)
            .map(|(user, _)| user)
            .filter(|user| self.core.is_local(user) && !kept.contains(user))
            .take(LEAVING_AT_ONCE)
            .collect();
        if leaving.is_empty() {
            return Ok(false);
        }
        let mut draft = self.timeline.draft(locked);
        let mut leaves = 0;
        for user in leaving {
            match draft.push(&user, member_event(&user, &MembershipState::Leave, Map::new(), None)) {
                Ok(_) => leaves += 1,
                Err(DraftError::Internal(error)) => return Err(error),
                Err(refused) => {
                    tracing::warn!(%user, room_id = %room.id, %refused, "somebody stays in a closed room");
                    kept.insert(user);
                }
            }
        }
        if leaves == 0 {
            return Ok(true);
        }
        match draft.commit().await {
            Ok(_) => Ok(true),
            Err(DraftError::Internal(error)) => Err(error),
            Err(other) => Err(Error::corrupt("closed room", room.id.as_str(), &other.to_string())),
        }
    }

    async fn free_addresses(&self, room: &Room) -> Result<(), Error> {
        let (short, room_id) = (room.short, room.id.clone());
        let free = self.core.store.commit(move |txn| {
            for (reverse, ()) in txn.scan::<RoomAliasKey>((short,))? {
                txn.delete(&AliasKey { alias: reverse.alias.clone() });
                txn.delete(&reverse);
            }
            txn.delete(&PublicRoomKey { room_id });
            Ok::<_, Error>(())
        });
        free.await
    }

    /// Takes the room off the lists of those who have left it, so that no client offers to read it.
    async fn forget(&self, room: &Room) -> Result<(), Error> {
        let members = self.core.store.scan::<RoomUserKey>((room.short,)).keys();
        let members = members.map(|key| key.map(|key| key.user)).collect::<Result<Vec<_>, _>>()?;
        for some in members.chunks(FORGOTTEN_AT_ONCE) {
            let (some, short) = (some.to_vec(), room.short);
            self.core.store.commit(move |txn| some.iter().try_for_each(|user| forget(txn, user, short))).await?;
        }
        Ok(())
    }
}

fn forget(txn: &mut veche_store::Txn, user: &OwnedUserId, room: ShortRoomId) -> Result<(), Error> {
    let key = UserRoomKey { user: user.clone(), room };
    let Some(mut record) = txn.get(&key)? else { return Ok(()) };
    if !matches!(record.membership, Membership::Leave | Membership::Ban) || record.forgotten {
        return Ok(());
    }
    record.forgotten = true;
    txn.put(&key, &record);
    txn.next_position();
    txn.change(Change::User(user.clone()));
    Ok(())
}

#[cfg(test)]
mod tests;
