//! Tokens: who gets one, what it allows, and whether it still does when it is shown.

use std::sync::Arc;
use std::time::Duration;

use ruma::{OwnedDeviceId, OwnedRoomId, OwnedUserId};
use veche_base::Secret;
use veche_base::limits::ID_BYTES_MAX;
use veche_homeserver::StoreError;
use veche_homeserver::delayed::{DelegateError, Delegation};
use veche_homeserver::rooms::Room;

use crate::names::{MemberName, identity, room_name};
use crate::seats::SeatKey;
use crate::standing::{Unfit, may_administer, may_publish};
use crate::token::{Grants, Holder, TokenError, VideoGrant};
use crate::{Calls, NoPlace};

/// How long a token can be used to enter a call. Whoever is in it stays.
const TICKET_SECS: u64 = 60 * 60;

/// Who wants to be in which call.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The user, of whom that is proved.
    pub user_id: OwnedUserId,
    /// The device that he claims.
    pub device_id: OwnedDeviceId,
    /// The room.
    pub room_id: OwnedRoomId,
    /// Which of its calls.
    pub slot_id: String,
    /// How he names himself in it.
    pub member: MemberName,
}

/// A token for a call.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// What the SFU wants to see.
    pub jwt: Secret<String>,
    /// The call's name there.
    pub room: String,
    /// The participant's name there.
    pub identity: String,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TicketError {
    /// There are no calls on this server.
    #[error("this server has no calls")]
    Closed,
    /// A name is empty or too long.
    #[error("{0} must have between one and {ID_BYTES_MAX} bytes")]
    Name(&'static str),
    /// He is not in the room; whether there is one is not told.
    #[error("you are not in this room")]
    NotInRoom,
    /// His account is locked, suspended or gone.
    #[error("this account may not take part in calls")]
    Account,
    /// The device is none of his.
    #[error("you have no such device")]
    Device,
    /// Nobody more can be taken into this call.
    #[error("this call is full")]
    Full,
    /// Nobody more can be taken into any call now.
    #[error("the server carries as many people in calls as it can; try again when some have left")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

/// Why a leaving was not taken over.
#[derive(Debug, thiserror::Error)]
pub enum LeaveError {
    /// He could not be in the call to begin with.
    #[error(transparent)]
    Ticket(#[from] TicketError),
    /// The delayed event is none that can be taken over.
    #[error(transparent)]
    Delegate(#[from] DelegateError),
}

/// Why nobody is let in with a token.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    /// It is no good.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// It does not open a call, or is for nobody whom we know.
    #[error("the token does not open a call")]
    NoCall,
    /// It was good, and whoever has it may not be in this call any more.
    #[error("you may not be in this call any more")]
    NotAnyMore,
    /// The store failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

impl From<Unfit> for TicketError {
    fn from(error: Unfit) -> Self {
        match error {
            Unfit::NotInRoom => Self::NotInRoom,
            Unfit::Account => Self::Account,
            Unfit::Device => Self::Device,
            Unfit::Internal(error) => Self::Internal(error),
        }
    }
}

impl From<Unfit> for AdmitError {
    fn from(error: Unfit) -> Self {
        match error {
            Unfit::NotInRoom | Unfit::Account | Unfit::Device => Self::NotAnyMore,
            Unfit::Internal(error) => Self::Internal(error),
        }
    }
}

impl Calls {
    /// A token for a call, for a member of its room, with the least rights that make him one of its participants.
    pub fn ticket(&self, wish: &Wish) -> Result<Ticket, TicketError> {
        let sfu = self.sfu.get().ok_or(TicketError::Closed)?;
        let (key, holder, room) = self.seat(wish)?;
        if let Some(why) = sfu.refuses(&key.call).filter(|_| !self.seats.is_taken(&key)) {
            self.refuse(holder, why);
            return Err(match why {
                NoPlace::Full => TicketError::Full,
                NoPlace::Busy => TicketError::Busy,
            });
        }
        Ok(Ticket { jwt: self.issue(&key, holder, &room), room: key.call, identity: key.identity })
    }

    /// It took so long until this token was answered, with the proof of who asked and all else that was to be done before.
    pub fn ticket_answered(&self, room: String, identity: String, took: Duration) {
        self.joins.give(SeatKey { call: room, identity }, took);
    }

    /// Another token for somebody who is in a call, which is good as long again: his client needs one when it comes back after
    /// hours. None for whoever may not be there any more.
    pub fn fresh_token(&self, room: &str, identity: &str) -> Option<Secret<String>> {
        let key = SeatKey { call: room.to_owned(), identity: identity.to_owned() };
        let holder = self.seats.holder(&key)?;
        let room = self.standing(&holder).ok()?;
        Some(self.issue(&key, holder, &room))
    }

    fn issue(&self, key: &SeatKey, holder: Holder, room: &Room) -> Secret<String> {
        let now_ms = self.homeserver.core.clock.wall_ms();
        let grants = Grants {
            identity: key.identity.clone(),
            name: String::new(),
            kind: String::new(),
            metadata: String::new(),
            attributes: Default::default(),
            video: video(key.call.clone(), may_publish(room, &holder.user_id), may_administer(room, &holder.user_id)),
            expires_secs: now_ms / 1_000 + TICKET_SECS,
            holder: Some(holder),
        };
        self.keys.issue(&grants, now_ms)
    }

    /// Takes a leaving over that somebody has scheduled for himself: as long as he is in the call it is put off, and once he
    /// is gone it is sent (MSC4195, "Optional delegated delayed leave events"). What he handed over before for the same seat
    /// is his own again.
    pub async fn delegate_leave(&self, wish: &Wish, delay_id: &str) -> Result<(), LeaveError> {
        if !self.is_open() {
            return Err(TicketError::Closed.into());
        }
        let (key, holder, room) = self.seat(wish)?;
        let of = Delegation { call: key.call.clone(), identity: key.identity.clone() };
        let former = self.seats.delegated(&key).filter(|former| former != delay_id);
        let delayed = &self.homeserver.delayed;
        let delegated = delayed.delegate(&wish.user_id, &wish.room_id, delay_id, of, former).await?;
        self.seats.delegate(key, holder, room.short, delegated.delay_id, delegated.delay_ms, self.now());
        Ok(())
    }

    /// Lets the holder of a token into the call that it opens, if he may still be there: he may have been put out of the
    /// room, signed out or been locked since. For the SFU, whenever somebody connects with a token; what is answered is what
    /// he may do from now on.
    pub fn admit(&self, token: &str) -> Result<Grants, AdmitError> {
        let mut grants = self.keys.verify(token, self.homeserver.core.clock.wall_ms())?;
        let opens = grants.video.room_join && !grants.video.room.is_empty();
        let Some(holder) = grants.holder.clone().filter(|_| opens) else { return Err(AdmitError::NoCall) };
        let room = self.standing(&holder)?;
        let may_publish = may_publish(&room, &holder.user_id);
        grants.video.can_publish_data = Some(grants.video.may_publish_data() && may_publish);
        grants.video.can_publish = Some(grants.video.may_publish() && may_publish);
        let key = SeatKey { call: grants.video.room.clone(), identity: grants.identity.clone() };
        let ticket_took = self.joins.take(&key);
        self.seats.expect(key, holder, room.short, ticket_took, self.now());
        Ok(grants)
    }

    /// Whose seat this would be, if he may have it.
    fn seat(&self, wish: &Wish) -> Result<(SeatKey, Holder, Arc<Room>), TicketError> {
        check("slot_id", &wish.slot_id)?;
        if let MemberName::WithDevice(id) | MemberName::Alone(id) = &wish.member {
            check("the id of the member", id)?;
        }
        let holder =
            Holder { user_id: wish.user_id.clone(), device_id: wish.device_id.clone(), room_id: wish.room_id.clone() };
        let room = self.standing(&holder)?;
        let call = room_name(&wish.room_id, &wish.slot_id);
        let identity = identity(&wish.user_id, &wish.device_id, &wish.member);
        Ok((SeatKey { call, identity }, holder, room))
    }
}

fn check(what: &'static str, name: &str) -> Result<(), TicketError> {
    if name.is_empty() || name.len() > ID_BYTES_MAX { Err(TicketError::Name(what)) } else { Ok(()) }
}

fn video(room: String, may_publish: bool, may_administer: bool) -> VideoGrant {
    VideoGrant {
        room_join: true,
        room,
        can_publish: Some(may_publish),
        can_subscribe: Some(true),
        can_publish_data: Some(may_publish),
        can_update_own_metadata: Some(true),
        room_admin: may_administer,
        room_list: may_administer,
        ..VideoGrant::default()
    }
}

#[cfg(test)]
mod tests;
