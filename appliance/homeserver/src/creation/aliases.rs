//! Room addresses and the list of public rooms. An address is only ever added where none is: it cannot be redirected
//! without being deleted first.

use ruma::{OwnedRoomAliasId, OwnedRoomId, RoomAliasId, RoomId, UserId, events::StateEventType};
use veche_rooms::PowerLevels;
use veche_store::{
    Error, ShortRoomId,
    records::aliases::{Alias, AliasKey, PublicRoomKey, RoomAliasKey},
};

use super::Creation;
use crate::rooms::FindRoomError;

use veche_base::limits::ALIASES_PER_ROOM_MAX;

/// Why an address did not change.
#[derive(Debug, thiserror::Error)]
pub enum AliasError {
    /// It belongs to a room already.
    #[error("this address is taken")]
    Taken,
    /// No such address or room.
    #[error("no such room address")]
    Unknown,
    /// Not yours to change.
    #[error("you may not change this room address")]
    Forbidden,
    /// Not an address of this server.
    #[error("this is not an address of this server")]
    NotLocal,
    /// The room has as many as it may have.
    #[error("the room has {ALIASES_PER_ROOM_MAX} addresses already")]
    TooMany,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<FindRoomError> for AliasError {
    fn from(error: FindRoomError) -> Self {
        match error {
            FindRoomError::Unknown => Self::Unknown,
            FindRoomError::Internal(error) => Self::Internal(error),
        }
    }
}

impl Creation {
    /// The room an address belongs to.
    pub fn alias_target(&self, alias: &RoomAliasId) -> Result<Option<OwnedRoomId>, Error> {
        let record = self.core.store.get(&AliasKey { alias: alias.to_owned() })?;
        Ok(record.map(|record| record.room_id))
    }

    /// The addresses of a room.
    pub fn aliases_of(&self, room: ShortRoomId) -> Result<Vec<OwnedRoomAliasId>, Error> {
        self.core.store.scan::<RoomAliasKey>((room,)).map(|row| row.map(|(key, ())| key.alias)).collect()
    }

    /// Gives a room an address.
    pub async fn add_alias(&self, alias: &RoomAliasId, room_id: &RoomId, by: &UserId) -> Result<(), AliasError> {
        if alias.server_name() != self.core.server_name {
            return Err(AliasError::NotLocal);
        }
        let room = self.rooms.find(room_id)?;
        if !room.head().is_joined(by) {
            return Err(AliasError::Forbidden);
        }
        let key = AliasKey { alias: alias.to_owned() };
        let record = Alias { room_id: room_id.to_owned(), creator: by.to_owned() };
        let reverse = RoomAliasKey { room: room.short, alias: alias.to_owned() };
        self.core
            .store
            .commit(move |txn| {
                if txn.get(&key)?.is_some() {
                    return Err(AliasError::Taken);
                }
                if txn.scan::<RoomAliasKey>((reverse.room,))?.len() >= ALIASES_PER_ROOM_MAX {
                    return Err(AliasError::TooMany);
                }
                txn.put(&key, &record);
                txn.put(&reverse, &());
                Ok(())
            })
            .await
    }

    /// Takes an address away: its maker may, and whoever may set the room's canonical alias, and an administrator.
    pub async fn delete_alias(&self, alias: &RoomAliasId, by: &UserId, is_admin: bool) -> Result<(), AliasError> {
        let key = AliasKey { alias: alias.to_owned() };
        loop {
            let record = self.core.store.get(&key)?.ok_or(AliasError::Unknown)?;
            let allowed = is_admin
                || record.creator == by
                || self.may_set_state(&record.room_id, by, &StateEventType::RoomCanonicalAlias)?;
            if !allowed {
                return Err(AliasError::Forbidden);
            }
            // The address may have moved to another room meanwhile, where others decide.
            if self.delete_if_still(&key, record).await? {
                return Ok(());
            }
        }
    }

    /// Takes an address away if it still is what it was; answers whether it was.
    async fn delete_if_still(&self, key: &AliasKey, record: Alias) -> Result<bool, AliasError> {
        let room = self.rooms.find(&record.room_id)?.short;
        let (key, reverse) = (key.clone(), RoomAliasKey { room, alias: key.alias.clone() });
        let delete = self.core.store.commit(move |txn| {
            if txn.get(&key)?.as_ref() != Some(&record) {
                return Ok(false);
            }
            txn.delete(&key);
            txn.delete(&reverse);
            Ok::<_, AliasError>(true)
        });
        delete.await
    }

    /// Whether the directory lists the room.
    pub fn is_listed(&self, room_id: &RoomId) -> Result<bool, Error> {
        Ok(self.core.store.get(&PublicRoomKey { room_id: room_id.to_owned() })?.is_some())
    }

    /// The rooms that the directory lists.
    pub fn listed(&self) -> Result<Vec<OwnedRoomId>, Error> {
        self.core.store.scan::<PublicRoomKey>(()).map(|row| row.map(|(key, ())| key.room_id)).collect()
    }

    /// Lists the room in the directory or takes it off; asks for no right.
    pub(crate) async fn set_listed(&self, room_id: &RoomId, listed: bool) -> Result<(), Error> {
        let key = PublicRoomKey { room_id: room_id.to_owned() };
        self.core
            .store
            .commit(move |txn| {
                if listed {
                    txn.put(&key, &());
                } else {
                    txn.delete(&key);
                }
                Ok::<_, Error>(())
            })
            .await
    }

    /// As `by`, who must be allowed to set the room's canonical alias, lists the room or takes it off the list.
    pub async fn change_listed(&self, room_id: &RoomId, by: &UserId, listed: bool) -> Result<(), AliasError> {
        if !self.may_set_state(room_id, by, &StateEventType::RoomCanonicalAlias)? {
            return Err(AliasError::Forbidden);
        }
        Ok(self.set_listed(room_id, listed).await?)
    }

    fn may_set_state(&self, room_id: &RoomId, user: &UserId, kind: &StateEventType) -> Result<bool, AliasError> {
        let room = self.rooms.find(room_id)?;
        let head = room.head();
        Ok(head.is_joined(user)
            && PowerLevels::of(&head.state, &room.version).is_ok_and(|levels| levels.can_send_state(user, kind)))
    }
}

#[cfg(test)]
mod tests;
