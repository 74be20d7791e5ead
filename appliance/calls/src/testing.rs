//! A server on a temporary folder with people, a room and an SFU that writes down what it is told, for the tests of this
//! crate.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ruma::events::StateEventType;
use ruma::{OwnedDeviceId, OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UserId, owned_server_name};
use serde_json::{Map, Value, json, value::to_raw_value};
use tempfile::TempDir;
use veche_base::Secret;
use veche_base::metrics::Registry;
use veche_base::testing::{ManualClock, SeededEntropy};
use veche_directory::{Authority, Caller, Credentials, Directory, LoginRequest, NewUser, PasswordCost, Requester};
use veche_homeserver::Homeserver;
use veche_homeserver::core::{Core, Settings};
use veche_homeserver::creation::{NewRoom, Preset};
use veche_homeserver::delayed::NewDelayed;
use veche_homeserver::timeline::state_event;
use veche_rooms::SigningKeys;
use veche_store::sql::{Options, Sql};
use veche_store::{OpenOptions, Store};

use crate::{AccessKeys, Calls, LEGACY_SLOT, MemberName, NoPlace, Sfu, Wish};

const PASSWORD: &str = "correct horse";
pub(crate) const CALL_MEMBER: &str = "org.matrix.msc3401.call.member";

/// Writes down who was taken out of calls.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) removed: Mutex<Vec<(String, String)>>,
    pub(crate) refuses: Mutex<Option<NoPlace>>,
}

impl Recorder {
    pub(crate) fn removed(&self) -> Vec<(String, String)> {
        self.removed.lock().unwrap().clone()
    }
}

impl Sfu for Recorder {
    fn remove(&self, room: &str, identity: &str) {
        self.removed.lock().unwrap().push((room.to_owned(), identity.to_owned()));
    }

    fn refuses(&self, _: &str) -> Option<NoPlace> {
        *self.refuses.lock().unwrap()
    }
}

pub(crate) struct House {
    _dir: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) server: Arc<Homeserver>,
    pub(crate) calls: Arc<Calls>,
    pub(crate) sfu: Arc<Recorder>,
}

impl House {
    /// A server with alice, bob and carol, none of them signed in.
    pub(crate) async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let (clock, entropy) = (Arc::new(ManualClock::new()), Arc::new(SeededEntropy::new(7)));
        let store = Store::open(dir.path(), OpenOptions::new(clock.clone(), entropy.clone())).unwrap();
        let sql = Sql::open(dir.path(), Options::default()).unwrap();
        let name = owned_server_name!("x.example");
        let mut people = veche_directory::Settings::new(name.clone());
        people.password_cost = PasswordCost::LOWEST;
        people.rates = false;
        let directory = Directory::open(sql, clock.clone(), entropy.clone(), people, &Registry::new()).unwrap();
        for name in ["alice", "bob", "carol"] {
            let password = Secret::new(PASSWORD.to_owned());
            let new = NewUser { username: name.to_owned(), password, admin: false };
            directory.create_user(&Authority::console(), new).await.unwrap();
        }
        let keys = SigningKeys::from_seed(name.clone(), "a", &[1; 32]).unwrap();
        let settings = Settings::default();
        let core = Core { store, clock: clock.clone(), entropy, server_name: name, keys, directory, settings };
        let server = Arc::new(Homeserver::open(Arc::new(core)));
        let (calls, sfu) = calls_of(&server);
        Self { _dir: dir, clock, server, calls, sfu }
    }

    /// The calls as the next process finds them: nothing in memory, all that was committed on disk.
    pub(crate) fn restarted(&self) -> (Arc<Calls>, Arc<Recorder>) {
        let (calls, sfu) = calls_of(&self.server);
        calls.resume().unwrap();
        (calls, sfu)
    }

    pub(crate) async fn sign_in(&self, name: &str, device: &str) -> Requester {
        let request = LoginRequest {
            credentials: Credentials::Password { user: name.to_owned(), password: Secret::new(PASSWORD.to_owned()) },
            device_id: Some(device.into()),
            display_name: None,
            refresh_token: false,
            caller: Caller::new(Ipv4Addr::LOCALHOST.into()),
        };
        let directory = &self.server.core.directory;
        let signed_in = directory.login(request).await.unwrap();
        directory.authenticate(signed_in.access_token.expose()).await.unwrap()
    }

    /// A public room of alice's, with bob in it; both have a device called HOME.
    pub(crate) async fn room(&self) -> OwnedRoomId {
        self.room_with(None).await
    }

    pub(crate) async fn room_with(&self, power_levels: Option<Value>) -> OwnedRoomId {
        for name in ["alice", "bob"] {
            self.sign_in(name, "HOME").await;
        }
        let power_levels = power_levels.map(|levels| levels.as_object().unwrap().clone());
        let new = NewRoom {
            creator: user("alice"),
            version: Some(RoomVersionId::V12),
            preset: Preset::Public,
            listed: false,
            alias_localpart: None,
            name: None,
            topic: None,
            invites: Vec::new(),
            creation_content: Map::new(),
            initial_state: Vec::new(),
            power_levels,
            is_direct: false,
            predecessor: None,
        };
        let room = self.server.creation.create(new).await.unwrap();
        self.server.members.join(&room, &user("bob"), None, Map::new()).await.unwrap();
        room
    }

    /// Bob tells the room that he is in its call, and schedules his leaving.
    pub(crate) async fn announce(&self, room: &RoomId, delay: Duration) -> String {
        let content = json!({ "application": "m.call", "call_id": "", "device_id": "HOME" });
        let event = state_event(CALL_MEMBER.into(), CALL_KEY, &content);
        self.server.creation.send_state(room, &user("bob"), event).await.unwrap();
        let new = NewDelayed {
            room_id: room.to_owned(),
            kind: CALL_MEMBER.into(),
            state_key: Some(CALL_KEY.to_owned()),
            content: to_raw_value(&json!({})).unwrap(),
            delay_ms: u64::try_from(delay.as_millis()).unwrap(),
            sticky_ms: None,
        };
        self.server.delayed.schedule(&user("bob"), &device("HOME"), new, None).await.unwrap()
    }

    /// Whether the room is told that bob is in its call.
    pub(crate) fn is_announced(&self, room: &RoomId) -> bool {
        let head = self.server.parts.rooms.find(room).unwrap().head();
        let event = head.state_event(&StateEventType::from(CALL_MEMBER), CALL_KEY).unwrap();
        event.content.get() != "{}"
    }
}

const CALL_KEY: &str = "_@bob:x.example_HOME_m.call";

fn calls_of(server: &Arc<Homeserver>) -> (Arc<Calls>, Arc<Recorder>) {
    let keys = AccessKeys::new("veche", &Secret::new("secret".to_owned())).unwrap();
    let (calls, sfu) = (Calls::new(Arc::clone(server), keys), Arc::new(Recorder::default()));
    calls.plug(Arc::clone(&sfu) as Arc<dyn Sfu>);
    (calls, sfu)
}

pub(crate) fn user(name: &str) -> OwnedUserId {
    UserId::parse(format!("@{name}:x.example")).unwrap()
}

pub(crate) fn device(id: &str) -> OwnedDeviceId {
    id.into()
}

/// What somebody at home wants who names himself in the oldest way.
pub(crate) fn wish(name: &str, room: &RoomId) -> Wish {
    Wish {
        user_id: user(name),
        device_id: device("HOME"),
        room_id: room.to_owned(),
        slot_id: LEGACY_SLOT.to_owned(),
        member: MemberName::Legacy,
    }
}
