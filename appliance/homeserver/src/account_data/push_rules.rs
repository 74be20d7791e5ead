//! Push rules: who wants to be told of what. Stored as the account data `m.push_rules`: the predefined rules with the
//! user's changes, brought up to date with the predefined rules of this program whenever they are read.

use std::sync::Arc;

use ruma::{
    UserId,
    push::{
        Action, AnyPushRuleRef, InsertPushRuleError, NewPushRule, PushCondition, RemovePushRuleError, RuleKind, Ruleset,
    },
};
use serde::Deserialize;
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};
use veche_base::limits::{ID_BYTES_MAX, PUSH_RULE_CONDITIONS_MAX, PUSH_RULES_PER_USER_MAX};
use veche_store::{Error, Json, Txn, records::users::AccountDataKey};

use super::{AccountData, predefined};

/// The account data type of push rules.
pub(super) const PUSH_RULES: &str = "m.push_rules";
/// The kinds of rules, in the order in which they are asked.
const KINDS: [&str; 5] = ["override", "content", "room", "sender", "underride"];
/// Actions of one rule.
const ACTIONS_MAX: usize = 20;
/// Longest pattern of a rule, and longest name of a field it looks at.
const PATTERN_BYTES_MAX: usize = 1_000;

/// Why push rules were not changed.
#[derive(Debug, thiserror::Error)]
pub enum PushRuleError {
    /// There is no such rule.
    #[error("there is no such push rule")]
    NotFound,
    /// The rule that the place was given by does not exist among those of the same kind.
    #[error("there is no such push rule to put another one before or after")]
    UnknownPlace,
    /// The rule, its name or its place is not valid; the text says why.
    #[error("{0}")]
    Invalid(String),
    /// The user has as many rules as he may.
    #[error("an account may have {PUSH_RULES_PER_USER_MAX} push rules of its own")]
    TooMany,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// One user's rules, ready for evaluation.
pub struct UserRules {
    /// The rules.
    pub rules: Ruleset,
    /// Whether a rule looks for the user's display name.
    pub look_for_name: bool,
}

#[derive(Deserialize)]
struct Content {
    global: Ruleset,
}

impl AccountData {
    /// The push rules of a user.
    pub fn push_rules(&self, user: &UserId) -> Result<Arc<UserRules>, Error> {
        self.kept.rules.get(user, || {
            let stored = self.core.store.get(&key_of(user))?;
            let rules = rules_of(user, stored.as_ref().map(|record| &record.json));
            Ok(Arc::new(UserRules { look_for_name: looks_for_name(&rules), rules }))
        })
    }

    /// Adds a rule, or changes one, and puts it where the client asks.
    pub async fn put_push_rule(
        &self,
        user: &UserId,
        rule: NewPushRule,
        after: Option<String>,
        before: Option<String>,
    ) -> Result<(), PushRuleError> {
        check_rule(&rule)?;
        self.change_push_rules(user, move |rules| {
            insert(rules, rule, after.as_deref(), before.as_deref())?;
            let own = rules.iter().filter(|rule| !rule.is_server_default()).count();
            if own > PUSH_RULES_PER_USER_MAX { Err(PushRuleError::TooMany) } else { Ok(()) }
        })
        .await
    }

    /// Takes one of the user's own rules away.
    pub async fn delete_push_rule(&self, user: &UserId, kind: RuleKind, rule_id: String) -> Result<(), PushRuleError> {
        self.change_push_rules(user, move |rules| {
            rules.remove(kind, &rule_id).map_err(|error| match error {
                RemovePushRuleError::NotFound => PushRuleError::NotFound,
                other => PushRuleError::Invalid(other.to_string()),
            })
        })
        .await
    }

    /// Turns a rule on or off.
    pub async fn enable_push_rule(
        &self,
        user: &UserId,
        kind: RuleKind,
        rule_id: String,
        enabled: bool,
    ) -> Result<(), PushRuleError> {
        self.change_push_rules(user, move |rules| {
            rules.set_enabled(kind, &rule_id, enabled).map_err(|_| PushRuleError::NotFound)
        })
        .await
    }

