//! Keys and messages against a real store and directory on a temporary folder.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, DeviceId, OwnedDeviceId, OwnedRoomId, OwnedUserId, UserId,
    owned_server_name,
    serde::Base64,
    signatures::{Ed25519KeyPair, sign_json},
};
use serde_json::{
    Map, Value, json,
    value::{RawValue, to_raw_value},
};
use tempfile::TempDir;
use veche_base::{
    Secret,
    metrics::Registry,
    testing::{ManualClock, SeededEntropy},
};
use veche_directory::{Authority, Caller, Credentials, Directory, LoginRequest, NewUser, PasswordCost};
use veche_rooms::SigningKeys as ServerKeys;
use veche_store::{
    OpenOptions, Store, StreamPosition,
    sql::{Options, Sql},
};

use super::*;
use crate::{
    Homeserver,
    core::{Core, Settings},
    creation::{NewRoom, Preset},
};

mod backups;
mod identities;
mod keys;
mod messages;
mod sharing;

const PASSWORD: &str = "correct horse";

struct House {
    _dir: TempDir,
    clock: Arc<ManualClock>,
    server: Homeserver,
}

impl House {
    /// A server with alice, bob and carol, none of them signed in.
    async fn new() -> Self {
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
        let keys = ServerKeys::from_seed(name.clone(), "a", &[1; 32]).unwrap();
        let settings = Settings::default();
        let core = Core { store, clock: clock.clone(), entropy, server_name: name, keys, directory, settings };
        Self { _dir: dir, clock, server: Homeserver::open(Arc::new(core)) }
    }

    fn e2ee(&self) -> &E2ee {
        &self.server.parts.e2ee
    }

    fn now(&self) -> StreamPosition {
        self.server.core.store.position()
    }

    /// Signs a user in; the device has no keys yet.
    async fn sign_in(&self, name: &str, device: &str) -> Device {
        let request = LoginRequest {
            credentials: Credentials::Password { user: name.to_owned(), password: Secret::new(PASSWORD.to_owned()) },
            device_id: Some(device.into()),
            display_name: Some(format!("{name}'s {device}")),
            refresh_token: false,
            caller: Caller::new(Ipv4Addr::LOCALHOST.into()),
        };
        let signed_in = self.server.core.directory.login(request).await.unwrap();
        Device {
            user: signed_in.user_id,
            id: signed_in.device_id,
            key: Signer::named(device),
            token: signed_in.access_token.expose().clone(),
        }
    }

    /// Signs a user in and uploads the device's keys.
    async fn device(&self, name: &str, id: &str) -> Device {
        let device = self.sign_in(name, id).await;
        self.upload(&device, device.keys()).await.unwrap();
        device
    }

    async fn upload(&self, of: &Device, upload: KeysUpload) -> Result<BTreeMap<String, u64>, UploadKeysError> {
        self.e2ee().upload_keys(&of.user, &of.id, upload).await
    }

    async fn sign_out(&self, device: &Device) {
        let directory = &self.server.core.directory;
        let requester = directory.authenticate(&device.token).await.unwrap();
        directory.logout(&requester).await.unwrap();
        self.server.departures.settle_all().await.unwrap();
    }

    /// A room with the first as its creator and the others as members.
    async fn room(&self, members: &[&Device]) -> OwnedRoomId {
        let new = NewRoom {
            creator: members[0].user.clone(),
            version: None,
            preset: Preset::Public,
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
        };
        // A room is named after its first event, which for two rooms made at the same moment is the same.
        self.clock.advance(Duration::from_millis(1));
        let room = self.server.creation.create(new).await.unwrap();
        for member in &members[1..] {
            self.join(&room, member).await;
        }
        room
    }

    async fn join(&self, room: &OwnedRoomId, device: &Device) {
        self.server.members.join(room, &device.user, None, Map::new()).await.unwrap();
    }

    async fn leave(&self, room: &OwnedRoomId, device: &Device) {
        self.server.members.leave(room, &device.user, None).await.unwrap();
    }

    fn update(&self, of: &Device, since: Option<StreamPosition>) -> DeviceUpdate {
        let (parts, upto) = (&self.server.parts, self.now());
        let mine = parts.user_rooms.lists(&of.user).unwrap();
        let lists = since.map(|since| {
            let company = parts.company.changes(&of.user, &mine, since, upto).unwrap();
            self.e2ee().device_lists(&of.user, &mine.kept, since, upto, company).unwrap()
        });
        self.e2ee().device_update(&of.user, &of.id, since, upto, lists.unwrap_or_default()).unwrap()
    }

    /// What `reader` sees of `of`.
    fn query(&self, reader: &UserId, of: &UserId) -> KeysOfUsers {
        self.e2ee().query_keys(reader, &BTreeMap::from([(of.to_owned(), Vec::new())])).unwrap()
    }
}

/// A signing key and the name its signatures have.
struct Signer(Ed25519KeyPair);

impl Signer {
    /// A device's key.
    fn named(name: &str) -> Self {
        Self(Ed25519KeyPair::from_der(&Ed25519KeyPair::generate(), name.to_owned()).unwrap())
    }

    /// A cross-signing key: it is named after itself.
    fn identity() -> Self {
        let document = Ed25519KeyPair::generate();
        let public = Self(Ed25519KeyPair::from_der(&document, "x".to_owned()).unwrap()).public();
        Self(Ed25519KeyPair::from_der(&document, public).unwrap())
    }

    fn public(&self) -> String {
        Base64::<ruma::serde::base64::Standard>::new(self.0.public_key().to_vec()).encode()
    }

    fn id(&self) -> String {
        format!("ed25519:{}", self.0.version())
    }

    /// Adds this key's signature.
    fn sign(&self, user: &UserId, value: &Value) -> Value {
        let CanonicalJsonValue::Object(mut object) = value.clone().try_into().unwrap() else { unreachable!() };
        sign_json(user.as_str(), &self.0, &mut object).unwrap();
        serde_json::to_value::<CanonicalJsonObject>(object).unwrap()
    }

    /// A cross-signing key object of this key.
    fn cross_signing(&self, user: &UserId, usage: &str) -> Value {
        json!({ "user_id": user, "usage": [usage], "keys": { self.id(): self.public() } })
    }
}

struct Device {
    user: OwnedUserId,
    id: OwnedDeviceId,
    key: Signer,
    token: String,
}

impl Device {
    fn signed_keys(&self) -> Value {
        let keys = json!({
            "user_id": self.user,
            "device_id": self.id,
            "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
            "keys": { self.key.id(): self.key.public(), format!("curve25519:{}", self.id): "c" },
        });
        self.key.sign(&self.user, &keys)
    }

    fn keys(&self) -> KeysUpload {
        KeysUpload { device_keys: Some(raw(&self.signed_keys())), ..KeysUpload::default() }
    }

    fn one_time(&self, name: &str, key: &str) -> (String, Box<RawValue>) {
        (format!("signed_curve25519:{name}"), raw(&self.key.sign(&self.user, &json!({ "key": key }))))
    }

    fn one_time_keys(&self, names: &[&str]) -> KeysUpload {
        let one_time_keys = names.iter().map(|name| self.one_time(name, name)).collect();
        KeysUpload { one_time_keys, ..KeysUpload::default() }
    }
}

fn raw(value: &Value) -> Box<RawValue> {
    to_raw_value(value).unwrap()
}

fn value(raw: &RawValue) -> Value {
    serde_json::from_str(raw.get()).unwrap()
}

fn device_id(id: &str) -> &DeviceId {
    id.into()
}
