//! What changed for one device since a position: the long poll behind `/sync` and sliding sync.
//!
//! Invariants: a waiter registers before it reads; a reader reads only up to a position that was readable when he
//! began; a token names that position, so nothing between two tokens is lost.

mod answers;
mod collect;
mod invites;
mod polls;
mod room;
mod settled;
mod state;
mod token;
mod update;
mod watch;

pub use self::{
    answers::Answering,
    collect::{SyncError, SyncRequest},
    token::{SyncToken, TokenError},
    update::{InvitedUpdate, JoinedUpdate, LeftUpdate, RoomSummary, SyncUpdate, TimelineUpdate, UnreadCounts},
    watch::{Waiter, Watch},
};

pub(crate) use self::{collect::COALESCE, polls::OpenPolls, room::summary_of, settled::Settled, token::AFTER_READING};

use std::sync::Arc;

use ruma::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use veche_base::limits::SYNCS_PER_DEVICE_MAX;

use crate::{Parts, core::Core};

/// Builds sync answers.
pub struct Sync {
    pub(crate) core: Arc<Core>,
    pub(crate) parts: Parts,
    pub(crate) watch: Arc<Watch>,
    polls: OpenPolls<(OwnedUserId, OwnedDeviceId)>,
}

impl Sync {
    /// Over these parts; `watch` must be subscribed to the store's changes.
    pub(crate) fn new(core: Arc<Core>, parts: Parts, watch: Arc<Watch>) -> Self {
        Self { core, parts, watch, polls: OpenPolls::new(SYNCS_PER_DEVICE_MAX) }
    }

    /// Announces the answer to a request of this device that makes an event. Its syncs do not tell of the event before
    /// what this gives is dropped, or some time has passed.
    pub fn answering(&self, user: &UserId, device: &DeviceId) -> Answering {
        self.watch.answers.begin(user, device)
    }
}
