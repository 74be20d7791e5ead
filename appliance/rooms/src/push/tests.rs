use ruma::{
    RoomVersionId,
    push::{ConditionalPushRuleInit, PatternedPushRuleInit, RoomMemberCountIs, RuleKind, SimplePushRuleInit},
};
use serde_json::json;

use super::*;
use crate::{
    NewEvent,
    testing::{Room, member, message, new_event, user},
};

struct Reader {
    room: Room,
    levels: PowerLevels,
    rules: Ruleset,
    members: u64,
}

impl Reader {
    /// `bob` with the predefined rules, in a room where `alice` has all power and `carol` none.
    fn new() -> Self {
        let mut room = Room::create(RoomVersionId::V12);
        room.must_join("bob");
        room.must_join("carol");
        let levels = PowerLevels::of(&room.state, &room.version).unwrap();
        Self { room, levels, rules: Ruleset::server_default(&user("bob")), members: 3 }
    }

    fn outcome(&self, sender: &str, new: NewEvent) -> (Option<String>, bool, bool) {
        let pdu = self.room.build(&user(sender), new).unwrap();
        let bob = user("bob");
        let context = PushContext {
            user_id: &bob,
            display_name: "Bob Smith",
            member_count: self.members,
            power_levels: &self.levels,
        };
        let outcome = PushEvent::new(&pdu).evaluate(&self.rules, &context);
        (outcome.rule_id.map(ToOwned::to_owned), outcome.notify, outcome.highlight)
    }

    fn check(&self, sender: &str, new: NewEvent, rule_id: &str, notify: bool, highlight: bool) {
        let shown = new.content.clone();
        assert_eq!(self.outcome(sender, new), (Some(rule_id.to_owned()), notify, highlight), "{shown}");
    }

    fn keyword(&mut self, pattern: &str) {
        let rule = PatternedPushRuleInit {
            actions: vec![Action::Notify, Action::SetTweak(Tweak::Highlight(true.into()))],
            default: false,
            enabled: true,
            rule_id: pattern.to_owned(),
            pattern: pattern.to_owned(),
        };
        self.rules.content.insert(rule.into());
    }
}

fn text(content: &serde_json::Value) -> NewEvent {
    new_event("m.room.message", None, content)
}

#[test]
fn ordinary_messages_notify_and_nobody_notifies_themselves() {
    let mut reader = Reader::new();
    reader.check("carol", message("hi"), ".m.rule.message", true, false);
    assert_eq!(reader.outcome("bob", message("hi")), (None, false, false));
    reader.members = 2;
    reader.check("carol", message("hi"), ".m.rule.room_one_to_one", true, false);
}

#[test]
fn encrypted_messages_have_their_own_rules() {
    let mut reader = Reader::new();
    let secret = || new_event("m.room.encrypted", None, &json!({ "ciphertext": "x" }));
    reader.check("carol", secret(), ".m.rule.encrypted", true, false);
    reader.members = 2;
    reader.check("carol", secret(), ".m.rule.encrypted_room_one_to_one", true, false);
}

#[test]
fn mentions_highlight_those_they_mean() {
    let reader = Reader::new();
    let mention = |ids: serde_json::Value| text(&json!({ "body": "hey", "m.mentions": { "user_ids": ids } }));
    reader.check("carol", mention(json!([user("bob")])), ".m.rule.is_user_mention", true, true);
    reader.check("carol", mention(json!([user("dave")])), ".m.rule.message", true, false);
    reader.check("carol", mention(json!("@bob:a.example")), ".m.rule.message", true, false);
}

#[test]
fn at_room_needs_power() {
    let reader = Reader::new();
    let everybody = || text(&json!({ "body": "all hands", "m.mentions": { "room": true } }));
    reader.check("alice", everybody(), ".m.rule.is_room_mention", true, true);
    reader.check("carol", everybody(), ".m.rule.message", true, false);
}

