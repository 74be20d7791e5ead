//! Rooms in memory for the tests of this crate: two servers' worth of users, real signatures.

use std::{collections::BTreeMap, sync::Arc};

use ruma::{
    OwnedEventId, OwnedRoomId, OwnedUserId, RoomVersionId, UserId,
    events::{StateEventType, TimelineEventType},
    signatures::PublicKeyMap,
};
use serde_json::{Value, value::to_raw_value};

use crate::{BuildContext, BuildError, NewEvent, Pdu, PduRef, SigningKeys, StateMap, authorize, build};

/// A room with its whole graph, and the state after its newest event.
pub(crate) struct Room {
    pub(crate) version: RoomVersionId,
    pub(crate) id: Option<OwnedRoomId>,
    pub(crate) events: BTreeMap<OwnedEventId, PduRef>,
    pub(crate) state: StateMap,
    pub(crate) tip: Vec<OwnedEventId>,
    pub(crate) depth: u64,
    pub(crate) now_ms: u64,
}

pub(crate) fn user(name: &str) -> OwnedUserId {
    let server = if name.starts_with('r') { "b.example" } else { "a.example" };
    OwnedUserId::try_from(format!("@{name}:{server}")).unwrap()
}

pub(crate) fn keys_of(server: &str) -> SigningKeys {
    let seed = if server == "a.example" { [1; 32] } else { [2; 32] };
    SigningKeys::from_seed(server.try_into().unwrap(), "1", &seed).unwrap()
}

pub(crate) fn public_keys() -> PublicKeyMap {
    let mut map = keys_of("a.example").public_key_map();
    map.extend(keys_of("b.example").public_key_map());
    map
}

pub(crate) fn new_event(kind: &str, state_key: Option<&str>, content: &Value) -> NewEvent {
    NewEvent {
        kind: TimelineEventType::from(kind),
        state_key: state_key.map(ToOwned::to_owned),
        content: to_raw_value(content).unwrap(),
        redacts: None,
    }
}

impl Room {
    pub(crate) fn empty(version: RoomVersionId) -> Self {
        let id = (version != RoomVersionId::V12).then(|| "!room:a.example".try_into().unwrap());
        let (events, state) = (BTreeMap::new(), StateMap::new());
        Self { version, id, events, state, tip: vec![], depth: 0, now_ms: 1_000 }
    }

    /// A public room made by `@alice:a.example` with default power levels.
    pub(crate) fn create(version: RoomVersionId) -> Self {
        let mut room = Self::empty(version);
        let alice = user("alice");
        room.must_send("alice", new_event("m.room.create", Some(""), &serde_json::json!({})));
        room.must_join("alice");
        let users = if room.version == RoomVersionId::V12 {
            serde_json::json!({})
        } else {
            serde_json::json!({ alice.as_str(): 100 })
        };
        let levels = serde_json::json!({ "users": users });
        room.must_send("alice", new_event("m.room.power_levels", Some(""), &levels));
        let rule = serde_json::json!({ "join_rule": "public" });
        room.must_send("alice", new_event("m.room.join_rules", Some(""), &rule));
        room
    }

    pub(crate) fn build(&self, sender: &UserId, new: NewEvent) -> Result<Pdu, BuildError> {
        let context = BuildContext {
            room_id: self.id.as_deref(),
            version: &self.version,
            sender,
            now_ms: self.now_ms,
            prev_events: self.tip.clone(),
            depth: self.depth + 1,
            state: &self.state,
            sticky_ms: None,
        };
        build(new, context, &keys_of(sender.server_name().as_str()))
    }

    /// Builds and authorizes without adding to the room.
    pub(crate) fn try_send(&self, sender: &str, new: NewEvent) -> Result<PduRef, String> {
        let pdu = self.build(&user(sender), new).map_err(|error| error.to_string())?;
        authorize(&pdu, &self.state, &self.version).map_err(|error| error.to_string())?;
        Ok(Arc::new(pdu))
    }

    pub(crate) fn must_send(&mut self, sender: &str, new: NewEvent) -> PduRef {
        let pdu = self.try_send(sender, new).unwrap();
        self.apply(&pdu);
        pdu
    }

    pub(crate) fn apply(&mut self, pdu: &PduRef) {
        self.id.get_or_insert_with(|| pdu.room_id.clone());
        self.events.insert(pdu.event_id.clone(), pdu.clone());
        if let Some(key) = pdu.state_key_pair() {
            self.state.insert(key, pdu.clone());
        }
        self.tip = vec![pdu.event_id.clone()];
        self.depth = pdu.depth;
        self.now_ms += 1;
    }

    pub(crate) fn must_join(&mut self, name: &str) -> PduRef {
        self.must_send(name, member(name, "join"))
    }

    pub(crate) fn refusal(&self, sender: &str, new: NewEvent) -> String {
        self.try_send(sender, new).unwrap_err()
    }

    pub(crate) fn state_id(&self, kind: StateEventType, state_key: &str) -> &OwnedEventId {
        &self.state[&(kind, state_key.to_owned())].event_id
    }
}

pub(crate) fn member(target: &str, membership: &str) -> NewEvent {
    new_event("m.room.member", Some(user(target).as_str()), &serde_json::json!({ "membership": membership }))
}

pub(crate) fn message(body: &str) -> NewEvent {
    new_event("m.room.message", None, &serde_json::json!({ "msgtype": "m.text", "body": body }))
}

pub(crate) fn topic(text: &str) -> NewEvent {
    new_event("m.room.topic", Some(""), &serde_json::json!({ "topic": text }))
}