    /// Sets what a rule does.
    pub async fn set_push_rule_actions(
        &self,
        user: &UserId,
        kind: RuleKind,
        rule_id: String,
        actions: Vec<Action>,
    ) -> Result<(), PushRuleError> {
        check_actions(&actions)?;
        self.change_push_rules(user, move |rules| {
            rules.set_actions(kind, &rule_id, actions).map_err(|_| PushRuleError::NotFound)
        })
        .await
    }

    /// Reads, changes and writes in one transaction, so that two devices do not undo one another.
    async fn change_push_rules(
        &self,
        user: &UserId,
        change: impl FnOnce(&mut Ruleset) -> Result<(), PushRuleError> + Send + 'static,
    ) -> Result<(), PushRuleError> {
        let (key, kept) = (key_of(user), Arc::clone(&self.kept));
        let work = move |txn: &mut Txn| {
            let stored = txn.get(&key)?;
            let mut rules = rules_of(&key.user, stored.as_ref().map(|record| &record.json));
            change(&mut rules)?;
            kept.put(txn, &key, json_of(&rules))?;
            Ok(())
        };
        self.core.store.commit(work).await
    }

    /// The content of `m.push_rules` as clients see it: also for a user who never changed a rule.
    pub fn push_rules_content(&self, user: &UserId) -> Result<Box<RawValue>, Error> {
        let content = content_of(&self.push_rules(user)?.rules);
        Ok(to_raw_value(&content).expect("a JSON value always serializes"))
    }
}

pub(super) fn key_of(user: &UserId) -> AccountDataKey {
    AccountDataKey { user: user.to_owned(), room: None, kind: PUSH_RULES.to_owned() }
}

/// The content of `m.push_rules`, with all kinds of rules: clients do not expect one to be left out where it is empty.
fn content_of(rules: &Ruleset) -> Value {
    let mut content = json!({ "global": rules });
    for kind in KINDS {
        let rules = &mut content["global"][kind];
        if rules.is_null() {
            *rules = json!([]);
        }
    }
    content
}

/// Rules as they are stored.
pub(super) fn json_of(rules: &Ruleset) -> Json {
    Json(content_of(rules).to_string().into_bytes())
}

/// Stored rules under the predefined rules of today; the predefined ones alone where nothing (sensible) is stored.
pub(super) fn rules_of(user: &UserId, stored: Option<&Json>) -> Ruleset {
    let default = predefined::rules(user);
    let Some(content) = stored.and_then(|json| json.parse::<Content>().ok()) else { return default };
    let mut rules = content.global;
    rules.update_with_server_default(default);
    rules
}

/// As ruma's `insert`, which must not be asked to move a rule that is there behind the last one: it panics.
fn insert(
    rules: &mut Ruleset,
    rule: NewPushRule,
    after: Option<&str>,
    before: Option<&str>,
) -> Result<(), PushRuleError> {
    let (kind, rule_id) = (rule.kind(), rule.rule_id().to_owned());
    if after == Some(&rule_id) || before == Some(&rule_id) {
        return Err(PushRuleError::Invalid("a rule cannot be placed relative to itself".to_owned()));
    }
    let moves = after.is_some() || before.is_some();
    let was_enabled = rules.get(kind.clone(), &rule_id).map(AnyPushRuleRef::enabled);
    if moves && was_enabled.is_some() && !rule_id.starts_with('.') {
        rules.remove(kind.clone(), &rule_id).map_err(|_| PushRuleError::NotFound)?;
    }
    rules.insert(rule, after, before).map_err(|error| match error {
        InsertPushRuleError::UnknownRuleId => PushRuleError::UnknownPlace,
        other => PushRuleError::Invalid(other.to_string()),
    })?;
    if let Some(enabled) = was_enabled {
        rules.set_enabled(kind, &rule_id, enabled).map_err(|_| PushRuleError::NotFound)?;
    }
    Ok(())
}

fn check_rule(rule: &NewPushRule) -> Result<(), PushRuleError> {
    let refuse = |why: &str| Err(PushRuleError::Invalid(why.to_owned()));
    if rule.rule_id().is_empty() || rule.rule_id().len() > ID_BYTES_MAX {
        return refuse("the name of the rule is empty or too long");
    }
    let actions = match rule {
        NewPushRule::Override(rule) | NewPushRule::Underride(rule) => {
            if rule.conditions.len() > PUSH_RULE_CONDITIONS_MAX {
                return refuse("the rule has too many conditions");
            }
            if !rule.conditions.iter().all(is_short) {
                return refuse("a condition of the rule is too long");
            }
            &rule.actions
        }
        NewPushRule::Content(rule) => {
            if rule.pattern.len() > PATTERN_BYTES_MAX {
                return refuse("the pattern of the rule is too long");
            }
            &rule.actions
        }
        NewPushRule::Room(rule) => &rule.actions,
        NewPushRule::Sender(rule) => &rule.actions,
        _ => return refuse("rules of this kind are not known"),
    };
    check_actions(actions)
}

fn check_actions(actions: &[Action]) -> Result<(), PushRuleError> {
    let bytes = serde_json::to_vec(actions).map_or(usize::MAX, |json| json.len());
    if actions.len() > ACTIONS_MAX || bytes > PATTERN_BYTES_MAX {
        return Err(PushRuleError::Invalid("the rule has too many actions".to_owned()));
    }
    Ok(())
}

fn is_short(condition: &PushCondition) -> bool {
    serde_json::to_vec(condition).is_ok_and(|json| json.len() <= PATTERN_BYTES_MAX)
}

#[expect(deprecated, reason = "accounts made before MSC3952 may still carry contains_display_name")]
fn looks_for_name(rules: &Ruleset) -> bool {
    let conditional = rules.override_.iter().chain(&rules.underride);
    conditional
        .flat_map(|rule| &rule.conditions)
        .any(|condition| matches!(condition, PushCondition::ContainsDisplayName))
}

#[cfg(test)]
mod tests {
    use ruma::{
        push::{Action, NewPatternedPushRule, NewPushRule, RuleKind, Ruleset},
        user_id,
    };
    use serde_json::json;
    use veche_store::Json;

