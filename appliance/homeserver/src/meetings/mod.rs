//! Meetings: how people without an account come into one room by a link, and how they go again.
//!
//! | file | what it owns |
//! |---|---|
//! | `links` | making, listing and ending links: for members who may invite into the room |
//! | `lobby` | those who wait at the door, in memory: whoever waits says so again after a restart |
//! | `entering` | knocking, letting in and refusing, and what happens when somebody is let in |
//! | `pages` | guests' pages that are closed, or loaded anew |
//! | `upkeep` | the task that ends meetings and sees guests off |
//!
//! A guest's account, the link and its limits are the directory's (`veche_directory`). Here is what rooms have to do with it.
//! Invariants: a guest comes in because somebody could invite him, and that one's name stands under his invite; he is in no
//! room but this; what was said before he came he does not read, whatever the room shows to others
//! (`timeline/read.rs`); whoever is not in the room any more has no account any more, soon after and also after a crash.

mod entering;
mod links;
mod lobby;
mod pages;
mod upkeep;

#[cfg(test)]
mod tests;

pub use self::{
    entering::{AdmitError, EnterError, Entered, Knock, KnockError},
    links::{LinkError, LinkWish},
    lobby::Waiting,
    pages::PAGE_BYTES_MAX,
};

use std::{
    collections::BTreeSet,
    sync::{Arc, RwLock},
    time::Duration,
};

use ruma::UserId;
use tokio::sync::Notify;
use veche_rooms::PowerLevels;
use veche_store::ShortRoomId;

use self::{lobby::Lobby, pages::Pages};
use crate::{
    core::Core,
    membership::Members,
    profiles::Profiles,
    rooms::{Room, Rooms},
};

/// Meetings and their guests.
pub struct Meetings {
    core: Arc<Core>,
    rooms: Arc<Rooms>,
    members: Arc<Members>,
    profiles: Arc<Profiles>,
    lobby: Lobby,
    pages: Pages,
    /// Rooms in which there is a guest.
    visited: RwLock<BTreeSet<ShortRoomId>>,
    /// Something happened in one of them.
    doubt: Notify,
    started: Duration,
}

impl Meetings {
    /// Over these parts. Nothing goes on by itself before [`Self::start`].
    pub(crate) fn new(core: &Arc<Core>, rooms: &Arc<Rooms>, members: &Arc<Members>, profiles: &Arc<Profiles>) -> Self {
        Self {
            core: Arc::clone(core),
            rooms: Arc::clone(rooms),
            members: Arc::clone(members),
            profiles: Arc::clone(profiles),
            lobby: Lobby::new(),
            pages: Pages::default(),
            visited: RwLock::default(),
            doubt: Notify::new(),
            started: core.clock.monotonic(),
        }
    }

    /// A guest's page is there, also again after it was put aside. `false`: he is no guest.
    pub fn page_opened(&self, guest: &UserId, page: String) -> bool {
        let is_guest = self.core.directory.is_guest(guest);
        if is_guest {
            self.pages.open(guest, page);
        }
        is_guest
    }

    /// A guest's page is closed, or loaded anew: unless he is back within 20 seconds he has left. `false`: he is no guest.
    pub fn page_closed(&self, guest: &UserId, page: String) -> bool {
        let is_guest = self.core.directory.is_guest(guest);
        if is_guest {
            self.pages.close(guest, page, self.core.clock.monotonic());
            self.doubt.notify_one();
        }
        is_guest
    }
}

/// Whether somebody may bring others into a room.
fn may_invite(room: &Room, user: &UserId) -> bool {
    let head = room.head();
    head.is_joined(user) && PowerLevels::of(&head.state, &room.version).is_ok_and(|levels| levels.can_invite(user))
}
