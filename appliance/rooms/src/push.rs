//! Which users an event notifies, and how loudly.
//!
//! One event meets the rules of every member of its room while its sender waits. So it is taken
//! apart once ([`PushEvent`]) and each user's rules are read against that, synchronously. ruma's
//! own evaluation is not used: it is async, lowers the case of the text for every rule, builds
//! regular expressions from what users typed (and panics on large ones), and recurses once for
//! each partial match in a message that a stranger wrote.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
};

use ruma::{
    Int, UInt, UserId,
    push::{
        Action, ConditionalPushRule, PatternedPushRule, PushCondition, Ruleset, ScalarJsonValue, SoundTweakValue, Tweak,
    },
};
use serde_json::Value;

use crate::{
    glob::{self, Budget},
    pdu::Pdu,
    power_levels::PowerLevels,
};

/// Character comparisons that one user's rules may cost for one event. The predefined rules need
/// none; a keyword in the longest possible message needs 4,000.
const STEPS_PER_USER_MAX: u32 = 500_000;

/// Rules that look for names in the text. They are silent in messages that say by `m.mentions`
/// whom they mean (MSC3952), also where an old account still has them.
const TEXT_MENTION_RULES: [&str; 3] =
    [".m.rule.contains_display_name", ".m.rule.contains_user_name", ".m.rule.roomnotif"];

/// One event, taken apart for evaluation.
#[derive(Debug)]
pub struct PushEvent<'a> {
    pdu: &'a Pdu,
    fields: HashMap<String, Field>,
    has_mentions: bool,
}

/// What the rules of one user may ask about beside the event.
#[derive(Debug, Clone, Copy)]
pub struct PushContext<'a> {
    /// Whose rules are evaluated.
    pub user_id: &'a UserId,
    /// The user's display name in the room.
    pub display_name: &'a str,
    /// Joined members of the room.
    pub member_count: u64,
    /// The room's power levels.
    pub power_levels: &'a PowerLevels,
}

/// What an event does to one user.
#[derive(Debug, Clone, Copy, Default)]
pub struct PushOutcome<'a> {
    /// Counts as a notification and goes to the user's pushers.
    pub notify: bool,
    /// Counts as a highlight.
    pub highlight: bool,
    /// The sound to play, if any.
    pub sound: Option<&'a SoundTweakValue>,
    /// The actions of the matching rule, as they go to the pusher.
    pub actions: &'a [Action],
    /// The rule that matched.
    pub rule_id: Option<&'a str>,
}

#[derive(Debug)]
enum Field {
    Text { exact: String, lower: String },
    Scalar(ScalarJsonValue),
    Array(Vec<ScalarJsonValue>),
}

impl<'a> PushEvent<'a> {
    /// Takes an event apart.
    #[must_use]
    pub fn new(pdu: &'a Pdu) -> Self {
        let mut fields = HashMap::new();
        let content = serde_json::from_str(pdu.content.get()).unwrap_or(Value::Null);
        let has_mentions = content.get("m.mentions").is_some();
        flatten(content, "content".to_owned(), &mut fields);
        let mut add = |name: &str, text: &str| {
            fields.insert(name.to_owned(), Field::text(text.to_owned()));
        };
        add("type", &pdu.kind.to_string());
        add("sender", pdu.sender.as_str());
        add("room_id", pdu.room_id.as_str());
        add("event_id", pdu.event_id.as_str());
        if let Some(state_key) = &pdu.state_key {
            add("state_key", state_key);
        }
        Self { pdu, fields, has_mentions }
    }

    /// What the event does to one user. The sender is never notified.
    #[must_use]
    pub fn evaluate<'r>(&self, rules: &'r Ruleset, context: &PushContext<'_>) -> PushOutcome<'r> {
        if self.pdu.sender == *context.user_id {
            return PushOutcome::default();
        }
        let matching = Matching { event: self, context, budget: RefCell::new(Budget::new(STEPS_PER_USER_MAX)) };
        matching.first(rules).map_or_else(PushOutcome::default, |(rule_id, actions)| PushOutcome {
            notify: actions.iter().any(Action::should_notify),
            highlight: actions.iter().any(Action::is_highlight),
            sound: actions.iter().find_map(Action::sound),
            actions,
            rule_id: Some(rule_id),
        })
    }
}

impl PushOutcome<'_> {
    /// The `tweaks` object of the push gateway API.
    #[must_use]
    pub fn tweaks(&self) -> BTreeMap<String, Value> {
        let tweaks = self.actions.iter().filter_map(|action| match action {
            Action::SetTweak(tweak) => Some(tweak),
            _ => None,
        });
        tweaks
            .map(|tweak| match tweak {
                Tweak::Highlight(_) => ("highlight".to_owned(), Value::Bool(self.highlight)),
                Tweak::Sound(sound) => ("sound".to_owned(), Value::String(sound.as_str().to_owned())),
                other => {
                    let value = other.value().and_then(|value| serde_json::from_str(value.get()).ok());
                    (other.set_tweak().to_owned(), value.unwrap_or(Value::Null))
                }
            })
            .collect()
    }
}