    use super::{PushRuleError, insert, rules_of};

    fn keyword(name: &str) -> NewPushRule {
        NewPushRule::Content(NewPatternedPushRule::new(name.to_owned(), name.to_owned(), vec![Action::Notify]))
    }

    fn names(rules: &Ruleset) -> Vec<&str> {
        rules.content.iter().map(|rule| rule.rule_id.as_str()).collect()
    }

    #[test]
    fn a_rule_can_be_moved_anywhere_and_keeps_whether_it_is_on() {
        let mut rules = Ruleset::server_default(user_id!("@alice:x"));
        for name in ["c", "b", "a"] {
            insert(&mut rules, keyword(name), None, None).unwrap();
        }
        assert_eq!(names(&rules), ["a", "b", "c"]);
        rules.set_enabled(RuleKind::Content, "a", false).unwrap();
        insert(&mut rules, keyword("a"), Some("c"), None).unwrap();
        assert_eq!(names(&rules), ["b", "c", "a"]);
        assert!(!rules.content.get("a").unwrap().enabled);
        insert(&mut rules, keyword("c"), None, Some("b")).unwrap();
        assert_eq!(names(&rules), ["c", "b", "a"]);
        assert!(insert(&mut rules, keyword("a"), Some("a"), None).is_err());
        let nowhere = [(Some("nowhere"), None), (None, Some("nowhere"))];
        for (after, before) in nowhere {
            let refused = insert(&mut rules, keyword("a"), after, before);
            assert!(matches!(refused, Err(PushRuleError::UnknownPlace)), "{refused:?}");
        }
        assert!(insert(&mut rules, keyword(".m.rule.own"), None, None).is_err());
    }

    #[test]
    fn stored_rules_survive_and_predefined_ones_are_of_today() {
        let alice = user_id!("@alice:x");
        let mut rules = Ruleset::server_default(alice);
        insert(&mut rules, keyword("lunch"), None, None).unwrap();
        rules.set_enabled(RuleKind::Underride, ".m.rule.message", false).unwrap();
        let stored = Json(json!({ "global": rules }).to_string().into_bytes());
        let read = rules_of(alice, Some(&stored));
        assert_eq!(names(&read), ["lunch"]);
        assert!(!read.underride.get(".m.rule.message").unwrap().enabled);
        assert_eq!(read.override_.len(), crate::account_data::predefined::rules(alice).override_.len());
        let nonsense = Json(b"{}".to_vec());
        assert_eq!(names(&rules_of(alice, Some(&nonsense))), Vec::<&str>::new());
    }
}
