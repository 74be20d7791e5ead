//! Who may administer a call: ask who is in it, mute people and send them out, over LiveKit's API for servers.
//!
//! Moderators have it, by the token that they get anyway, for the call of their own room. What the token says is not enough:
//! the room is asked each time, because power is taken away, too. And nobody can do to somebody in a call what he could not
//! do to him in the room.

use std::fmt;
use std::sync::Arc;

use veche_homeserver::StoreError;
use veche_homeserver::rooms::Room;

use crate::seats::SeatKey;
use crate::standing::{Unfit, may_act_on, may_administer, may_publish};
use crate::token::TokenError;
use crate::{Calls, Holder};

/// Why somebody may not administer a call.
#[derive(Debug, thiserror::Error)]
pub enum AdministerError {
    /// His token is no good.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// It is good, and is none for this, or not for this call.
    #[error("the token does not allow this")]
    NotGranted,
    /// He may not any more, or not to this person.
    #[error("you may not do this in this room")]
    NotAllowed,
    /// The store failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

impl From<Unfit> for AdministerError {
    fn from(error: Unfit) -> Self {
        match error {
            Unfit::NotInRoom | Unfit::Account | Unfit::Device => Self::NotAllowed,
            Unfit::Internal(error) => Self::Internal(error),
        }
    }
}

/// Somebody who may administer a call at this moment; not to be kept.
pub struct Administrator {
    /// Who.
    pub holder: Holder,
    /// The call's name on the SFU.
    pub call: String,
    is_admin: bool,
    may_list: bool,
    room: Arc<Room>,
}

impl Administrator {
    /// Whether his token is for administering this call.
    pub fn may_administer(&self, call: &str) -> Result<(), AdministerError> {
        if self.is_admin && self.call == call { Ok(()) } else { Err(AdministerError::NotGranted) }
    }

    /// Whether he may be told that there is his call; of others he is told nothing.
    pub fn may_list(&self) -> Result<(), AdministerError> {
        if self.may_list { Ok(()) } else { Err(AdministerError::NotGranted) }
    }
}

impl fmt::Debug for Administrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Administrator").field("holder", &self.holder).field("call", &self.call).finish_non_exhaustive()
    }
}

impl Calls {
    /// Whom a token makes an administrator of its call, if he still has the power in its room.
    pub fn administrator(&self, token: &str) -> Result<Administrator, AdministerError> {
        let grants = self.keys.verify(token, self.homeserver.core.clock.wall_ms())?;
        let video = grants.video;
        let is_granted = (video.room_admin || video.room_list) && !video.room.is_empty();
        let holder = grants.holder.filter(|_| is_granted).ok_or(AdministerError::NotGranted)?;
        let room = self.standing(&holder)?;
        if !may_administer(&room, &holder.user_id) {
            return Err(AdministerError::NotAllowed);
        }
        let (is_admin, may_list) = (video.room_admin, video.room_list);
        Ok(Administrator { holder, call: video.room, is_admin, may_list, room })
    }

    /// Whether he may do something to somebody in his call; answers whether that one may send there.
    pub fn may_act_on(&self, who: &Administrator, identity: &str) -> Result<bool, AdministerError> {
        let key = SeatKey { call: who.call.clone(), identity: identity.to_owned() };
        // Whoever has no seat is in no call, as he will be told.
        let Some(other) = self.seats.holder(&key) else { return Ok(false) };
        if !may_act_on(&who.room, &who.holder.user_id, &other.user_id) {
            return Err(AdministerError::NotAllowed);
        }
        Ok(may_publish(&who.room, &other.user_id))
    }

    /// Whether he may send everybody out of his call.
    pub fn may_end(&self, who: &Administrator) -> Result<(), AdministerError> {
        let there = self.seats.everybody().into_iter().filter(|(key, _)| key.call == who.call);
        let mut others = there.map(|(_, holder)| holder.user_id);
        let may_all = others.all(|other| may_act_on(&who.room, &who.holder.user_id, &other));
        if may_all { Ok(()) } else { Err(AdministerError::NotAllowed) }
    }
}

#[cfg(test)]
mod tests;
