//! Rooms that take the place of others: whoever comes into one keeps what he had said of the old one, in the commit by
//! which he comes.

use std::sync::Arc;

use ruma::{
    OwnedRoomId, UserId,
    events::{StateEventType, room::member::MembershipState},
};
use serde::Deserialize;
use veche_rooms::{Pdu, StateMap, membership};

use super::{Draft, DraftError, draft::Target};
use crate::{
    account_data::Heir,
    rooms::{FindRoomError, Room},
};

#[derive(Deserialize)]
struct Create {
    predecessor: Option<Predecessor>,
}

#[derive(Deserialize)]
struct Predecessor {
    room_id: OwnedRoomId,
}

#[derive(Deserialize)]
struct Tombstone {
    replacement_room: OwnedRoomId,
}

impl Draft<'_> {
    /// If the event lets a user of this server into a room that took another's place, he keeps what he had said of the
    /// old one. Anybody can claim a predecessor, so the old room must name this one too.
    pub(super) fn keep_settings(&mut self, pdu: &Pdu) -> Result<(), DraftError> {
        let joins = membership::read(pdu).is_some_and(|member| member.membership == MembershipState::Join);
        let user = Self::member_of(pdu).filter(|user| joins && self.timeline.core.is_local(user));
        let Some(user) = user.filter(|user| !self.head.is_joined(user)) else { return Ok(()) };
        let Some(old_id) = predecessor(&self.head.state) else { return Ok(()) };
        let old = match self.timeline.rooms.find(&old_id) {
            Ok(room) => room,
            Err(FindRoomError::Unknown) => return Ok(()),
            Err(FindRoomError::Internal(error)) => return Err(error.into()),
        };
        if replacement(&old.head().state).is_some_and(|new_id| new_id == pdu.room_id) {
            let heir = Heir { user, old: (old.short, old_id), new_id: pdu.room_id.clone() };
            let account_data = Arc::clone(&self.timeline.notify.account_data);
            self.also(move |txn, new| Ok(heir.write(&account_data, txn, new)?));
        }
        Ok(())
    }

    /// The same for one who is in the new room already, in the commit that ends the old one.
    pub(crate) fn keep_settings_in(&mut self, user: &UserId, new: &Room) {
        let Target::Existing(locked) = &self.target else { return };
        let old = (locked.room.short, locked.room.id.clone());
        let (heir, new) = (Heir { user: user.to_owned(), old, new_id: new.id.clone() }, new.short);
        let account_data = Arc::clone(&self.timeline.notify.account_data);
        self.also(move |txn, _| Ok(heir.write(&account_data, txn, new)?));
    }
}

fn predecessor(state: &StateMap) -> Option<OwnedRoomId> {
    let create = state.get(&(StateEventType::RoomCreate, String::new()))?;
    Some(create.content_as::<Create>()?.predecessor?.room_id)
}

fn replacement(state: &StateMap) -> Option<OwnedRoomId> {
    let tombstone = state.get(&(StateEventType::RoomTombstone, String::new()))?;
    Some(tombstone.content_as::<Tombstone>()?.replacement_room)
}
