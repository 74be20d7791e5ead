//! Carries a new name or picture into the member events of the user's rooms.

use futures_util::{StreamExt, stream};
use ruma::{
    OwnedRoomId, UserId,
    events::{StateEventType, TimelineEventType},
};
use serde_json::{Map, Value};
use tracing::warn;

use super::{AVATAR_URL, DISPLAY_NAME, Profiles};
use crate::{
    rooms::FindRoomError,
    timeline::{DraftError, state_event},
};

/// Rooms written to at once: enough for their commits to share a disk sync.
const ROOMS_AT_ONCE: usize = 16;

impl Profiles {
    /// Rewrites the user's member event in every room he is joined to. A room that refuses (its rules may) keeps the
    /// old one; the others do not wait for it.
    pub(super) async fn propagate(&self, user: &UserId) {
        let rooms = match self.user_rooms.joined(user) {
            Ok(rooms) => rooms,
            Err(error) => return warn!(%user, %error, "a new profile did not reach the rooms"),
        };
        let work = stream::iter(rooms).for_each_concurrent(ROOMS_AT_ONCE, |room_id| async move {
            if let Err(error) = self.rewrite(user, &room_id).await {
                warn!(%user, %room_id, %error, "a new profile did not reach a room");
            }
        });
        work.await;
    }

    async fn rewrite(&self, user: &UserId, room_id: &OwnedRoomId) -> Result<(), DraftError> {
        let room = match self.rooms.find(room_id) {
            Ok(room) => room,
            Err(FindRoomError::Unknown) => return Ok(()),
            Err(FindRoomError::Internal(error)) => return Err(error.into()),
        };
        let locked = room.lock().await;
        let head = room.head();
        if !head.is_joined(user) {
            return Ok(());
        }
        let Some(before) = head.state_event(&StateEventType::RoomMember, user.as_str()) else { return Ok(()) };
        let Ok(before) = serde_json::from_str::<Map<String, Value>>(before.content.get()) else { return Ok(()) };
        let mut content = before.clone();
        // These spoke of how the user came in, and are not true of this event.
        for field in [DISPLAY_NAME, AVATAR_URL, "reason", "join_authorised_via_users_server"] {
            content.remove(field);
        }
        // Read under the room's lock, so that of two quick changes the last one stays.
        content.extend(self.member_content(user)?);
        if [DISPLAY_NAME, AVATAR_URL].iter().all(|field| content.get(*field) == before.get(*field)) {
            return Ok(());
        }
        let mut draft = self.timeline.draft(locked);
        draft.push(user, state_event(TimelineEventType::RoomMember, user.as_str(), &Value::Object(content)))?;
        draft.commit().await?;
        Ok(())
    }
}
