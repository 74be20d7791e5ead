//! Receipts and typing: what happens in a room and is not part of its timeline.

use std::sync::Arc;

use ruma::UserId;
use serde_json::value::RawValue;
use veche_store::{Error, StreamPosition};

use crate::{
    core::Core,
    rooms::{Room, Rooms},
};

/// Receipts and typing of all rooms.
pub struct Ephemeral {
    core: Arc<Core>,
    rooms: Arc<Rooms>,
}

impl Ephemeral {
    /// Over these parts.
    pub fn new(core: Arc<Core>, rooms: Arc<Rooms>) -> Self {
        Self { core, rooms }
    }

    /// The ephemeral events of a room that changed in `(since, upto]`, as `user` may see them.
    pub fn since(
        &self,
        _room: &Arc<Room>,
        _user: &UserId,
        _since: Option<StreamPosition>,
        _upto: StreamPosition,
    ) -> Result<Vec<Box<RawValue>>, Error> {
        let _ = (&self.core, &self.rooms);
        Ok(Vec::new())
    }
}
