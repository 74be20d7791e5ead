//! What a user keeps of a room for the room that takes its place (spec: "Room Upgrades", server behavior): his tags,
//! that it is a direct chat, what his push rules make of it.
//!
//! Written with the event by which he comes into the new room. What he has said of the new room already stands.

use ruma::{
    OwnedRoomId, OwnedUserId,
    push::{
        AnyPushRuleRef, ConditionalPushRule, NewConditionalPushRule, NewPushRule, NewSimplePushRule, PushCondition,
        RuleKind, Ruleset,
    },
};
use serde_json::{Map, Value, json};
use veche_base::limits::{ACCOUNT_DATA_BYTES_MAX, PUSH_RULES_PER_USER_MAX};
use veche_store::{Error, Json, ShortRoomId, Txn, records::users::AccountDataKey};

use super::{AccountData, kept::Kept, leaves_room, push_rules, tags::TAG};

/// Which rooms are direct chats, and with whom.
const DIRECT: &str = "m.direct";

/// A user for whom one room takes the place of another.
pub(crate) struct Heir {
    pub(crate) user: OwnedUserId,
    pub(crate) old: (ShortRoomId, OwnedRoomId),
    pub(crate) new_id: OwnedRoomId,
}

impl Heir {
    /// Writes what the user keeps; `new` is the room that takes the place.
    pub(crate) fn write(&self, into: &AccountData, txn: &mut Txn, new: ShortRoomId) -> Result<(), Error> {
        self.write_tags(&into.kept, txn, new)?;
        self.write_direct(&into.kept, txn)?;
        self.write_push_rules(&into.kept, txn)
    }

    fn write_tags(&self, kept: &Kept, txn: &mut Txn, new: ShortRoomId) -> Result<(), Error> {
        let key = |room| AccountDataKey { user: self.user.clone(), room: Some(room), kind: TAG.to_owned() };
        let (old, new) = (key(self.old.0), key(new));
        let Some(tags) = txn.get(&old)? else { return Ok(()) };
        if txn.contains(&new)? || !leaves_room(txn, &new)? {
            return Ok(());
        }
        kept.put(txn, &new, tags.json)
    }

    fn write_direct(&self, kept: &Kept, txn: &mut Txn) -> Result<(), Error> {
        let key = AccountDataKey { user: self.user.clone(), room: None, kind: DIRECT.to_owned() };
        let Some(record) = txn.get(&key)? else { return Ok(()) };
        // Clients write this as they like; what is no list of rooms stays as it is.
        let Ok(mut direct) = record.json.parse::<Map<String, Value>>() else { return Ok(()) };
        let mut changed = false;
        for rooms in direct.values_mut().filter_map(Value::as_array_mut) {
            let names = |room: &OwnedRoomId| rooms.iter().any(|named| named == room.as_str());
            if names(&self.old.1) && !names(&self.new_id) {
                rooms.push(json!(self.new_id));
                changed = true;
            }
        }
        let json = Json(Value::Object(direct).to_string().into_bytes());
        if !changed || json.0.len() > ACCOUNT_DATA_BYTES_MAX {
            return Ok(());
        }
        kept.put(txn, &key, json)
    }

    fn write_push_rules(&self, kept: &Kept, txn: &mut Txn) -> Result<(), Error> {
        let key = push_rules::key_of(&self.user);
        let Some(record) = txn.get(&key)? else { return Ok(()) };
        let mut rules = push_rules::rules_of(&self.user, Some(&record.json));
        let mut changed = false;
        for (rule, enabled) in self.rules(&rules) {
            let (kind, rule_id) = (rule.kind(), rule.rule_id().to_owned());
            let own = rules.iter().filter(|rule| !rule.is_server_default()).count();
            if own >= PUSH_RULES_PER_USER_MAX || rules.get(kind.clone(), &rule_id).is_some() {
                continue;
            }
            changed |= rules.insert(rule, None, None).is_ok() && rules.set_enabled(kind, &rule_id, enabled).is_ok();
        }
        if changed { kept.put(txn, &key, push_rules::json_of(&rules)) } else { Ok(()) }
    }

    /// The rules about the old room as rules about the new one, and whether each is on: those of the room, and the
    /// overriding one by which clients silence it.
    fn rules(&self, rules: &Ruleset) -> Vec<(NewPushRule, bool)> {
        let (old, new) = (&self.old.1, &self.new_id);
        let mut found = Vec::new();
        if let Some(AnyPushRuleRef::Room(rule)) = rules.get(RuleKind::Room, old) {
            let rule_of_new = NewSimplePushRule::new(new.clone(), rule.actions.clone());
            found.push((NewPushRule::Room(rule_of_new), rule.enabled));
        }
        if let Some(AnyPushRuleRef::Override(rule)) = rules.get(RuleKind::Override, old) {
            found.push((NewPushRule::Override(self.moved(rule)), rule.enabled));
        }
        found
    }

    fn moved(&self, rule: &ConditionalPushRule) -> NewConditionalPushRule {
        let move_condition = |condition: &PushCondition| match condition {
            PushCondition::EventMatch(matched)
                if matched.key == "room_id" && matched.pattern == self.old.1.as_str() =>
            {
                let mut moved = matched.clone();
                moved.pattern = self.new_id.to_string();
                PushCondition::EventMatch(moved)
            }
            other => other.clone(),
        };
        let conditions = rule.conditions.iter().map(move_condition).collect();
        NewConditionalPushRule::new(self.new_id.to_string(), conditions, rule.actions.clone())
    }
}
