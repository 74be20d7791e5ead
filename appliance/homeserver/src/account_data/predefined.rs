//! The predefined push rules: those of the specification, and those by which a call rings (MSC4075), which it does not have
//! yet and ruma therefore neither.
//!
//! What clients send today is `rtc.notification`, with the wish that it rings; the proposal has come to call it an invite and
//! to mean that it always does. Both name whom they mean, as every mention does, and stand before the rules for mentions,
//! which would be silent or play another sound. Two of the rules are ours: in a conversation of two the other one is meant
//! whoever may call everybody, and elsewhere a call that somebody begins who may not is told as a message of his would be.

use ruma::{
    UserId,
    push::{Action, ConditionalPushRule, Ruleset},
};
use serde_json::{Value, json};

const NOTIFICATION: &str = "org.matrix.msc4075.rtc.notification";
const INVITE: &str = "org.matrix.msc4075.rtc.invite";
/// The rule before which those for calls come.
const MENTION: &str = ".m.rule.is_user_mention";
/// The rule after which those for calls come.
const CALL: &str = ".m.rule.call";

/// The predefined rules of a user.
pub(super) fn rules(user: &UserId) -> Ruleset {
    let mut rules = Ruleset::server_default(user);
    let place = rules.override_.iter().position(|rule| rule.rule_id == MENTION).unwrap_or(rules.override_.len());
    for (offset, rule) in overriding(user).into_iter().enumerate() {
        rules.override_.shift_insert(place + offset, rule);
    }
    let place = rules.underride.iter().position(|rule| rule.rule_id == CALL).map_or(0, |place| place + 1);
    for (offset, rule) in underriding().into_iter().enumerate() {
        rules.underride.shift_insert(place + offset, rule);
    }
    rules
}

fn overriding(user: &UserId) -> [ConditionalPushRule; 4] {
    let me = json!({ "kind": "event_property_contains", "key": r"content.m\.mentions.user_ids", "value": user });
    let room = [
        json!({ "kind": "event_property_is", "key": r"content.m\.mentions.room", "value": true }),
        json!({ "kind": "sender_notification_permission", "key": "room" }),
    ];
    let [room, permission] = room;
    [
        rule("invite_for_me", &[is(INVITE), me.clone()], &loud()),
        rule("invite_for_room", &[is(INVITE), room.clone(), permission.clone()], &loud()),
        rule("notification_for_me", &[is(NOTIFICATION), rings(), me], &loud()),
        rule("notification_for_room", &[is(NOTIFICATION), rings(), room, permission], &loud()),
    ]
}

fn underriding() -> [ConditionalPushRule; 2] {
    let two = json!({ "kind": "room_member_count", "is": "2" });
    let quiet = json!(["notify", { "set_tweak": "highlight", "value": false }]);
    [
        rule("notification_one_to_one", &[is(NOTIFICATION), rings(), two], &loud()),
        rule("notification", &[is(NOTIFICATION)], &quiet),
    ]
}

fn is(kind: &str) -> Value {
    json!({ "kind": "event_match", "key": "type", "pattern": kind })
}

fn rings() -> Value {
    json!({ "kind": "event_property_is", "key": "content.notification_type", "value": "ring" })
}

fn loud() -> Value {
    json!(["notify", { "set_tweak": "sound", "value": "ring" }])
}

fn rule(name: &str, conditions: &[Value], actions: &Value) -> ConditionalPushRule {
    let rule = json!({
        "rule_id": format!(".org.matrix.msc4075.rule.rtc.{name}"),
        "default": true,
        "enabled": true,
        "conditions": conditions,
        "actions": serde_json::from_value::<Vec<Action>>(actions.clone()).expect("actions of ours can be read"),
    });
    serde_json::from_value(rule).expect("a rule of ours can be read")
}

#[cfg(test)]
mod tests {
    use ruma::user_id;

    use super::*;

    #[test]
    fn rules_for_calls_stand_where_they_are_asked_in_time() {
        let rules = rules(user_id!("@bob:x.example"));
        let names = |rules: &mut dyn Iterator<Item = &ConditionalPushRule>| -> Vec<String> {
            rules.map(|rule| rule.rule_id.clone()).collect()
        };
        let before = names(&mut rules.override_.iter());
        let mention = before.iter().position(|name| name == MENTION).unwrap();
        let ours: Vec<&str> =
            before[mention - 4..mention].iter().map(|name| name.rsplit('.').next().unwrap()).collect();
        assert_eq!(ours, ["invite_for_me", "invite_for_room", "notification_for_me", "notification_for_room"]);
        let after = names(&mut rules.underride.iter());
        assert_eq!(after[0], CALL);
        assert!(after[1].ends_with("notification_one_to_one") && after[2].ends_with(".notification"));
        assert!(rules.iter().all(ruma::push::AnyPushRuleRef::is_server_default));
    }
}