#[test]
fn names_in_the_text_are_silent_once_mentions_are_explicit() {
    let mut reader = Reader::new();
    #[expect(deprecated, reason = "the rule that old accounts still have")]
    let condition = PushCondition::ContainsDisplayName;
    let rule = ConditionalPushRuleInit {
        actions: vec![Action::Notify, Action::SetTweak(Tweak::Highlight(true.into()))],
        default: true,
        enabled: true,
        rule_id: ".m.rule.contains_display_name".to_owned(),
        conditions: vec![condition],
    };
    reader.rules.override_.insert(rule.into());
    reader.check("carol", message("ask bob smith!"), ".m.rule.contains_display_name", true, true);
    reader.check("carol", message("ask bob smithson"), ".m.rule.message", true, false);
    let explicit = text(&json!({ "body": "ask Bob Smith", "m.mentions": {} }));
    reader.check("carol", explicit, ".m.rule.message", true, false);
}

#[test]
fn notices_membership_reactions_and_edits_are_quiet() {
    let reader = Reader::new();
    let notice = text(&json!({ "msgtype": "m.notice", "body": "build passed" }));
    reader.check("carol", notice, ".m.rule.suppress_notices", false, false);
    reader.check("carol", member("carol", "leave"), ".m.rule.member_event", false, false);
    let reaction = new_event("m.reaction", None, &json!({ "m.relates_to": { "key": "+" } }));
    reader.check("carol", reaction, ".m.rule.reaction", false, false);
    let edit = text(&json!({ "body": "* hi", "m.relates_to": { "rel_type": "m.replace", "event_id": "$x" } }));
    reader.check("carol", edit, ".m.rule.suppress_edits", false, false);
}

#[test]
fn invitations_notify_the_invited_only() {
    let mut reader = Reader::new();
    reader.check("alice", member("bob", "invite"), ".m.rule.invite_for_me", true, false);
    reader.check("alice", member("dave", "invite"), ".m.rule.member_event", false, false);
    reader.rules.set_enabled(RuleKind::Override, ".m.rule.master", true).unwrap();
    reader.check("alice", member("bob", "invite"), ".m.rule.master", false, false);
}

#[test]
fn keywords_match_whole_words_in_any_case_and_language() {
    let mut reader = Reader::new();
    reader.keyword("Пожар");
    reader.keyword("deploy*");
    reader.check("carol", message("у нас ПОЖАР!"), "Пожар", true, true);
    reader.check("carol", message("Deployment at five"), "deploy*", true, true);
    reader.check("carol", message("redeploy"), ".m.rule.message", true, false);
    let elsewhere = text(&json!({ "body": "x", "formatted_body": "deploy" }));
    reader.check("carol", elsewhere, ".m.rule.message", true, false);
}

#[test]
fn room_and_sender_rules_come_after_content() {
    let mut reader = Reader::new();
    let quiet = |enabled, rule_id| SimplePushRuleInit { actions: vec![], default: false, enabled, rule_id };
    reader.rules.sender.insert(quiet(true, user("carol")).into());
    reader.check("carol", message("hi"), user("carol").as_str(), false, false);
    reader.check("alice", message("hi"), ".m.rule.message", true, false);
    let room_id = reader.room.id.clone().unwrap();
    let room_rule =
        SimplePushRuleInit { actions: vec![Action::Notify], default: false, enabled: true, rule_id: room_id.clone() };
    reader.rules.room.insert(room_rule.into());
    reader.check("carol", message("hi"), room_id.as_str(), true, false);
    reader.keyword("hi");
    reader.check("carol", message("hi"), "hi", true, true);
}

