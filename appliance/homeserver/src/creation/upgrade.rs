//! Replaces a room by a newer version of itself (spec: `POST /rooms/{roomId}/upgrade`).

use ruma::{
    OwnedRoomAliasId, OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UserId,
    events::{StateEventType, TimelineEventType},
};
use serde_json::{Map, Value, json};
use veche_rooms::{PowerLevels, StateMap, room_versions};
use veche_store::{
    Error,
    records::aliases::{Alias, AliasKey, PublicRoomKey, RoomAliasKey},
};

use super::{CreateRoomError, Creation, successor::Ending};
use crate::{
    rooms::{FindRoomError, Room},
    timeline::{Draft, DraftError, state_event},
};

/// Why a room was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// No such room, or not one the person is in.
    #[error("you are not in this room")]
    UnknownRoom,
    /// The person may not end the old room.
    #[error("{0}")]
    Forbidden(String),
    /// The new room could not be made.
    #[error(transparent)]
    Create(#[from] CreateRoomError),
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<FindRoomError> for UpgradeError {
    fn from(error: FindRoomError) -> Self {
        match error {
            FindRoomError::Unknown => Self::UnknownRoom,
            FindRoomError::Internal(error) => Self::Internal(error),
        }
    }
}

impl From<DraftError> for UpgradeError {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::Forbidden(why) => Self::Forbidden(why),
            DraftError::Internal(error) => Self::Internal(error),
            other => Self::Create(other.into()),
        }
    }
}

impl Creation {
    /// Makes the successor, then ends the old room with a tombstone that points to it; addresses and the directory
    /// entry move with the tombstone. If the process dies in between, the old room is as it was and the successor is
    /// an empty room of the person's own.
    pub async fn upgrade(
        &self,
        old_id: &RoomId,
        by: &UserId,
        version: RoomVersionId,
        additional_creators: Vec<OwnedUserId>,
    ) -> Result<OwnedRoomId, UpgradeError> {
        if !room_versions::is_supported(&version) {
            return Err(CreateRoomError::UnsupportedVersion.into());
        }
        let old = self.rooms.find(old_id)?;
        let locked = old.lock().await;
        let head = old.head();
        if !head.is_joined(by) {
            return Err(UpgradeError::UnknownRoom);
        }
        let may_end = PowerLevels::of(&head.state, &old.version)
            .is_ok_and(|levels| levels.can_send_state(by, &StateEventType::RoomTombstone));
        if !may_end {
            return Err(UpgradeError::Forbidden("you may not replace this room".to_owned()));
        }
        let ending = Ending { id: old_id, version: &old.version, head: &head };
        let new_id = self.create(ending.successor(by, &version, &additional_creators)).await?;
        let new = self.rooms.find(&new_id)?;
        let mut draft = self.timeline.draft(locked);
        let aliases = self.aliases_of(old.short)?;
        push_unnamed(&mut draft, by, &aliases);
        let content = json!({ "body": "This room has been replaced", "replacement_room": new_id });
        draft.push(by, state_event(TimelineEventType::RoomTombstone, "", &content))?;
        push_lockdown(&mut draft, by);
        self.push_move(&mut draft, aliases, &old, &new)?;
        draft.keep_settings_in(by, &new);
        draft.commit().await?;
        self.name_successor(&new_id, by, &head.state).await;
        Ok(new_id)
    }

