//! Who may do what in a room.
//!
//! [`PowerLevels`] is read once from a state and then asked as often as needed. It reads the same
//! lenient way as the authorization rules do, so that both always agree; what the rules could not
//! read counts as absent here.

use std::collections::{BTreeMap, HashSet};

use ruma::{
    Int, OwnedUserId, RoomVersionId, UserId,
    events::{MessageLikeEventType, StateEventType, TimelineEventType, room::power_levels::UserPowerLevel},
    room_version_rules::AuthorizationRules,
    state_res::events::{RoomCreateEvent, RoomPowerLevelsEvent, RoomPowerLevelsIntField as Field},
};

use crate::{
    pdu::{PduRef, StateMap, StateMapExt},
    room_versions::{self, UnsupportedVersion},
};

/// What a creator has in rooms before version 12 without power levels.
const CREATOR_LEVEL: i32 = 100;
/// What `@room` needs unless the room says otherwise.
const NOTIFICATION_LEVEL: i32 = 50;

/// The effective power levels of a room.
#[derive(Debug, Clone)]
pub struct PowerLevels {
    users: BTreeMap<OwnedUserId, Int>,
    users_default: Int,
    events: BTreeMap<TimelineEventType, Int>,
    events_default: Int,
    state_default: Int,
    ban: Int,
    kick: Int,
    invite: Int,
    redact: Int,
    notifications: BTreeMap<String, Int>,
    creators: HashSet<OwnedUserId>,
    creators_are_infinite: bool,
}

impl PowerLevels {
    /// Reads the levels from a state. Fails for an unknown room version only.
    pub fn of(state: &StateMap, version: &RoomVersionId) -> Result<Self, UnsupportedVersion> {
        let rules = room_versions::rules(version)?.authorization;
        let creators = state
            .room_event(StateEventType::RoomCreate)
            .and_then(|create| RoomCreateEvent::new(create.clone()).creators(&rules).ok())
            .unwrap_or_default();
        let event = state.room_event(StateEventType::RoomPowerLevels);
        Ok(Self::read(event, creators, &rules))
    }

    fn read(event: Option<&PduRef>, creators: HashSet<OwnedUserId>, rules: &AuthorizationRules) -> Self {
        let levels = event.map(|event| RoomPowerLevelsEvent::new(event.clone()));
        let field = |field: Field| {
            let read = levels.as_ref().and_then(|levels| levels.get_as_int(field, rules).ok().flatten());
            read.unwrap_or_else(|| field.default_value())
        };
        let creators_are_infinite = rules.explicitly_privilege_room_creators;
        let users = match &levels {
            Some(levels) => levels.users(rules).ok().flatten().cloned().unwrap_or_default(),
            None if creators_are_infinite => BTreeMap::new(),
            None => creators.iter().map(|creator| (creator.clone(), CREATOR_LEVEL.into())).collect(),
        };
        Self {
            users,
            users_default: field(Field::UsersDefault),
            events: levels.as_ref().and_then(|levels| levels.events(rules).ok().flatten()).unwrap_or_default(),
            events_default: field(Field::EventsDefault),
            state_default: field(Field::StateDefault),
            ban: field(Field::Ban),
            kick: field(Field::Kick),
            invite: field(Field::Invite),
            redact: field(Field::Redact),
            notifications: levels
                .as_ref()
                .and_then(|levels| levels.notifications(rules).ok().flatten())
                .unwrap_or_default(),
            creators,
            creators_are_infinite,
        }
    }

    /// The level of a user; creators of version 12 rooms are above every number.
    #[must_use]
    pub fn user(&self, user_id: &UserId) -> UserPowerLevel {
        if self.creators_are_infinite && self.creators.contains(user_id) {
            return UserPowerLevel::Infinite;
        }
        UserPowerLevel::Int(self.users.get(user_id).copied().unwrap_or(self.users_default))
    }

    /// The users who made the room.
    #[must_use]
    pub fn creators(&self) -> &HashSet<OwnedUserId> {
        &self.creators
    }

    /// The users with a level of their own, without creators of version 12 rooms.
    pub fn users(&self) -> impl Iterator<Item = (&OwnedUserId, Int)> {
        self.users.iter().map(|(user_id, level)| (user_id, *level))
    }

    /// The level that an event of this type needs.
    #[must_use]
    pub fn needed(&self, kind: &TimelineEventType, is_state: IsState) -> Int {
        let default = match is_state {
            IsState::Yes => self.state_default,
            IsState::No => self.events_default,
        };
        self.events.get(kind).copied().unwrap_or(default)
    }

    /// Whether the user may send this kind of message.
    #[must_use]
    pub fn can_send_message(&self, user_id: &UserId, kind: &MessageLikeEventType) -> bool {
        self.user(user_id) >= self.needed(&kind.to_string().into(), IsState::No)
    }

    /// Whether the user may send this kind of state.
    #[must_use]
    pub fn can_send_state(&self, user_id: &UserId, kind: &StateEventType) -> bool {
        self.user(user_id) >= self.needed(&kind.to_string().into(), IsState::Yes)
    }

    /// Whether the user may redact what they sent.
    #[must_use]
    pub fn can_redact_own(&self, user_id: &UserId) -> bool {
        self.can_send_message(user_id, &MessageLikeEventType::RoomRedaction)
    }

    /// Whether the user may redact what others sent.
    #[must_use]
    pub fn can_redact_others(&self, user_id: &UserId) -> bool {
        self.can_redact_own(user_id) && self.user(user_id) >= self.redact
    }

    /// Whether the user may invite.
    #[must_use]
    pub fn can_invite(&self, user_id: &UserId) -> bool {
        self.user(user_id) >= self.invite
    }

    /// Whether the user may put `target` out of the room: enough power, and more than the target.
    #[must_use]
    pub fn can_kick(&self, user_id: &UserId, target: &UserId) -> bool {
        self.user(user_id) >= self.kick && self.user(user_id) > self.user(target)
    }

    /// Whether the user has the power to put somebody out of the room, whoever that may be.
    #[must_use]
    pub fn can_kick_some(&self, user_id: &UserId) -> bool {
        self.user(user_id) >= self.kick
    }

    /// Whether the user may ban `target`: enough power, and more than the target.
    #[must_use]
    pub fn can_ban(&self, user_id: &UserId, target: &UserId) -> bool {
        self.user(user_id) >= self.ban && self.user(user_id) > self.user(target)
    }

    /// Whether the user may lift a ban: the rules want the power to ban and to kick.
    #[must_use]
    pub fn can_unban(&self, user_id: &UserId, target: &UserId) -> bool {
        self.user(user_id) >= self.ban && self.can_kick(user_id, target)
    }

    /// Whether the user's messages may notify everybody under this key (`room` for `@room`).
    #[must_use]
    pub fn can_notify(&self, user_id: &UserId, key: &str) -> bool {
        let known = match key {
            "room" => Some(self.notifications.get(key).copied().unwrap_or(NOTIFICATION_LEVEL.into())),
            other => self.notifications.get(other).copied(),
        };
        known.is_some_and(|needed| self.user(user_id) >= needed)
    }
}

/// Whether an event is a state event: they have different default levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IsState {
    /// It has a state key.
    Yes,
    /// It has none.
    No,
}

#[cfg(test)]
mod tests;
