//! Changes of another person's membership, and of one's own by leaving.

use ruma::{
    OwnedUserId, RoomId, UserId,
    events::{TimelineEventType, room::member::MembershipState},
};
use serde_json::{Map, Value};
use veche_base::limits::ROOMS_PER_USER_MAX;
use veche_rooms::NewEvent;
use veche_store::{
    Change, Error,
    records::memberships::{Membership, UserRoomKey},
};

use super::Members;
use crate::{
    rooms::{FindRoomError, Head},
    timeline::{DraftError, state_event},
};

/// Why a membership did not change.
#[derive(Debug, thiserror::Error)]
pub enum MembershipError {
    /// No such room here.
    #[error("no such room")]
    UnknownRoom,
    /// The rules of the room say no.
    #[error("{0}")]
    Forbidden(String),
    /// The person is not in a state from which this can be done.
    #[error("{0}")]
    BadState(String),
    /// The room is not one that the person has left.
    #[error("{0}")]
    CannotForget(&'static str),
    /// The request is not a valid one.
    #[error("{0}")]
    Invalid(String),
    /// The person takes no invites.
    #[error("{0} does not accept invites")]
    InviteBlocked(OwnedUserId),
    /// The person has as many rooms as one may have.
    #[error("nobody may be in more than {ROOMS_PER_USER_MAX} rooms")]
    TooManyRooms,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<FindRoomError> for MembershipError {
    fn from(error: FindRoomError) -> Self {
        match error {
            FindRoomError::Unknown => Self::UnknownRoom,
            FindRoomError::Internal(error) => Self::Internal(error),
        }
    }
}

impl From<DraftError> for MembershipError {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::Forbidden(why) => Self::Forbidden(why),
            DraftError::Invalid(why) => Self::Invalid(why),
            DraftError::TooLarge => Self::Invalid("the reason is too long".to_owned()),
            DraftError::Taken => Self::Invalid(error.to_string()),
            DraftError::NotFederated(_) => Self::Forbidden(error.to_string()),
            DraftError::InviteBlocked(user) => Self::InviteBlocked(user),
            DraftError::TooManyRooms => Self::TooManyRooms,
            DraftError::Internal(error) => Self::Internal(error),
        }
    }
}

/// What to do to a person's membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberAction {
    /// Ask someone in.
    Invite,
    /// Put someone out; he may be asked in again.
    Kick,
    /// Put someone out for good.
    Ban,
    /// Take a ban back.
    Unban,
}

impl Members {
    /// `sender` changes the membership of `target`.
    pub async fn change(
        &self,
        room_id: &RoomId,
        sender: &UserId,
        target: &UserId,
        action: MemberAction,
        reason: Option<String>,
    ) -> Result<(), MembershipError> {
        let room = self.rooms.find(room_id)?;
        let locked = room.lock().await;
        let head = room.head();
        if !head.is_joined(sender) {
            return Err(MembershipError::Forbidden("you are not in this room".to_owned()));
        }
        check_transition(&head, target, action)?;
        let membership = match action {
            MemberAction::Invite => MembershipState::Invite,
            MemberAction::Ban => MembershipState::Ban,
            MemberAction::Kick | MemberAction::Unban => MembershipState::Leave,
        };
        let content = match action {
            MemberAction::Invite => self.profiles.member_content(target)?,
            MemberAction::Kick | MemberAction::Ban | MemberAction::Unban => Map::new(),
        };
        let mut draft = self.timeline.draft(locked);
        draft.push(sender, member_event(target, &membership, content, reason))?;
        draft.commit().await?;
        Ok(())
    }

    /// `user` leaves the room, or turns its invite down, or takes a knock back.
    pub async fn leave(&self, room_id: &RoomId, user: &UserId, reason: Option<String>) -> Result<(), MembershipError> {
        let room = self.rooms.find(room_id)?;
        let locked = room.lock().await;
        match room.head().membership(user) {
            MembershipState::Leave => return Ok(()),
            MembershipState::Ban => {
                return Err(MembershipError::Forbidden("you are banned from this room".to_owned()));
            }
            _ => {}
        }
        let mut draft = self.timeline.draft(locked);
        draft.push(user, member_event(user, &MembershipState::Leave, Map::new(), reason))?;
        draft.commit().await?;
        Ok(())
    }

    /// Drops a room that `user` has left from his list for good.
    pub async fn forget(&self, room_id: &RoomId, user: &UserId) -> Result<(), MembershipError> {
        let room = self.rooms.find(room_id)?;
        let key = UserRoomKey { user: user.to_owned(), room: room.short };
        let user = user.to_owned();
        // Looked at inside the commit: an invite or a join may come at the same moment, and must not be undone.
        let forget = self.core.store.commit(move |txn| {
            let Some(mut record) = txn.get(&key)? else {
                return Err(MembershipError::CannotForget("you were never in this room"));
            };
            if !matches!(record.membership, Membership::Leave | Membership::Ban) {
                return Err(MembershipError::CannotForget("leave the room before forgetting it"));
            }
            record.forgotten = true;
            txn.put(&key, &record);
            txn.next_position();
            txn.change(Change::User(user));
            Ok(())
        });
        forget.await
    }
}

fn check_transition(head: &Head, target: &UserId, action: MemberAction) -> Result<(), MembershipError> {
    let now = head.membership(target);
    let refuse = |why: &str| Err(MembershipError::Forbidden(why.to_owned()));
    match (action, now) {
        (MemberAction::Invite, MembershipState::Join) => refuse("this person is in the room already"),
        (MemberAction::Invite, MembershipState::Ban) => refuse("this person is banned from the room"),
        (MemberAction::Kick, MembershipState::Leave) => refuse("this person is not in the room"),
        (MemberAction::Kick, MembershipState::Ban) => refuse("this person is banned; take the ban back instead"),
        (MemberAction::Unban, MembershipState::Ban) => Ok(()),
        (MemberAction::Unban, _) => Err(MembershipError::BadState("this person is not banned".to_owned())),
        _ => Ok(()),
    }
}

/// A member event.
pub(crate) fn member_event(
    target: &UserId,
    membership: &MembershipState,
    mut content: Map<String, Value>,
    reason: Option<String>,
) -> NewEvent {
    content.insert("membership".to_owned(), Value::String(membership.to_string()));
    if let Some(reason) = reason {
        content.insert("reason".to_owned(), Value::String(reason));
    }
    state_event(TimelineEventType::RoomMember, target.as_str(), &Value::Object(content))
}
