//! Coming in: join and knock.

use ruma::{RoomId, UserId, events::room::member::MembershipState};
use serde_json::{Map, Value};

use super::{Members, MembershipError, change::member_event};

impl Members {
    /// `user` joins the room. Joining a room one is in already changes nothing.
    pub async fn join(
        &self,
        room_id: &RoomId,
        user: &UserId,
        reason: Option<String>,
        extra: Map<String, Value>,
    ) -> Result<(), MembershipError> {
        let room = self.rooms.find(room_id)?;
        let locked = room.lock().await;
        let head = room.head();
        if head.is_joined(user) && extra.is_empty() {
            return Ok(());
        }
        let mut content = extra;
        content.extend(self.profiles.member_content(user)?);
        let mut draft = self.timeline.draft(locked);
        draft.push(user, member_event(user, &MembershipState::Join, content, reason))?;
        draft.commit().await?;
        Ok(())
    }

    /// `user` asks to be let in.
    pub async fn knock(&self, room_id: &RoomId, user: &UserId, reason: Option<String>) -> Result<(), MembershipError> {
        let room = self.rooms.find(room_id)?;
        let locked = room.lock().await;
        if room.head().membership(user) == MembershipState::Knock {
            return Ok(());
        }
        let content = self.profiles.member_content(user)?;
        let mut draft = self.timeline.draft(locked);
        draft.push(user, member_event(user, &MembershipState::Knock, content, reason))?;
        draft.commit().await?;
        Ok(())
    }
}
