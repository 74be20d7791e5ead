//! Presence: who is online. Kept in memory only; a restart begins with everybody offline.

use std::sync::Arc;

use ruma::UserId;
use serde_json::value::RawValue;
use veche_store::{Error, StreamPosition};

use crate::core::Core;

/// The presence of local users.
pub struct Presence {
    core: Arc<Core>,
}

impl Presence {
    /// Over this core.
    pub fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// Presence events of users who share a room with `user`, changed in `(since, upto]`.
    pub fn since(
        &self,
        _user: &UserId,
        _since: Option<StreamPosition>,
        _upto: StreamPosition,
    ) -> Result<Vec<Box<RawValue>>, Error> {
        let _ = &self.core;
        Ok(Vec::new())
    }
}
