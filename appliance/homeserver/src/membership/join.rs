//! Coming in: join and knock, with the rules of restricted rooms.

use std::sync::Arc;

use ruma::{OwnedUserId, RoomId, UserId, events::room::member::MembershipState};
use serde_json::{Map, Value};
use veche_rooms::membership::{self as rules, JoinPermission};

use super::{Members, MembershipError, change::member_event};
use crate::rooms::Room;

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
        if let Some(authorizer) = self.authorizer(&room, user) {
            content.insert("join_authorised_via_users_server".to_owned(), Value::String(authorizer.to_string()));
        }
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

    /// In a restricted room, the member by whose right to invite `user` may come in. `None` where no such right is
    /// needed or none is there: the room's rules then decide.
    fn authorizer(&self, room: &Arc<Room>, user: &UserId) -> Option<OwnedUserId> {
        let head = room.head();
        let is_joined_to = |id: &RoomId| self.rooms.find(id).is_ok_and(|room| room.head().is_joined(user));
        let permission =
            rules::join_permission(&head.state, &room.version, user, &self.core.server_name, &is_joined_to);
        match permission {
            Ok(JoinPermission::Through(authorizer)) => Some(authorizer),
            _ => None,
        }
    }
}
