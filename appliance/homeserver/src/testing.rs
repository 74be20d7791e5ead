//! A server on a temporary folder, with people in it, for the tests of this crate.

use std::{
    net::Ipv4Addr,
    sync::{Arc, mpsc},
    time::Duration,
};

use futures_util::FutureExt;
use ruma::{
    EventId, OwnedDeviceId, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UserId,
    events::TimelineEventType, owned_server_name,
};
use serde_json::{Map, Value, json, value::to_raw_value};
use tempfile::TempDir;
use veche_base::{
    Secret,
    metrics::Registry,
    testing::{ManualClock, SeededEntropy},
};
use veche_directory::{Authority, Caller, Credentials, Directory, LoginRequest, NewUser, PasswordCost, Requester};
use veche_rooms::SigningKeys;
use veche_store::{
    OpenOptions, Store,
    sql::{Options, Sql},
};

use crate::{
    Homeserver, StoreError,
    core::{Core, Settings},
    creation::{NewRoom, Preset},
    timeline::{Audience, NewEvent, SendError, state_event},
};

pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) struct House {
    _dir: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) server: Homeserver,
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
        Self { _dir: dir, clock, server: Homeserver::open(Arc::new(core)) }
    }

    /// The server as the next process finds it: nothing in memory, all that was committed on disk.
    pub(crate) fn restarted(&self) -> Homeserver {
        Homeserver::open(Arc::clone(&self.server.core))
    }

    /// Keeps the commit thread waiting until the answer is dropped: what is asked of it meanwhile is only queued.
    pub(crate) fn hold_commits(&self) -> mpsc::Sender<()> {
        let (hold, released) = mpsc::channel();
        let held = self.server.core.store.commit(move |_| {
            let _dropped = released.recv();
            Ok::<_, StoreError>(())
        });
        assert!(held.now_or_never().is_none());
        hold
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

    /// A room of this creator.
    pub(crate) async fn room(&self, creator: &UserId, preset: Preset) -> OwnedRoomId {
        self.room_of(creator, preset, None).await
    }

    pub(crate) async fn room_of(
        &self,
        creator: &UserId,
        preset: Preset,
        version: Option<RoomVersionId>,
    ) -> OwnedRoomId {
        self.clock.advance(Duration::from_millis(1));
        self.server.creation.create(NewRoom { version, ..new_room(creator, preset) }).await.unwrap()
    }

    pub(crate) async fn join(&self, room: &RoomId, user: &UserId) {
        self.server.members.join(room, user, None, Map::new()).await.unwrap();
    }

    pub(crate) async fn leave(&self, room: &RoomId, user: &UserId) {
        self.server.members.leave(room, user, None).await.unwrap();
    }

    pub(crate) async fn say(&self, room: &RoomId, user: &UserId, body: &str) -> OwnedEventId {
        self.send(room, user, "m.room.message", json!({ "msgtype": "m.text", "body": body })).await.unwrap()
    }

    /// A message that names people, as it would in a thread if one is given.
    pub(crate) async fn mention(
        &self,
        room: &RoomId,
        user: &UserId,
        whom: &UserId,
        thread: Option<&EventId>,
    ) -> OwnedEventId {
        let mut content = json!({ "msgtype": "m.text", "body": "you", "m.mentions": { "user_ids": [whom] } });
        if let Some(root) = thread {
            content["m.relates_to"] = json!({ "rel_type": "m.thread", "event_id": root });
        }
        self.send(room, user, "m.room.message", content).await.unwrap()
    }

    pub(crate) async fn send(
        &self,
        room: &RoomId,
        user: &UserId,
        kind: &str,
        content: Value,
    ) -> Result<OwnedEventId, SendError> {
        self.clock.advance(Duration::from_millis(1));
        let content = to_raw_value(&content).unwrap();
        let event = NewEvent { kind: TimelineEventType::from(kind), state_key: None, content, redacts: None };
        Ok(self.server.parts.timeline.send(room, user, event, None).await?.event_id)
    }

    pub(crate) async fn redact(&self, room: &RoomId, user: &UserId, event: &EventId) -> OwnedEventId {
        self.send(room, user, "m.room.redaction", json!({ "redacts": event })).await.unwrap()
    }

    pub(crate) async fn set_state(&self, room: &RoomId, user: &UserId, kind: &str, content: Value) -> OwnedEventId {
        let event = state_event(TimelineEventType::from(kind), "", &content);
        self.server.parts.timeline.send_state(room, user, event).await.unwrap().event_id
    }

    /// The event as this user sees it, if he does.
    pub(crate) fn seen(&self, room: &RoomId, user: &UserId, event: &EventId) -> Option<Value> {
        let audience = Audience { user, device: None };
        let event = self.server.parts.timeline.event(room, event, audience).ok()??;
        Some(serde_json::from_str(event.get()).unwrap())
    }
}

pub(crate) fn new_room(creator: &UserId, preset: Preset) -> NewRoom {
    NewRoom {
        creator: creator.to_owned(),
        version: None,
        preset,
        listed: false,
        alias_localpart: None,
        name: None,
        topic: None,
        invites: Vec::new(),
        creation_content: Map::new(),
        initial_state: Vec::new(),
        power_levels: None,
        is_direct: false,
        predecessor: None,
    }
}

pub(crate) fn user(name: &str) -> OwnedUserId {
    OwnedUserId::try_from(format!("@{name}:x.example")).unwrap()
}

pub(crate) fn device(id: &str) -> OwnedDeviceId {
    id.into()
}
