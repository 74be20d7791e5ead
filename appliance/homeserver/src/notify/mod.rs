//! Who is notified of an event: push rules, counts, pushers.

use std::{collections::BTreeMap, sync::Arc};

use ruma::{OwnedEventId, OwnedUserId, UserId};
use veche_rooms::Pdu;
use veche_store::{Error, ShortRoomId, StreamPosition};

use crate::{account_data::AccountData, core::Core, rooms::Head, sync::UnreadCounts};

/// One user's notification of one event, stored beside the event.
pub struct PushRow {
    /// Whom it is for.
    pub user: OwnedUserId,
    /// Counts as a notification.
    pub notify: bool,
    /// Counts as a highlight (a mention).
    pub highlight: bool,
    /// The thread it belongs to, if any.
    pub thread: Option<OwnedEventId>,
}

/// Unread counts of one room.
#[derive(Default)]
pub struct RoomCounts {
    /// Of the room, without its threads when they are counted apart.
    pub room: UnreadCounts,
    /// By thread root.
    pub threads: BTreeMap<OwnedEventId, UnreadCounts>,
    /// When a count last changed other than by an event (a receipt).
    pub changed: StreamPosition,
}

/// Push rules and notification counts.
pub struct Notify {
    pub(crate) core: Arc<Core>,
    pub(crate) account_data: Arc<AccountData>,
}

impl Notify {
    /// Over this core.
    pub fn new(core: Arc<Core>, account_data: Arc<AccountData>) -> Self {
        Self { core, account_data }
    }

    /// The unread counts of a user in a room; by thread when the client counts threads, else all in `room`.
    pub fn counts(&self, _user: &UserId, _room: ShortRoomId, _by_thread: bool) -> Result<RoomCounts, Error> {
        Ok(RoomCounts::default())
    }

    /// Whom the event notifies, judged by the room as it was before it.
    pub(crate) fn plan(&self, _pdu: &Pdu, _head: &Head) -> Result<Vec<PushRow>, Error> {
        Ok(Vec::new())
    }
}
