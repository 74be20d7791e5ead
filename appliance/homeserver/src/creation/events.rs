//! The first events of a room, by preset and version.

use ruma::{OwnedUserId, RoomAliasId, RoomVersionId, events::TimelineEventType};
use serde_json::{Map, Value, json};
use veche_rooms::{NewEvent, room_versions};

use super::{CreateRoomError, NewRoom, Preset, is_trusted_invitee};
use crate::timeline::state_event;

fn state(kind: TimelineEventType, content: &Value) -> NewEvent {
    state_event(kind, "", content)
}

/// Who shares the creator's power in a version where creators are above all levels (v12, MSC4289).
pub(super) fn additional_creators(new: &NewRoom, version: &RoomVersionId) -> Result<Vec<OwnedUserId>, CreateRoomError> {
    if !room_versions::room_id_is_create_hash(version) {
        return Ok(Vec::new());
    }
    let mut creators: Vec<OwnedUserId> = match new.creation_content.get("additional_creators") {
        None => Vec::new(),
        Some(value) => serde_json::from_value(value.clone())
            .map_err(|_| CreateRoomError::Invalid("additional_creators must be a list of user ids".to_owned()))?,
    };
    creators.extend(new.invites.iter().filter(|user| is_trusted_invitee(new, user)).cloned());
    creators.sort();
    creators.dedup();
    creators.retain(|user| *user != new.creator);
    Ok(creators)
}

pub(super) fn create(new: &NewRoom, version: &RoomVersionId, creators: &[OwnedUserId]) -> NewEvent {
    let mut content = new.creation_content.clone();
    content.insert("room_version".to_owned(), Value::String(version.to_string()));
    content.remove("additional_creators");
    content.remove("creator");
    if *version == RoomVersionId::V10 {
        content.insert("creator".to_owned(), Value::String(new.creator.to_string()));
    }
    if !creators.is_empty() {
        content.insert("additional_creators".to_owned(), json!(creators));
    }
    if let Some(predecessor) = &new.predecessor {
        let mut named = json!({ "room_id": predecessor.room_id });
        if let Some(event_id) = &predecessor.event_id {
            named["event_id"] = json!(event_id);
        }
        content.insert("predecessor".to_owned(), named);
    }
    state(TimelineEventType::RoomCreate, &Value::Object(content))
}

/// The default power levels with the client's changes on top.
pub(super) fn power_levels(
    new: &NewRoom,
    version: &RoomVersionId,
    creators: &[OwnedUserId],
) -> Result<NewEvent, CreateRoomError> {
    let privileged = room_versions::room_id_is_create_hash(version);
    let mut users = Map::new();
    if !privileged {
        users.insert(new.creator.to_string(), json!(100));
        for user in new.invites.iter().filter(|user| is_trusted_invitee(new, user)) {
            users.insert(user.to_string(), json!(100));
        }
    }
    let tombstone = if privileged { 150 } else { 100 };
    let mut content = json!({
        "users": users,
        "users_default": 0,
        "events": {
            "m.room.name": 50,
            "m.room.power_levels": 100,
            "m.room.history_visibility": 100,
            "m.room.canonical_alias": 50,
            "m.room.avatar": 50,
            "m.room.tombstone": tombstone,
            "m.room.server_acl": 100,
            "m.room.encryption": 100,
            // Members start and join calls (MatrixRTC) without a moderator's help.
            "org.matrix.msc3401.call": 50,
            "org.matrix.msc3401.call.member": 0,
        },
        "events_default": 0,
        "state_default": 50,
        "ban": 50,
        "kick": 50,
        "redact": 50,
        "invite": if new.preset == Preset::Public { 50 } else { 0 },
        "historical": 100,
        "notifications": { "room": 50 },
    });
    if let (Some(given), Some(content)) = (&new.power_levels, content.as_object_mut()) {
        content.extend(given.clone());
        if privileged && let Some(users) = content.get_mut("users").and_then(Value::as_object_mut) {
            // Creators are above all levels and must not be listed.
            users.remove(new.creator.as_str());
            for creator in creators {
                users.remove(creator.as_str());
            }
        }
    }
    Ok(state(TimelineEventType::RoomPowerLevels, &content))
}

/// Join rule, history visibility and guest access of a preset.
pub(super) fn preset(preset: Preset) -> Vec<NewEvent> {
    let (join_rule, guests) = match preset {
        Preset::Public => ("public", "forbidden"),
        Preset::Private | Preset::TrustedPrivate => ("invite", "can_join"),
    };
    vec![
        state(TimelineEventType::RoomJoinRules, &json!({ "join_rule": join_rule })),
        state(TimelineEventType::RoomHistoryVisibility, &json!({ "history_visibility": "shared" })),
        state(TimelineEventType::RoomGuestAccess, &json!({ "guest_access": guests })),
    ]
}

pub(super) fn canonical_alias(alias: &RoomAliasId) -> NewEvent {
    state(TimelineEventType::RoomCanonicalAlias, &json!({ "alias": alias }))
}

pub(super) fn text(kind: TimelineEventType, key: &str, text: &str) -> NewEvent {
    state(kind, &json!({ key: text }))
}

/// A topic in both forms: the plain one and the rich one (spec 1.15).
pub(super) fn topic(topic: &str) -> NewEvent {
    state(
        TimelineEventType::RoomTopic,
        &json!({ "topic": topic, "m.topic": { "m.text": [{ "body": topic, "mimetype": "text/plain" }] } }),
    )
}
