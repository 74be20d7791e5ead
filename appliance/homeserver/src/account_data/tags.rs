//! Tags of rooms: favorites, low priority, and whatever users call their groups. They are the room's `m.tag` account
//! data, changed one at a time.

use std::sync::Arc;

use ruma::UserId;
use serde_json::{Map, Value, json};
use veche_base::limits::{ACCOUNT_DATA_TYPES_PER_USER_MAX, ID_BYTES_MAX, TAGS_PER_ROOM_MAX};
use veche_store::{Error, Json, ShortRoomId, Txn, records::users::AccountDataKey};

use super::{AccountData, leaves_room};

pub(super) const TAG: &str = "m.tag";

/// Why a tag was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetTagError {
    /// The tag's name is longer than a name may be.
    #[error("the name of the tag is too long")]
    NameTooLong,
    /// The room has as many tags as it may.
    #[error("a room may have {TAGS_PER_ROOM_MAX} tags")]
    TooMany,
    /// The user keeps as much account data as he may, and tags are some.
    #[error("an account may keep {ACCOUNT_DATA_TYPES_PER_USER_MAX} kinds of data")]
    TooMuchData,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl AccountData {
    /// The tags that `user` gave a room.
    pub fn tags(&self, user: &UserId, room: ShortRoomId) -> Result<Map<String, Value>, Error> {
        let content = self.get(user, Some(room), TAG)?;
        Ok(content.map(|content| tags_of(content.get().as_bytes())).unwrap_or_default())
    }

    /// Gives a room a tag, or changes the one it has.
    pub async fn set_tag(&self, user: &UserId, room: ShortRoomId, tag: &str, info: Value) -> Result<(), SetTagError> {
        if tag.len() > ID_BYTES_MAX {
            return Err(SetTagError::NameTooLong);
        }
        let tag = tag.to_owned();
        self.change_tags(user, room, move |tags| {
            let is_new = tags.insert(tag, info).is_none();
            if is_new && tags.len() > TAGS_PER_ROOM_MAX { Err(SetTagError::TooMany) } else { Ok(true) }
        })
        .await
    }

    /// Takes a tag from a room.
    pub async fn delete_tag(&self, user: &UserId, room: ShortRoomId, tag: &str) -> Result<(), SetTagError> {
        let tag = tag.to_owned();
        self.change_tags(user, room, move |tags| Ok(tags.remove(&tag).is_some())).await
    }

    /// Reads and writes in one transaction, so that two devices do not undo one another.
    async fn change_tags(
        &self,
        user: &UserId,
        room: ShortRoomId,
        change: impl FnOnce(&mut Map<String, Value>) -> Result<bool, SetTagError> + Send + 'static,
    ) -> Result<(), SetTagError> {
        let key = AccountDataKey { user: user.to_owned(), room: Some(room), kind: TAG.to_owned() };
        if !self.may_keep(&key)? {
            return Err(SetTagError::TooMuchData);
        }
        let kept = Arc::clone(&self.kept);
        let work = move |txn: &mut Txn| {
            let mut tags = txn.get(&key)?.map(|record| tags_of(&record.json.0)).unwrap_or_default();
            if change(&mut tags)? {
                if !leaves_room(txn, &key)? {
                    return Err(SetTagError::TooMuchData);
                }
                kept.put(txn, &key, Json(json!({ "tags": tags }).to_string().into_bytes()))?;
            }
            Ok(())
        };
        self.core.store.commit(work).await
    }
}

fn tags_of(content: &[u8]) -> Map<String, Value> {
    let content = serde_json::from_slice::<Map<String, Value>>(content).unwrap_or_default();
    content.get("tags").and_then(Value::as_object).cloned().unwrap_or_default()
}