struct Matching<'a> {
    event: &'a PushEvent<'a>,
    context: &'a PushContext<'a>,
    budget: RefCell<Budget>,
}

impl Matching<'_> {
    /// The first rule that matches, in the order of the specification: override, content, room,
    /// sender, underride.
    fn first<'r>(&self, rules: &'r Ruleset) -> Option<(&'r str, &'r [Action])> {
        if let Some(rule) = rules.override_.iter().find(|rule| self.conditional(rule)) {
            return Some((&rule.rule_id, &rule.actions));
        }
        if let Some(rule) = rules.content.iter().find(|rule| self.patterned(rule)) {
            return Some((&rule.rule_id, &rule.actions));
        }
        if let Some(rule) = rules.room.get(self.event.pdu.room_id.as_str()).filter(|rule| rule.enabled) {
            return Some((rule.rule_id.as_str(), &rule.actions));
        }
        if let Some(rule) = rules.sender.get(self.event.pdu.sender.as_str()).filter(|rule| rule.enabled) {
            return Some((rule.rule_id.as_str(), &rule.actions));
        }
        let rule = rules.underride.iter().find(|rule| self.conditional(rule))?;
        Some((&rule.rule_id, &rule.actions))
    }

    fn is_silenced(&self, rule_id: &str) -> bool {
        self.event.has_mentions && TEXT_MENTION_RULES.contains(&rule_id)
    }

    fn conditional(&self, rule: &ConditionalPushRule) -> bool {
        rule.enabled
            && !self.is_silenced(&rule.rule_id)
            && rule.conditions.iter().all(|condition| self.condition(condition))
    }

    fn patterned(&self, rule: &PatternedPushRule) -> bool {
        rule.enabled && !self.is_silenced(&rule.rule_id) && self.text_matches("content.body", &rule.pattern)
    }

    fn condition(&self, condition: &PushCondition) -> bool {
        #[expect(deprecated, reason = "accounts made before MSC3952 may still carry contains_display_name")]
        match condition {
            PushCondition::EventMatch(data) => self.text_matches(&data.key, &data.pattern),
            PushCondition::ContainsDisplayName => self.body_names(self.context.display_name),
            PushCondition::RoomMemberCount(data) => {
                std::ops::RangeBounds::contains(&data.is, &UInt::new_saturating(self.context.member_count))
            }
            PushCondition::SenderNotificationPermission(data) => {
                self.context.power_levels.can_notify(&self.event.pdu.sender, data.key.as_str())
            }
            PushCondition::EventPropertyIs(data) => {
                self.event.fields.get(&data.key).is_some_and(|field| field.is(&data.value))
            }
            PushCondition::EventPropertyContains(data) => match self.event.fields.get(&data.key) {
                Some(Field::Array(items)) => items.contains(&data.value),
                _ => false,
            },
            // Unknown conditions never match, so that a rule made for a newer server stays quiet.
            _ => false,
        }
    }

    fn text_matches(&self, key: &str, pattern: &str) -> bool {
        let Some(Field::Text { lower, .. }) = self.event.fields.get(key) else { return false };
        let pattern = pattern.to_lowercase();
        let budget = &mut *self.budget.borrow_mut();
        if key == "content.body" {
            glob::matches_word(&pattern, lower, budget)
        } else {
            glob::matches_whole(&pattern, lower, budget)
        }
    }

    /// A display name is not a pattern: somebody called `*` is not mentioned by every message.
    fn body_names(&self, display_name: &str) -> bool {
        let Some(Field::Text { lower, .. }) = self.event.fields.get("content.body") else { return false };
        glob::contains_word(&display_name.to_lowercase(), lower, &mut self.budget.borrow_mut())
    }
}

impl Field {
    fn text(exact: String) -> Self {
        Self::Text { lower: exact.to_lowercase(), exact }
    }

    fn is(&self, value: &ScalarJsonValue) -> bool {
        match self {
            Self::Text { exact, .. } => value.as_str() == Some(exact),
            Self::Scalar(scalar) => scalar == value,
            Self::Array(_) => false,
        }
    }
}

/// Names each value by its path, dots and backslashes in keys escaped, as rules name them.
/// Recursion is bounded by the depth that events may have.
fn flatten(value: Value, path: String, fields: &mut HashMap<String, Field>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                let key = key.replace('\\', r"\\").replace('.', r"\.");
                flatten(value, format!("{path}.{key}"), fields);
            }
        }
        Value::Array(items) => {
            fields.insert(path, Field::Array(items.into_iter().filter_map(scalar).collect()));
        }
        Value::String(text) => {
            fields.insert(path, Field::text(text));
        }
        other => {
            if let Some(scalar) = scalar(other) {
                fields.insert(path, Field::Scalar(scalar));
            }
        }
    }
}

fn scalar(value: Value) -> Option<ScalarJsonValue> {
    match value {
        Value::Null => Some(ScalarJsonValue::Null),
        Value::Bool(value) => Some(ScalarJsonValue::Bool(value)),
        Value::Number(number) => Some(ScalarJsonValue::Integer(Int::try_from(number.as_i64()?).ok()?)),
        Value::String(text) => Some(ScalarJsonValue::String(text)),
        Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests;
