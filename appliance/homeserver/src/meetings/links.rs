//! The links of a room.

use std::sync::Arc;

use ruma::{OwnedRoomId, RoomId, UserId};
use veche_base::Secret;
use veche_directory::{Meeting, MeetingId, NewMeeting, NewMeetingError};
use veche_store::Error;

use super::{Meetings, may_invite};
use crate::rooms::{FindRoomError, Room};

/// A link that somebody wants.
#[derive(Debug, Clone)]
pub struct LinkWish {
    /// The room that guests shall come into.
    pub room_id: OwnedRoomId,
    /// What guests are told that it is.
    pub title: String,
    /// What guests have to know beside the link.
    pub pin: Option<Secret<String>>,
    /// Whether somebody in the room lets each guest in.
    pub lobby: bool,
    /// Guests at one time.
    pub guests_max: u64,
    /// For how long.
    pub lifetime_secs: u64,
}

/// Why something was not done about a room's links or its door.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// He may not bring others into this room; whether there is one is not told.
    #[error("you may not invite into this room")]
    Forbidden,
    /// There is no such meeting here, or it is over.
    #[error("no such meeting")]
    Unknown,
    /// The link is none that can be made.
    #[error(transparent)]
    New(#[from] NewMeetingError),
    /// The directory failed.
    #[error("the directory: {0}")]
    Directory(#[from] veche_directory::StoreError),
    /// The store failed.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl Meetings {
    /// Makes a link. What is answered beside the meeting is the link's end, which is told this once.
    pub async fn make(&self, by: &UserId, wish: LinkWish) -> Result<(Meeting, Secret<String>), LinkError> {
        self.inviting(&wish.room_id, by)?;
        let LinkWish { room_id, title, pin, lobby, guests_max, lifetime_secs } = wish;
        let made_by = by.to_owned();
        let new = NewMeeting { room_id, title, made_by, pin, lobby, guests_max, lifetime_secs };
        Ok(self.core.directory.make_meeting(new).await?)
    }

    /// The meetings of a room that are not over.
    pub async fn list(&self, by: &UserId, room_id: &RoomId) -> Result<Vec<Meeting>, LinkError> {
        self.inviting(room_id, by)?;
        Ok(self.core.directory.meetings(room_id).await?)
    }

    /// Ends a meeting: nobody more comes in, and its guests go.
    pub async fn end(&self, by: &UserId, room_id: &RoomId, id: MeetingId) -> Result<(), LinkError> {
        self.inviting(room_id, by)?;
        if !self.core.directory.end_meeting(by, room_id, id).await? {
            return Err(LinkError::Unknown);
        }
        self.lobby.wake();
        Ok(())
    }

    /// The room, if this member may bring others into it.
    pub(super) fn inviting(&self, room_id: &RoomId, by: &UserId) -> Result<Arc<Room>, LinkError> {
        match self.rooms.find(room_id) {
            Ok(room) if may_invite(&room, by) => Ok(room),
            Ok(_) | Err(FindRoomError::Unknown) => Err(LinkError::Forbidden),
            Err(FindRoomError::Internal(error)) => Err(error.into()),
        }
    }
}
