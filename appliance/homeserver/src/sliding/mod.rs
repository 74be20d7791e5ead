//! Simplified sliding sync (MSC4186): a client looks at its rooms through windows, and a connection remembers what has
//! been shown to it. What clients say and hear in either dialect is the business of `api`.
//!
//! Invariants: a waiter registers before it reads; what a connection remembers of a room changes only together with
//! the answer that tells it; a position names one such memory, so an answer that was lost can be asked for again.
//! Connections live in memory: after a restart clients hear `M_UNKNOWN_POS` and start over.

mod answer;
mod config;
mod connections;
mod extensions;
mod facts;
mod filters;
mod lists;
mod outside;
mod poll;
mod room;
mod state;
mod sticky;
mod summary;
mod timeline;
mod wishes;

pub use self::{
    answer::{E2eeAnswer, ExtensionsAnswer, RoomAnswer, SlidingAnswer, StickyAnswer, ToDeviceAnswer},
    poll::{SlidingError, SlidingRequest},
    summary::Hero,
    wishes::{ListFilters, ListWish, RoomWish, StatePattern, StateWish, StickyWish},
};

use std::sync::Arc;

use ruma::{DeviceId, UserId};

use self::{
    connections::{ConnectionKey, Connections},
    facts::Facts,
};
use crate::{
    Parts,
    core::Core,
    sync::{OpenPolls, Watch},
};

/// Builds sliding sync answers.
pub struct Sliding {
    core: Arc<Core>,
    parts: Parts,
    watch: Arc<Watch>,
    connections: Connections,
    facts: Facts,
    /// A connection has one request at a time (MSC4186, "Connections").
    polls: OpenPolls<ConnectionKey>,
}

impl Sliding {
    /// Over these parts; `watch` must be subscribed to the store's changes.
    pub(crate) fn new(core: Arc<Core>, parts: Parts, watch: Arc<Watch>) -> Self {
        let (connections, facts, polls) = (Connections::default(), Facts::default(), OpenPolls::new(1));
        Self { core, parts, watch, connections, facts, polls }
    }

    /// Forgets what a device was shown that is gone.
    pub(crate) fn forget_device(&self, user: &UserId, device: &DeviceId) {
        self.connections.forget(user, device);
    }
}
