//! One event: as another server might send it, and as the content that a client wants to send.

use std::sync::{Arc, LazyLock};

use ruma::events::TimelineEventType;
use ruma::{OwnedRoomId, OwnedUserId, RoomVersionId};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use veche_rooms::format::Unsigned;
use veche_rooms::{
    BuildContext, BuildError, NewEvent, Pdu, SigningKeys, StateMap, authorize, build, canonical, check_received,
    event_auth, format, redaction, relations,
};

/// What a client chooses beside the content.
const KINDS: [(&str, Option<&str>); 12] = [
    ("m.room.message", None),
    ("m.room.redaction", None),
    ("m.reaction", None),
    ("m.room.member", Some("@alice:a.example")),
    ("m.room.member", Some("@bob:a.example")),
    ("m.room.power_levels", Some("")),
    ("m.room.join_rules", Some("")),
    ("m.room.create", Some("")),
    ("m.room.third_party_invite", Some("token")),
    ("m.room.aliases", Some("a.example")),
    ("m.room.server_acl", Some("")),
    ("org.example.any", Some("@alice:a.example")),
];

/// The first byte chooses room version and kind; the rest is JSON.
pub fn feed(input: &[u8]) {
    let Some((choice, json)) = input.split_first() else { return };
    let Ok(json) = std::str::from_utf8(json) else { return };
    let room = &ROOMS[usize::from(*choice) % ROOMS.len()];
    received(json, room);
    let (kind, state_key) = KINDS[usize::from(*choice) / ROOMS.len() % KINDS.len()];
    sent(json, kind, state_key, room);
}

/// Canonical JSON is a fixed point; whatever passes the signature check can be used everywhere.
fn received(json: &str, room: &Room) {
    if let Ok(object) = canonical::parse_pdu(json) {
        let text = canonical::to_string(&object);
        let again = canonical::parse_pdu(&text).expect("what is canonical stays canonical");
        assert_eq!(canonical::to_string(&again), text);
        // A stranger may sign with a key that we know: the event is then wrong in itself only.
        let mut own = object;
        own.remove("unsigned");
        if room.keys.sign(&mut own).is_ok()
            && let Ok(found) = check_received(&canonical::to_string(&own), &room.version, &room.keys.public_key_map())
        {
            use_everywhere(&found.pdu, room);
        }
    }
    if canonical::validate_object(json).is_ok() {
        canonical::parse_object(json).expect("validated is parsed");
    }
    let _ = event_auth::required_signers(json, &room.version);
    assert!(check_received(json, &room.version, &room.keys.public_key_map()).is_err(), "nobody can guess a signature");
}

/// What we build ourselves must be what every other server accepts.
fn sent(json: &str, kind: &str, state_key: Option<&str>, room: &Room) {
    let Ok(content) = RawValue::from_string(json.to_owned()) else { return };
    let redacts = (kind == "m.room.redaction").then(|| room.tip.event_id.clone());
    let new = NewEvent { kind: kind.into(), state_key: state_key.map(ToOwned::to_owned), content, redacts };
    let sender = user("alice");
    let pdu = match build(new, room.context(&sender), &room.keys) {
        Ok(pdu) => pdu,
        Err(BuildError::Internal(reason)) => panic!("a finished event cannot be read back: {reason}"),
        Err(_) => return,
    };
    let signers =
        event_auth::required_signers(pdu.json.get(), &room.version).expect("what we build says who must sign it");
    if signers.iter().any(|signer| signer != room.keys.server_name()) {
        // A join that names a user of another server as the one who authorized it is not whole before that server has
        // signed it too, and here nobody can.
        return;
    }
    let found = check_received(pdu.json.get(), &room.version, &room.keys.public_key_map());
    let found = found.expect("other servers take what we build");
    assert!(!found.was_redacted, "the content does not match its own hash");
    assert_eq!(found.pdu.event_id, pdu.event_id);
    use_everywhere(&pdu, room);
}

fn use_everywhere(pdu: &Pdu, room: &Room) {
    let _ = authorize(pdu, &room.state, &room.version);
    let _ = (relations::of(pdu), relations::target_of(pdu), relations::counts_in_thread(pdu));
    let _ = relations::is_valid_edit(pdu, &room.tip);
    for shown in [format::client_event(pdu, Unsigned::default()), format::sync_event(pdu, Unsigned::default())] {
        let shown: Value = serde_json::from_str(shown.get()).expect("clients are sent JSON");
        assert_eq!(shown["event_id"], pdu.event_id.as_str());
    }
    let erased = redaction::erase(pdu, &room.version).expect("every event can be redacted");
    assert_eq!(erased.event_id, pdu.event_id, "a redacted event keeps its id");
}

/// A room of each version with its creator in it.
struct Room {
    version: RoomVersionId,
    keys: SigningKeys,
    state: StateMap,
    tip: Arc<Pdu>,
}

static ROOMS: LazyLock<[Room; 3]> =
    LazyLock::new(|| [RoomVersionId::V10, RoomVersionId::V11, RoomVersionId::V12].map(Room::new));

fn user(name: &str) -> OwnedUserId {
    format!("@{name}:a.example").try_into().expect("a user id")
}

impl Room {
    fn new(version: RoomVersionId) -> Self {
        let name = "a.example".try_into().expect("a server name");
        let keys = SigningKeys::from_seed(name, "1", &[1; 32]).expect("a seed of the right length");
        let alice = user("alice");
        let create = event("m.room.create", "", &json!({ "room_version": version.as_str(), "creator": alice }));
        let no_state = StateMap::new();
        let id: Option<OwnedRoomId> =
            (version != RoomVersionId::V12).then(|| "!room:a.example".try_into().expect("a room id"));
        let context = BuildContext {
            room_id: id.as_deref(),
            version: &version,
            sender: &alice,
            now_ms: 1,
            prev_events: vec![],
            depth: 1,
            state: &no_state,
            sticky_ms: None,
        };
        let create = build(create, context, &keys).expect("a room can be created");
        let mut room = Self { version, keys, state: no_state, tip: Arc::new(create) };
        room.keep();
        room.send("m.room.member", alice.as_str(), &json!({ "membership": "join" }));
        room.send("m.room.join_rules", "", &json!({ "join_rule": "knock" }));
        room
    }

    fn context<'a>(&'a self, sender: &'a OwnedUserId) -> BuildContext<'a> {
        BuildContext {
            room_id: Some(&self.tip.room_id),
            version: &self.version,
            sender,
            now_ms: 1_000,
            prev_events: vec![self.tip.event_id.clone()],
            depth: self.tip.depth + 1,
            state: &self.state,
            sticky_ms: None,
        }
    }

    fn send(&mut self, kind: &str, state_key: &str, content: &Value) {
        let alice = user("alice");
        let pdu = build(event(kind, state_key, content), self.context(&alice), &self.keys).expect("it can be built");
        authorize(&pdu, &self.state, &self.version).expect("the creator may do it");
        self.tip = Arc::new(pdu);
        self.keep();
    }

    fn keep(&mut self) {
        let key = self.tip.state_key_pair().expect("a state event");
        self.state.insert(key, Arc::clone(&self.tip));
    }
}

fn event(kind: &str, state_key: &str, content: &Value) -> NewEvent {
    let content = to_raw_value(content).expect("a value is JSON");
    NewEvent { kind: TimelineEventType::from(kind), state_key: Some(state_key.to_owned()), content, redacts: None }
}
