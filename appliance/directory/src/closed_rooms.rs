//! Rooms that an administrator has closed for good. What is in a room is nobody's business here: only its id is kept, so
//! that the owner of conversations lets nobody in again.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use ruma::{OwnedRoomId, RoomId};
use serde_json::Value;
use veche_store::sql::closed_rooms::{self, ClosedRoom};
use veche_store::sql::grants::Grant;
use veche_store::sql::journal;

use crate::StoreError;
use crate::admin::AdminError;
use crate::directory::Directory;
use crate::journal::Authority;

/// The ids in memory: every request about a room asks.
#[derive(Default)]
pub(crate) struct ClosedRooms {
    ids: Arc<RwLock<BTreeSet<OwnedRoomId>>>,
}

impl ClosedRooms {
    pub(crate) fn new(rooms: Vec<ClosedRoom>) -> Self {
        Self { ids: Arc::new(RwLock::new(rooms.into_iter().map(|room| room.room_id).collect())) }
    }
}

impl Directory {
    /// Whether an administrator has closed this room.
    pub fn is_room_closed(&self, room: &RoomId) -> bool {
        self.closed_rooms.ids.read().unwrap_or_else(PoisonError::into_inner).contains(room)
    }

    /// Closes a room for good; `false` when it was closed before. The caller knows that there is such a room, and
    /// empties it after this; `detail` is for the journal and tells nothing of what was said in it.
    pub async fn close_room(&self, authority: &Authority, room: &RoomId, detail: Value) -> Result<bool, AdminError> {
        authority.must(Grant::Rooms)?;
        let act = self.act(authority, "room.close", room.as_str(), detail);
        let (room_id, by, now_ms) = (room.to_owned(), authority.name().to_owned(), self.clock.wall_ms());
        let (ids, closed) = (Arc::clone(&self.closed_rooms.ids), room.to_owned());
        let work = move |tx: &veche_store::sql::Tx<'_>| -> Result<bool, AdminError> {
            let new = closed_rooms::close(tx, &room_id, &by, now_ms)?;
            if new {
                journal::append(tx, &act)?;
            }
            Ok(new)
        };
        let then = move |_: &bool| {
            ids.write().unwrap_or_else(PoisonError::into_inner).insert(closed);
        };
        self.sql.write_then(work, then).await
    }

    /// Closed rooms in which there still may be somebody.
    pub async fn rooms_to_empty(&self) -> Result<Vec<OwnedRoomId>, StoreError> {
        let all = self.sql.read(closed_rooms::all).await?;
        Ok(all.into_iter().filter(|room| !room.emptied).map(|room| room.room_id).collect())
    }

    /// A closed room has been emptied.
    pub async fn room_emptied(&self, room: &RoomId) -> Result<(), StoreError> {
        let room = room.to_owned();
        self.sql.write(move |tx| closed_rooms::set_emptied(tx, &room)).await
    }

    /// Every closed room.
    pub async fn closed_rooms(&self, _authority: &Authority) -> Result<Vec<ClosedRoom>, StoreError> {
        self.sql.read(closed_rooms::all).await
    }
}
