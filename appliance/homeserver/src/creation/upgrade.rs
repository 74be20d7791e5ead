//! Replaces a room by a newer version of itself (spec: `POST /rooms/{roomId}/upgrade`).

use std::sync::Arc;

use ruma::{
    OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UserId,
    events::{StateEventType, TimelineEventType},
};
use serde_json::{Map, Value, json};
use veche_rooms::{PowerLevels, StateMap, room_versions};
use veche_store::{
    Error,
    records::aliases::{Alias, AliasKey, PublicRoomKey, RoomAliasKey},
};

use super::{CreateRoomError, Creation, NewRoom, Preset};
use crate::{
    rooms::FindRoomError,
    timeline::{DraftError, NewEvent, state_event},
};

/// State that moves to the new room as it is.
const CARRIED: [StateEventType; 9] = [
    StateEventType::RoomServerAcl,
    StateEventType::RoomEncryption,
    StateEventType::RoomName,
    StateEventType::RoomAvatar,
    StateEventType::RoomTopic,
    StateEventType::RoomGuestAccess,
    StateEventType::RoomHistoryVisibility,
    StateEventType::RoomJoinRules,
    StateEventType::SpaceParent,
];

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
        let new = successor(old_id, by, &version, &head.state, &additional_creators);
        let new_id = self.create(new).await?;
        let mut draft = self.timeline.draft(locked);
        let content = json!({ "body": "This room has been replaced", "replacement_room": new_id });
        draft.push(by, state_event(TimelineEventType::RoomTombstone, "", &content))?;
        self.push_lockdown(&mut draft, by);
        self.push_move(&mut draft, old_id, &new_id)?;
        draft.commit().await?;
        Ok(new_id)
    }

    /// Ordinary members no longer write into the old room, where the power levels can still be changed.
    fn push_lockdown(&self, draft: &mut crate::timeline::Draft<'_>, by: &UserId) {
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

    fn push_move(
        &self,
        draft: &mut crate::timeline::Draft<'_>,
        old_id: &RoomId,
        new_id: &OwnedRoomId,
    ) -> Result<(), UpgradeError> {
        let listed = self.is_listed(old_id)?;
        let new = self.rooms.find(new_id)?.short;
        let aliases = self.aliases_of(self.rooms.find(old_id)?.short)?;
        let (old_id, new_id) = (old_id.to_owned(), new_id.clone());
        draft.also(move |txn, old| {
            for alias in aliases {
                let key = AliasKey { alias: alias.clone() };
                let Some(record) = txn.get(&key)? else { continue };
                txn.put(&key, &Alias { room_id: new_id.clone(), ..record });
                txn.delete(&RoomAliasKey { room: old, alias: alias.clone() });
                txn.put(&RoomAliasKey { room: new, alias }, &());
            }
            if listed {
                txn.delete(&PublicRoomKey { room_id: old_id });
                txn.put(&PublicRoomKey { room_id: new_id }, &());
            }
            Ok(())
        });
        Ok(())
    }
}

fn successor(
    old_id: &RoomId,
    by: &UserId,
    version: &RoomVersionId,
    state: &Arc<StateMap>,
    additional_creators: &[OwnedUserId],
) -> NewRoom {
    let mut creation_content = state
        .get(&(StateEventType::RoomCreate, String::new()))
        .and_then(|pdu| pdu.content_as::<Map<String, Value>>())
        .unwrap_or_default();
    for own in ["room_version", "creator", "predecessor", "additional_creators"] {
        creation_content.remove(own);
    }
    if !additional_creators.is_empty() {
        creation_content.insert("additional_creators".to_owned(), json!(additional_creators));
    }
    let initial_state = CARRIED
        .iter()
        .filter_map(|kind| state.get(&(kind.clone(), String::new())))
        .map(|pdu| NewEvent {
            kind: pdu.kind.clone(),
            state_key: pdu.state_key.clone(),
            content: pdu.content.clone(),
            redacts: None,
        })
        .collect();
    NewRoom {
        creator: by.to_owned(),
        version: Some(version.clone()),
        preset: Preset::Private,
        listed: false,
        alias_localpart: None,
        name: None,
        topic: None,
        invites: Vec::new(),
        creation_content,
        initial_state,
        power_levels: carried_levels(state, version),
        is_direct: false,
        predecessor: Some(old_id.to_owned()),
    }
}

/// The old room's levels, without those whom the new version puts above all levels.
fn carried_levels(state: &StateMap, version: &RoomVersionId) -> Option<Map<String, Value>> {
    let mut levels = state
        .get(&(StateEventType::RoomPowerLevels, String::new()))
        .and_then(|pdu| pdu.content_as::<Map<String, Value>>())?;
    if room_versions::room_id_is_create_hash(version)
        && let Some(events) = levels.get_mut("events").and_then(Value::as_object_mut)
    {
        events.insert("m.room.tombstone".to_owned(), json!(150));
    }
    Some(levels)
}
