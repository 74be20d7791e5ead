//! What a client wants of a room: how much timeline, which state.

use std::collections::{BTreeMap, BTreeSet};

use ruma::events::StateEventType;
use veche_base::limits::SYNC_TIMELINE_EVENTS_MAX;

use super::{RoomWish, StatePattern};

/// What is wanted of one room by all lists and subscriptions together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RoomConfig {
    /// Events of the timeline at most.
    pub(super) timeline_limit: usize,
    /// State events wanted without exception.
    plain: Patterns,
    /// Wishes with exceptions stay apart: what one leaves out another may want.
    with_exceptions: BTreeSet<Excepting>,
    /// Members who speak in the timeline.
    pub(super) lazy_members: bool,
}

/// State events, but for some.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Excepting {
    include: Patterns,
    exclude: Patterns,
}

/// Patterns, ready to be asked about an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Patterns {
    of_kind: BTreeMap<StateEventType, Keys>,
    of_any_kind: Keys,
}

/// The state keys wanted of one type.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Keys {
    all: bool,
    some: BTreeSet<String>,
}

impl Keys {
    fn has(&self, state_key: &str) -> bool {
        self.all || self.some.contains(state_key)
    }

    fn merge(&mut self, other: &Self) {
        self.all |= other.all;
        self.some.extend(other.some.iter().cloned());
    }
}

impl Patterns {
    fn new(patterns: &[StatePattern]) -> Self {
        let mut read = Self::default();
        for StatePattern { kind, state_key } in patterns {
            let keys = match kind {
                Some(kind) => read.of_kind.entry(kind.clone()).or_default(),
                None => &mut read.of_any_kind,
            };
            match state_key {
                Some(key) => _ = keys.some.insert(key.clone()),
                None => keys.all = true,
            }
        }
        read
    }

    fn has(&self, kind: &StateEventType, state_key: &str) -> bool {
        self.of_any_kind.has(state_key) || self.of_kind.get(kind).is_some_and(|keys| keys.has(state_key))
    }

    fn merge(&mut self, other: &Self) {
        self.of_any_kind.merge(&other.of_any_kind);
        for (kind, keys) in &other.of_kind {
            self.of_kind.entry(kind.clone()).or_default().merge(keys);
        }
    }
}

impl RoomConfig {
    /// Reads a client's wishes.
    pub(super) fn new(wish: &RoomWish) -> Self {
        let limit = usize::try_from(wish.timeline_limit).unwrap_or(usize::MAX);
        let mut config = Self {
            timeline_limit: limit.min(SYNC_TIMELINE_EVENTS_MAX),
            lazy_members: wish.state.lazy_members,
            ..Self::default()
        };
        let include = Patterns::new(&wish.state.include);
        if wish.state.exclude.is_empty() {
            config.plain = include;
        } else {
            config.with_exceptions.insert(Excepting { include, exclude: Patterns::new(&wish.state.exclude) });
        }
        config
    }

    /// Everything that either wants.
    pub(super) fn merge(&mut self, other: &Self) {
        self.timeline_limit = self.timeline_limit.max(other.timeline_limit);
        self.lazy_members |= other.lazy_members;
        self.plain.merge(&other.plain);
        self.with_exceptions.extend(other.with_exceptions.iter().cloned());
    }

    /// Whether a state event is wanted whoever speaks.
    pub(super) fn wants(&self, kind: &StateEventType, state_key: &str) -> bool {
        let passes = |wish: &Excepting| wish.include.has(kind, state_key) && !wish.exclude.has(kind, state_key);
        self.plain.has(kind, state_key) || self.with_exceptions.iter().any(passes)
    }

    /// Whether the same state is wanted.
    pub(super) fn same_state(&self, other: &Self) -> bool {
        self.lazy_members == other.lazy_members
            && self.plain == other.plain
            && self.with_exceptions == other.with_exceptions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sliding::StateWish;

    type Pair = (Option<&'static str>, Option<&'static str>);

    fn config(include: &[Pair], exclude: &[Pair]) -> RoomConfig {
        let patterns = |pairs: &[Pair]| -> Vec<StatePattern> {
            let pattern = |(kind, key): &Pair| StatePattern {
                kind: kind.map(StateEventType::from),
                state_key: key.map(ToOwned::to_owned),
            };
            pairs.iter().map(pattern).collect()
        };
        let state = StateWish { include: patterns(include), exclude: patterns(exclude), lazy_members: false };
        RoomConfig::new(&RoomWish { timeline_limit: u64::MAX, state })
    }

    fn check(config: &RoomConfig, cases: &[(&str, &str, bool)]) {
        for (kind, key, wanted) in cases {
            assert_eq!(config.wants(&StateEventType::from(*kind), key), *wanted, "{kind} {key}");
        }
    }

    #[test]
    fn what_is_not_said_matches_everything() {
        let mut config = config(
            &[(Some("m.room.member"), Some("@me:localhost")), (Some("m.space.child"), None), (None, Some("x"))],
            &[],
        );
        assert_eq!(config.timeline_limit, SYNC_TIMELINE_EVENTS_MAX);
        check(
            &config,
            &[
                ("m.room.member", "@me:localhost", true),
                ("m.room.member", "@you:localhost", false),
                ("m.space.child", "!a:b", true),
                ("m.room.name", "", false),
                ("m.room.name", "x", true),
            ],
        );
        config.merge(&self::config(&[(Some("m.room.name"), Some(""))], &[]));
        check(&config, &[("m.room.name", "", true), ("m.space.child", "!a:b", true)]);
    }

    #[test]
    fn an_exception_holds_for_its_own_wish_only() {
        let mut all_but = config(&[(None, None)], &[(Some("m.room.create"), Some("")), (Some("m.room.member"), None)]);
        check(&all_but, &[("m.room.create", "", false), ("m.room.member", "@a:b", false), ("m.room.name", "", true)]);
        let before = all_but.clone();
        all_but.merge(&config(&[(Some("m.room.create"), Some(""))], &[]));
        check(&all_but, &[("m.room.create", "", true), ("m.room.member", "@a:b", false)]);
        assert!(!before.same_state(&all_but));
    }
}
