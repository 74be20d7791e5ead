//! What a client wants of a room: how much timeline, which state.

use std::collections::{BTreeMap, BTreeSet};

use ruma::{UInt, UserId, events::StateEventType};
use veche_base::limits::SYNC_TIMELINE_EVENTS_MAX;

const ANY: &str = "*";

/// What is wanted of one room by all lists and subscriptions together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RoomConfig {
    /// Events of the timeline at most.
    pub(super) timeline_limit: usize,
    /// State events.
    state: BTreeMap<StateEventType, Keys>,
    /// Members who speak in the timeline (`$LAZY`).
    pub(super) lazy_members: bool,
}

/// The state keys wanted of one type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Keys {
    all: bool,
    some: BTreeSet<String>,
}

impl Keys {
    fn has(&self, state_key: &str) -> bool {
        self.all || self.some.contains(state_key)
    }
}

impl RoomConfig {
    /// Reads a client's wishes for `user`.
    pub(super) fn new(required: &[(StateEventType, String)], timeline_limit: UInt, user: &UserId) -> Self {
        let limit = usize::try_from(u64::from(timeline_limit)).unwrap_or(usize::MAX);
        let mut config = Self { timeline_limit: limit.min(SYNC_TIMELINE_EVENTS_MAX), ..Self::default() };
        for (kind, key) in required {
            if *kind == StateEventType::RoomMember && key == "$LAZY" {
                config.lazy_members = true;
                continue;
            }
            let keys = config.state.entry(kind.clone()).or_default();
            match key.as_str() {
                ANY => keys.all = true,
                "$ME" => _ = keys.some.insert(user.to_string()),
                key => _ = keys.some.insert(key.to_owned()),
            }
        }
        config
    }

    /// Everything that either wants.
    pub(super) fn merge(&mut self, other: &Self) {
        self.timeline_limit = self.timeline_limit.max(other.timeline_limit);
        self.lazy_members |= other.lazy_members;
        for (kind, keys) in &other.state {
            let mine = self.state.entry(kind.clone()).or_default();
            mine.all |= keys.all;
            mine.some.extend(keys.some.iter().cloned());
        }
    }

    /// Whether a state event is wanted whoever speaks.
    pub(super) fn wants(&self, kind: &StateEventType, state_key: &str) -> bool {
        let has = |keys: Option<&Keys>| keys.is_some_and(|keys| keys.has(state_key));
        has(self.state.get(kind)) || has(self.state.get(&StateEventType::from(ANY)))
    }

    /// Whether the same state is wanted.
    pub(super) fn same_state(&self, other: &Self) -> bool {
        self.lazy_members == other.lazy_members && self.state == other.state
    }
}

#[cfg(test)]
mod tests {
    use ruma::{UInt, user_id};

    use super::*;

    #[test]
    fn wishes_know_stars_and_oneself() {
        let required = |pairs: &[(&str, &str)]| -> Vec<(StateEventType, String)> {
            pairs.iter().map(|(kind, key)| (StateEventType::from(*kind), (*key).to_owned())).collect()
        };
        let me = user_id!("@me:localhost");
        let limit = UInt::from(u32::MAX);
        let pairs = [("m.room.member", "$ME"), ("m.room.member", "$LAZY"), ("m.space.child", "*"), ("*", "x")];
        let mut config = RoomConfig::new(&required(&pairs), limit, me);
        assert_eq!(config.timeline_limit, SYNC_TIMELINE_EVENTS_MAX);
        assert!(config.lazy_members);
        for (kind, key, wanted) in [
            ("m.room.member", "@me:localhost", true),
            ("m.room.member", "@you:localhost", false),
            ("m.space.child", "!a:b", true),
            ("m.room.name", "", false),
            ("m.room.name", "x", true),
        ] {
            assert_eq!(config.wants(&StateEventType::from(kind), key), wanted, "{kind} {key}");
        }
        config.merge(&RoomConfig::new(&required(&[("m.room.name", "")]), UInt::from(1_u32), me));
        assert!(config.wants(&StateEventType::RoomName, "") && config.timeline_limit == SYNC_TIMELINE_EVENTS_MAX);
    }
}