#[test]
fn every_kind_of_condition() {
    let mut reader = Reader::new();
    let cases = [
        (json!({ "kind": "event_match", "key": "content.body", "pattern": "h?" }), true),
        (json!({ "kind": "event_match", "key": "type", "pattern": "m.room.*" }), true),
        (json!({ "kind": "event_match", "key": "type", "pattern": "room" }), false),
        (json!({ "kind": "event_match", "key": "content.missing", "pattern": "*" }), false),
        (json!({ "kind": "event_match", "key": "content.number", "pattern": "5" }), false),
        (json!({ "kind": "event_match", "key": "state_key", "pattern": "*" }), false),
        (json!({ "kind": "event_property_is", "key": "content.number", "value": 5 }), true),
        (json!({ "kind": "event_property_is", "key": "content.flag", "value": true }), true),
        (json!({ "kind": "event_property_is", "key": "content.nothing", "value": null }), true),
        (json!({ "kind": "event_property_is", "key": "content.body", "value": "HI" }), false),
        (json!({ "kind": "event_property_is", "key": r"content.a\.b.c\\d", "value": 1 }), true),
        (json!({ "kind": "event_property_contains", "key": "content.list", "value": "x" }), true),
        (json!({ "kind": "event_property_contains", "key": "content.list", "value": "y" }), false),
        (json!({ "kind": "event_property_contains", "key": "content.body", "value": "hi" }), false),
        (json!({ "kind": "room_member_count", "is": "3" }), true),
        (json!({ "kind": "room_member_count", "is": ">3" }), false),
        (json!({ "kind": "sender_notification_permission", "key": "room" }), false),
        (json!({ "kind": "org.example.future" }), false),
    ];
    for (condition, expected) in cases {
        let rule = ConditionalPushRuleInit {
            actions: vec![Action::Notify],
            default: false,
            enabled: true,
            rule_id: "under test".to_owned(),
            conditions: vec![serde_json::from_value(condition.clone()).unwrap()],
        };
        reader.rules = Ruleset::new();
        reader.rules.underride.insert(rule.into());
        let content = json!({
            "body": "hi", "number": 5, "flag": true, "nothing": null, "a.b": { "c\\d": 1 }, "list": ["x", {}, 1],
        });
        assert_eq!(reader.outcome("carol", text(&content)).1, expected, "{condition}");
    }
    assert!(std::ops::RangeBounds::contains(&RoomMemberCountIs::gt(2_u32.into()), &UInt::new_saturating(3)));
}

#[test]
fn tweaks_reach_the_pusher() {
    let reader = Reader::new();
    let mention = text(&json!({ "body": "hey", "m.mentions": { "user_ids": [user("bob")] } }));
    let pdu = reader.room.build(&user("carol"), mention).unwrap();
    let bob = user("bob");
    let context = PushContext { user_id: &bob, display_name: "Bob", member_count: 3, power_levels: &reader.levels };
    let event = PushEvent::new(&pdu);
    let tweaks = event.evaluate(&reader.rules, &context).tweaks();
    assert_eq!(serde_json::to_value(tweaks).unwrap(), json!({ "highlight": true, "sound": "default" }));
}

/// Counts work instead of time, so that a busy machine does not fail it: 200 users must cost no
/// more than 200 users' rules, and hostile text no more than the budget.
#[test]
fn two_hundred_users_with_hostile_keywords_end() {
    let reader = Reader::new();
    let pdu = reader.room.build(&user("carol"), message(&"xaa ".repeat(15_000))).unwrap();
    let event = PushEvent::new(&pdu);
    let mut rules = Ruleset::server_default(&user("bob"));
    for index in 0..20 {
        let pattern = format!("{}{index}", "*a?".repeat(60));
        let rule =
            PatternedPushRuleInit { actions: vec![], default: false, enabled: true, rule_id: pattern.clone(), pattern };
        rules.content.insert(rule.into());
    }
    let bob = user("bob");
    let context = PushContext { user_id: &bob, display_name: "aa", member_count: 200, power_levels: &reader.levels };
    for _ in 0..5 {
        assert_eq!(event.evaluate(&rules, &context).rule_id, Some(".m.rule.message"));
    }
}