    /// What belongs to the room and not to its history goes to the successor.
    fn push_move(
        &self,
        draft: &mut Draft<'_>,
        aliases: Vec<OwnedRoomAliasId>,
        old: &Room,
        new: &Room,
    ) -> Result<(), UpgradeError> {
        let listed = self.is_listed(&old.id)?;
        let (old_id, new_id, new_short) = (old.id.clone(), new.id.clone(), new.short);
        draft.also(move |txn, old| {
            for alias in aliases {
                let key = AliasKey { alias: alias.clone() };
                // It may have been taken away or given to another room meanwhile.
                let Some(record) = txn.get(&key)?.filter(|record| record.room_id == old_id) else { continue };
                txn.put(&key, &Alias { room_id: new_id.clone(), ..record });
                txn.delete(&RoomAliasKey { room: old, alias: alias.clone() });
                txn.put(&RoomAliasKey { room: new_short, alias }, &());
            }
            if listed {
                txn.delete(&PublicRoomKey { room_id: old_id });
                txn.put(&PublicRoomKey { room_id: new_id }, &());
            }
            Ok(())
        });
        Ok(())
    }

    /// Calls the successor as the old room was called, now that the addresses are its own. One who may end a room need
    /// not be allowed to name it; then it has its addresses without naming one.
    async fn name_successor(&self, new_id: &RoomId, by: &UserId, old: &StateMap) {
        let Some(mut content) = canonical_alias(old) else { return };
        keep_aliases(&mut content, |alias| {
            let alias = OwnedRoomAliasId::try_from(alias).ok();
            alias.and_then(|alias| self.alias_target(&alias).ok().flatten()).is_some_and(|target| target == new_id)
        });
        if !names_any(&content) {
            return;
        }
        let event = state_event(TimelineEventType::RoomCanonicalAlias, "", &Value::Object(content));
        if let Err(error) = self.send_state(new_id, by, event).await {
            tracing::warn!(%new_id, %error, "a room that took another's place does not name its addresses");
        }
    }
}

/// The old room no longer calls itself by addresses that lead to another one (where the person may name it).
fn push_unnamed(draft: &mut Draft<'_>, by: &UserId, moved: &[OwnedRoomAliasId]) {
    let Some(before) = canonical_alias(draft.state()) else { return };
    let mut content = before.clone();
    keep_aliases(&mut content, |alias| !moved.iter().any(|moved| moved == alias));
    if content != before {
        let _ = draft.push(by, state_event(TimelineEventType::RoomCanonicalAlias, "", &Value::Object(content)));
    }
}

/// Ordinary members no longer write into the old room, where the power levels can still be changed.
fn push_lockdown(draft: &mut Draft<'_>, by: &UserId) {
    let Some(levels) = draft.state().get(&(StateEventType::RoomPowerLevels, String::new())) else { return };
    let Some(mut content) = levels.content_as::<Map<String, Value>>() else { return };
    let default = content.get("users_default").and_then(Value::as_i64).unwrap_or(0);
    let restricted = (default + 1).max(50);
    for key in ["events_default", "invite"] {
        let now = content.get(key).and_then(Value::as_i64).unwrap_or(0);
        content.insert(key.to_owned(), json!(now.max(restricted)));
    }
    // One who may send a tombstone need not be allowed to change levels; then they stay (spec: "if possible").
    let _ = draft.push(by, state_event(TimelineEventType::RoomPowerLevels, "", &Value::Object(content)));
}

fn canonical_alias(state: &StateMap) -> Option<Map<String, Value>> {
    state.get(&(StateEventType::RoomCanonicalAlias, String::new()))?.content_as()
}

/// Takes all other addresses out of the content of an `m.room.canonical_alias`.
fn keep_aliases(content: &mut Map<String, Value>, keep: impl Fn(&str) -> bool) {
    let keeps = |alias: &Value| alias.as_str().is_some_and(&keep);
    if content.get("alias").is_some_and(|alias| !keeps(alias)) {
        content.remove("alias");
    }
    if let Some(others) = content.get_mut("alt_aliases").and_then(Value::as_array_mut) {
        others.retain(keeps);
    }
}

fn names_any(content: &Map<String, Value>) -> bool {
    let others = content.get("alt_aliases").and_then(Value::as_array);
    content.contains_key("alias") || others.is_some_and(|others| !others.is_empty())
}

#[cfg(test)]
mod tests;
