//! Simplified sliding sync (MSC4186 in the dialect of `org.matrix.simplified_msc3575`): a client looks at its rooms
//! through windows, and a connection remembers what has been shown to it.
//!
//! Invariants: a waiter registers before it reads; what a connection remembers of a room changes only together with
//! the answer that tells it; a position names one such memory, so an answer that was lost can be asked for again.
//! Connections live in memory: after a restart clients hear `M_UNKNOWN_POS` and start over.

mod answer;
mod config;
mod connections;
mod extensions;
mod facts;
mod lists;
mod outside;
mod poll;
mod room;
mod state;
mod summary;
mod timeline;

pub use self::{
    answer::{E2eeAnswer, ExtensionsAnswer, RoomAnswer, SlidingAnswer, ToDeviceAnswer},
    poll::{SlidingError, SlidingRequest},
    summary::Hero,
};

use std::sync::Arc;

use self::{connections::Connections, facts::Facts};
use crate::{Parts, core::Core, sync::Watch};

/// Builds sliding sync answers.
pub struct Sliding {
    core: Arc<Core>,
    parts: Parts,
    watch: Arc<Watch>,
    connections: Connections,
    facts: Facts,
}

impl Sliding {
    /// Over these parts; `watch` must be subscribed to the store's changes.
    pub(crate) fn new(core: Arc<Core>, parts: Parts, watch: Arc<Watch>) -> Self {
        Self { core, parts, watch, connections: Connections::default(), facts: Facts::default() }
    }
}
