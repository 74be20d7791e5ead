//! What a room becomes when another takes its place: the state and the power levels that the successor starts with.
//!
//! The successor is made by one person, who may have had less power in the old room than some of its state needs, or
//! than others there had. So he starts with enough for all of it, and the old room's levels come last.

use std::collections::BTreeSet;

use ruma::{
    OwnedUserId, RoomId, RoomVersionId, UserId,
    events::{StateEventType, TimelineEventType},
};
use serde_json::{Map, Value, json};
use veche_rooms::{NewEvent, Pdu, PowerLevels, room_versions};

use super::{NewRoom, Predecessor, Preset};
use crate::{rooms::Head, timeline::state_event};

/// State that moves to the new room as it is.
const CARRIED: [StateEventType; 8] = [
    StateEventType::RoomServerAcl,
    StateEventType::RoomEncryption,
    StateEventType::RoomName,
    StateEventType::RoomAvatar,
    StateEventType::RoomTopic,
    StateEventType::RoomGuestAccess,
    StateEventType::RoomHistoryVisibility,
    StateEventType::RoomJoinRules,
];
/// The place of a room in spaces, and of rooms in it: one event for each of them, all of which move.
const CARRIED_FAMILIES: [StateEventType; 2] = [StateEventType::SpaceChild, StateEventType::SpaceParent];
/// How many of these move: all of the largest spaces that people make, and no commit without bounds.
const FAMILY_EVENTS_MAX: usize = 1_000;
/// What somebody who may do everything has where power is a number.
const LEVEL_MAX: i64 = 100;
/// What ending a room needs where its creators are above all numbers (MSC4289).
const TOMBSTONE_LEVEL: i64 = 150;

/// A room that another one is to take the place of.
pub(super) struct Ending<'a> {
    pub(super) id: &'a RoomId,
    pub(super) version: &'a RoomVersionId,
    pub(super) head: &'a Head,
}

impl Ending<'_> {
    /// The room that `by` is to make.
    pub(super) fn successor(&self, by: &UserId, version: &RoomVersionId, more_creators: &[OwnedUserId]) -> NewRoom {
        let mut creation_content =
            self.state(&StateEventType::RoomCreate).and_then(Pdu::content_as::<Map<String, Value>>).unwrap_or_default();
        for own in ["room_version", "creator", "predecessor", "additional_creators"] {
            creation_content.remove(own);
        }
        if !more_creators.is_empty() {
            creation_content.insert("additional_creators".to_owned(), json!(more_creators));
        }
        let levels = self.levels(by, version, more_creators);
        let mut initial_state = self.carried();
        let mut first_levels = None;
        if let Some(levels) = levels {
            if !creators_are_above_levels(version) {
                let enough = highest(&levels).max(LEVEL_MAX);
                first_levels = Some(Map::from_iter([("users".to_owned(), json!({ by.as_str(): enough }))]));
            }
            initial_state.push(state_event(TimelineEventType::RoomPowerLevels, "", &Value::Object(levels)));
        }
        let event_id = self.head.extremities.last().cloned();
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
            power_levels: first_levels,
            is_direct: false,
            predecessor: Some(Predecessor { room_id: self.id.to_owned(), event_id }),
        }
    }

    fn state(&self, kind: &StateEventType) -> Option<&Pdu> {
        self.head.state_event(kind, "").map(|pdu| &**pdu)
    }

    fn carried(&self) -> Vec<NewEvent> {
        let single = CARRIED.iter().filter_map(|kind| self.state(kind));
        let families = self.head.state.iter().filter(|((kind, _), _)| CARRIED_FAMILIES.contains(kind));
        // An event without content says that there is no such relation any more.
        let families = families
            .map(|(_, pdu)| &**pdu)
            .filter(|pdu| pdu.content_as::<Map<String, Value>>().is_some_and(|content| !content.is_empty()));
        let carry = |pdu: &Pdu| NewEvent {
            kind: pdu.kind.clone(),
            state_key: pdu.state_key.clone(),
            content: pdu.content.clone(),
            redacts: None,
        };
        single.chain(families.take(FAMILY_EVENTS_MAX)).map(carry).collect()
    }

    /// The old room's levels in the terms of the new version; `None` where the old room has none.
    fn levels(
        &self,
        by: &UserId,
        version: &RoomVersionId,
        more_creators: &[OwnedUserId],
    ) -> Option<Map<String, Value>> {
        let mut levels = self.state(&StateEventType::RoomPowerLevels)?.content_as::<Map<String, Value>>()?;
        let (was_above, is_above) = (creators_are_above_levels(self.version), creators_are_above_levels(version));
        let mut creators: BTreeSet<&UserId> = BTreeSet::new();
        if is_above {
            creators.insert(by);
            creators.extend(more_creators.iter().map(|user| &**user));
        }
        let highest = highest(&levels);
        let users = object(&mut levels, "users");
        if was_above {
            let before = PowerLevels::of(&self.head.state, self.version).ok();
            for creator in before.iter().flat_map(PowerLevels::creators) {
                users.insert(creator.to_string(), json!(highest.max(LEVEL_MAX)));
            }
        }
        // Creators are above all levels and must not be listed.
        creators.iter().for_each(|creator| _ = users.remove(creator.as_str()));
        if was_above && !is_above {
            levels.values_mut().for_each(clamp);
        }
        if is_above && !was_above {
            let needed = object(&mut levels, "events").entry("m.room.tombstone").or_insert_with(|| json!(0));
            *needed = json!(needed.as_i64().unwrap_or(0).max(TOMBSTONE_LEVEL));
        }
        Some(levels)
    }
}

/// Whether creators have more power than any number says, and are not listed among the users with levels (v12).
fn creators_are_above_levels(version: &RoomVersionId) -> bool {
    room_versions::room_id_is_create_hash(version)
}

fn object<'a>(levels: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let value = levels.entry(key).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().expect("it was made an object if it was none")
}

/// The highest number in power levels.
fn highest(levels: &Map<String, Value>) -> i64 {
    let numbers = |value: &Value| match value {
        Value::Object(inner) => inner.values().filter_map(Value::as_i64).max(),
        other => other.as_i64(),
    };
    levels.values().filter_map(numbers).max().unwrap_or(0)
}

/// Where nobody is above all numbers any more, what needed more than the highest power needs the highest.
fn clamp(value: &mut Value) {
    if let Value::Object(inner) = value {
        inner.values_mut().for_each(clamp);
    } else if value.as_i64().is_some_and(|level| level > LEVEL_MAX) {
        *value = json!(LEVEL_MAX);
    }
}
