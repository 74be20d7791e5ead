//! Whether somebody may be in the call of a room, and what he may do there.

use std::sync::Arc;

use ruma::UserId;
use ruma::events::{MessageLikeEventType, StateEventType};
use veche_homeserver::StoreError;
use veche_homeserver::rooms::{FindRoomError, Room};
use veche_rooms::PowerLevels;

use crate::{Calls, Holder};

/// By what clients tell the room that they are in its call: state of their own, or an event that sticks for a while
/// (MSC4143), which in an encrypted room nobody but the members can tell from others.
const MEMBER_STATE: &str = "org.matrix.msc3401.call.member";
const MEMBER_EVENTS: [&str; 3] = ["m.rtc.member", "org.matrix.msc4143.rtc.member", "m.room.encrypted"];

/// Why somebody may not be in the call of a room.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    /// He is not in the room; whether there is one is not told.
    #[error("you are not in this room")]
    NotInRoom,
    /// His account is locked, suspended or gone.
    #[error("this account may not take part in calls")]
    Account,
    /// The device is none of his.
    #[error("you have no such device")]
    Device,
    /// The store failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

impl Calls {
    /// The room in whose call this holder of a token may be now. Asked of everybody in a call whenever something happens in its
    /// room, so it reads memory only.
    ///
    /// The device is looked at although he only claims it: it is what his session is found by when it ends, and a call must
    /// end with it.
    pub(crate) fn standing(&self, holder: &Holder) -> Result<Arc<Room>, Unfit> {
        let directory = &self.homeserver.core.directory;
        let account = directory.account(&holder.user_id);
        let is_good = |it: &veche_directory::Account| !it.locked && !it.suspended && it.deactivated_ms.is_none();
        if !account.as_ref().is_some_and(is_good) {
            return Err(Unfit::Account);
        }
        if directory.device(&holder.user_id, &holder.device_id).is_none() {
            return Err(Unfit::Device);
        }
        let room = match self.homeserver.parts.rooms.find(&holder.room_id) {
            Ok(room) => room,
            Err(FindRoomError::Unknown) => return Err(Unfit::NotInRoom),
            Err(FindRoomError::Internal(error)) => return Err(error.into()),
        };
        if room.head().is_joined(&holder.user_id) { Ok(room) } else { Err(Unfit::NotInRoom) }
    }
}

/// Whether a member may administer the call of his room: as far as he may put others out of the room.
pub(crate) fn may_administer(room: &Room, user: &UserId) -> bool {
    PowerLevels::of(&room.head().state, &room.version).is_ok_and(|levels| levels.can_kick_some(user))
}

/// Whether a member may do something to another who is in the call of his room: what he could do by putting him out of the room.
pub(crate) fn may_act_on(room: &Room, user: &UserId, other: &UserId) -> bool {
    let could_kick = || {
        let levels = PowerLevels::of(&room.head().state, &room.version);
        levels.is_ok_and(|levels| levels.can_kick(user, other))
    };
    user == other || could_kick()
}

/// Whether a member may be heard and seen in the call of his room, and not only listen.
///
/// Who cannot tell the room that he is in its call would be a stranger to the others, who take no stream without such a word
/// (MSC4143). So he may listen, as he may read, and in a room where only some may speak, only they do.
pub(crate) fn may_publish(room: &Room, user: &UserId) -> bool {
    PowerLevels::of(&room.head().state, &room.version).is_ok_and(|levels| {
        levels.can_send_state(user, &StateEventType::from(MEMBER_STATE))
            || MEMBER_EVENTS.iter().any(|kind| levels.can_send_message(user, &MessageLikeEventType::from(*kind)))
    })
}
