//! A server on a temporary folder, and people who do things at random, allowed or not.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc, time::Duration};

use ruma::{
    DeviceId, OwnedDeviceId, OwnedEventId, OwnedRoomId, OwnedUserId, RoomVersionId, UserId,
    events::{TimelineEventType, receipt::ReceiptThread},
    owned_server_name,
};
use serde_json::{Map, Value, json, value::to_raw_value};
use tempfile::TempDir;
use veche_base::{
    Clock, Entropy, Secret,
    metrics::Registry,
    testing::{ManualClock, SeededEntropy},
};
use veche_directory::{Authority, Caller, Credentials, Directory, LoginRequest, NewUser, PasswordCost, Settings};
use veche_homeserver::{
    Homeserver,
    core::{Core, Settings as HomeserverSettings},
    creation::{NewRoom, Preset},
    e2ee::Recipient,
    membership::MemberAction,
    timeline::{NewEvent, state_event},
};
use veche_rooms::SigningKeys;
use veche_store::{OpenOptions, Store, records::receipts::ReceiptKind, sql};

/// Rooms of one run.
const ROOMS_MAX: usize = 6;

pub(crate) struct World {
    pub(crate) homeserver: Homeserver,
    pub(crate) users: Vec<OwnedUserId>,
    pub(crate) rooms: Vec<OwnedRoomId>,
    sent: Vec<(OwnedRoomId, OwnedEventId)>,
    devices: Vec<OwnedDeviceId>,
    /// Messages to devices, by their numbers.
    mailed: BTreeMap<(OwnedUserId, OwnedDeviceId), Vec<u64>>,
    mails: u64,
    clock: Arc<ManualClock>,
    dice: SeededEntropy,
    _dir: TempDir,
}

/// Rooms that may take the place of others in one run.
const UPGRADES_MAX: usize = 3;

async fn sign_in(directory: &Directory, user: &str, device: &str) {
    let request = LoginRequest {
        credentials: Credentials::Password { user: user.to_owned(), password: Secret::new("correct horse".to_owned()) },
        device_id: Some(device.into()),
        display_name: None,
        refresh_token: false,
        caller: Caller::new(Ipv4Addr::LOCALHOST.into()),
    };
    directory.login(request).await.unwrap();
}

impl World {
    /// Everybody is signed in with each of these devices.
    pub(crate) async fn new(seed: u64, devices: &[&str]) -> Self {
        let dir = TempDir::new().unwrap();
        let clock = Arc::new(ManualClock::new());
        let (time, entropy) = (Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(SeededEntropy::new(seed)));
        let chance = Arc::clone(&entropy) as Arc<dyn Entropy>;
        let store = Store::open(dir.path(), OpenOptions::new(Arc::clone(&time), Arc::clone(&chance))).unwrap();
        let sql = sql::Sql::open(dir.path(), sql::Options::default()).unwrap();
        let server_name = owned_server_name!("localhost");
        let mut settings = Settings::new(server_name.clone());
        settings.password_cost = PasswordCost::LOWEST;
        settings.rates = false;
        let metrics = Registry::new();
        let directory = Directory::open(sql, Arc::clone(&time), Arc::clone(&chance), settings, &metrics).unwrap();
        let mut users = Vec::new();
        for name in ["alice", "bob", "carol"] {
            let password = Secret::new("correct horse".to_owned());
            let new = NewUser { username: name.to_owned(), password, admin: false };
            users.push(directory.create_user(&Authority::console(), new).await.unwrap());
            for device in devices {
                sign_in(&directory, name, device).await;
            }
        }
        let core = Core {
            store,
            clock: time,
            entropy: chance,
            keys: SigningKeys::from_seed(server_name.clone(), "a", &[7; 32]).unwrap(),
            server_name,
            directory,
            settings: HomeserverSettings::default(),
        };
        Self {
            homeserver: Homeserver::open(Arc::new(core)),
            users,
            rooms: Vec::new(),
            sent: Vec::new(),
            devices: devices.iter().map(|device| (*device).into()).collect(),
            mailed: BTreeMap::new(),
            mails: 0,
            clock,
            dice: SeededEntropy::new(seed ^ 0x5EED),
            _dir: dir,
        }
    }

    /// A number below `sides`.
    pub(crate) fn pick(&self, sides: usize) -> usize {
        let mut bytes = [0; 8];
        self.dice.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % sides as u64).unwrap()
    }

    fn someone(&self) -> OwnedUserId {
        self.users[self.pick(self.users.len())].clone()
    }

    /// Somebody does something. What the rules forbid is refused and changes nothing, which is fine.
    pub(crate) async fn act(&mut self) {
        self.clock.advance(Duration::from_millis(50));
        if self.rooms.is_empty() || self.rooms.len() < ROOMS_MAX && self.pick(12) == 0 {
            return self.create_room().await;
        }
        let room = self.rooms[self.pick(self.rooms.len())].clone();
        let (actor, target) = (self.someone(), self.someone());
        match self.pick(48) {
            0..=2 => self.change(&room, &actor, &target, MemberAction::Invite).await,
            3 => self.change(&room, &actor, &target, MemberAction::Kick).await,
            4 => self.change(&room, &actor, &target, MemberAction::Ban).await,
            5 => self.change(&room, &actor, &target, MemberAction::Unban).await,
            6..=9 => _ = self.homeserver.members.join(&room, &actor, None, Map::new()).await,
            10..=11 => _ = self.homeserver.members.leave(&room, &actor, None).await,
            12 => _ = self.homeserver.members.knock(&room, &actor, None).await,
            13 => _ = self.homeserver.members.forget(&room, &actor).await,
            14..=17 => self.set_state(&room, &actor).await,
            18 => {
                let field = ["displayname", "avatar_url"][self.pick(2)];
                let value = json!(format!("mxc://localhost/{}", self.pick(5)));
                _ = self.homeserver.profiles.set(&actor, field, Some(value)).await;
            }
            19..=21 => self.set_account_data(&room, &actor).await,
            22..=24 => self.mark_read(&actor).await,
            25..=26 => {
                let timeout = (self.pick(2) == 0).then_some(Duration::from_secs(20));
                _ = self.homeserver.parts.ephemeral.set_typing(&actor, &room, timeout).await;
            }
            27 => self.redact(&actor).await,
            28..=29 => self.reply_in_thread(&actor).await,
            30 => self.upgrade(&room, &actor).await,
            31 => self.ignore(&actor, &target).await,
            32..=34 => self.mail(&actor, &target).await,
            35 => self.tag(&room, &actor).await,
            36 => self.take_invites_or_not(&actor).await,
            _ => self.say(&room, &actor).await,
        }
    }

    async fn create_room(&mut self) {
        let number = self.rooms.len();
        let encrypted =
            state_event(TimelineEventType::RoomEncryption, "", &json!({ "algorithm": "m.megolm.v1.aes-sha2" }));
        let mut creation_content = Map::new();
        if self.pick(4) == 0 {
            creation_content.insert("type".to_owned(), json!("m.space"));
        }
        let new = NewRoom {
            creator: self.someone(),
            version: None,
            preset: [Preset::Private, Preset::TrustedPrivate, Preset::Public][self.pick(3)],
            listed: false,
            alias_localpart: None,
            name: (self.pick(2) == 0).then(|| format!("Room {number}")),
            topic: None,
            invites: Vec::new(),
            creation_content,
            initial_state: if self.pick(3) == 0 { vec![encrypted] } else { Vec::new() },
            power_levels: None,
            is_direct: false,
            predecessor: None,
        };
        self.rooms.push(self.homeserver.creation.create(new).await.unwrap());
    }

    async fn change(&self, room: &OwnedRoomId, actor: &OwnedUserId, target: &OwnedUserId, action: MemberAction) {
        _ = self.homeserver.members.change(room, actor, target, action, None).await;
    }

    async fn say(&mut self, room: &OwnedRoomId, actor: &OwnedUserId) {
        for _ in 0..=self.pick(4) {
            let mention = if self.pick(4) == 0 { json!({ "room": true }) } else { json!({}) };
            let content = json!({ "msgtype": "m.text", "body": "hello", "m.mentions": mention });
            let kind = if self.pick(3) == 0 { "org.example.note".into() } else { TimelineEventType::RoomMessage };
            let content = to_raw_value(&content).unwrap();
            let event = NewEvent { kind, state_key: None, content, redacts: None };
            if let Ok(sent) = self.homeserver.parts.timeline.send(room, actor, event, None).await {
                self.sent.push((room.clone(), sent.event_id));
            }
        }
    }

    async fn redact(&self, actor: &OwnedUserId) {
        let Some((room, event_id)) = self.sent.get(self.pick(self.sent.len().max(1))).cloned() else { return };
        let content = to_raw_value(&json!({})).unwrap();
        let kind = TimelineEventType::RoomRedaction;
        let event = NewEvent { kind, state_key: None, content, redacts: Some(event_id) };
        _ = self.homeserver.parts.timeline.send(&room, actor, event, None).await;
    }

    async fn reply_in_thread(&mut self, actor: &OwnedUserId) {
        let Some((room, root)) = self.sent.get(self.pick(self.sent.len().max(1))).cloned() else { return };
        let relation = json!({ "rel_type": "m.thread", "event_id": root });
        let content = json!({ "msgtype": "m.text", "body": "reply", "m.relates_to": relation });
        let content = to_raw_value(&content).unwrap();
        let event = NewEvent { kind: TimelineEventType::RoomMessage, state_key: None, content, redacts: None };
        if let Ok(sent) = self.homeserver.parts.timeline.send(&room, actor, event, None).await {
            self.sent.push((room, sent.event_id));
        }
    }

    async fn upgrade(&mut self, room: &OwnedRoomId, actor: &OwnedUserId) {
        if self.rooms.len() < ROOMS_MAX + UPGRADES_MAX {
            let upgraded = self.homeserver.creation.upgrade(room, actor, RoomVersionId::V12, Vec::new()).await;
            self.rooms.extend(upgraded.ok());
        }
    }

    /// Ignores somebody, or nobody any more.
    async fn ignore(&self, actor: &OwnedUserId, target: &OwnedUserId) {
        let ignored = if self.pick(2) == 0 { json!({ target.as_str(): {} }) } else { json!({}) };
        let content = to_raw_value(&json!({ "ignored_users": ignored })).unwrap();
        self.homeserver.parts.account_data.set(actor, None, "m.ignored_user_list", &content).await.unwrap();
    }

    /// Takes no invites, or takes them again.
    async fn take_invites_or_not(&self, actor: &OwnedUserId) {
        let config = if self.pick(2) == 0 { json!({ "default_action": "block" }) } else { json!({}) };
        let (config, kind) = (to_raw_value(&config).unwrap(), "m.invite_permission_config");
        self.homeserver.parts.account_data.set(actor, None, kind, &config).await.unwrap();
    }

    /// Sends a message to a device of somebody, or to all.
    async fn mail(&mut self, actor: &OwnedUserId, target: &OwnedUserId) {
        self.mails += 1;
        let content = to_raw_value(&json!({ "number": self.mails })).unwrap();
        let all = self.pick(3) == 0;
        let device = self.devices[self.pick(self.devices.len())].clone();
        let recipient = if all { Recipient::All } else { Recipient::Device(device.clone()) };
        let messages = BTreeMap::from([(target.clone(), BTreeMap::from([(recipient, content)]))]);
        let (from, txn_id) = (self.devices[0].clone(), self.mails.to_string());
        let e2ee = &self.homeserver.parts.e2ee;
        e2ee.send_to_device(actor, &from, "org.example.mail", &txn_id, messages).await.unwrap();
        for to in self.devices.iter().filter(|to| all || **to == device) {
            self.mailed.entry((target.clone(), to.clone())).or_default().push(self.mails);
        }
    }

    /// The numbers of the messages that were sent to a device.
    pub(crate) fn mailed(&self, user: &UserId, device: &DeviceId) -> Vec<u64> {
        self.mailed.get(&(user.to_owned(), device.to_owned())).cloned().unwrap_or_default()
    }

    async fn tag(&self, room: &OwnedRoomId, actor: &OwnedUserId) {
        let short = self.homeserver.parts.rooms.find(room).unwrap().short;
        let tag = ["m.favourite", "u.work"][self.pick(2)];
        let account_data = &self.homeserver.parts.account_data;
        if self.pick(3) == 0 {
            account_data.delete_tag(actor, short, tag).await.unwrap();
        } else {
            account_data.set_tag(actor, short, tag, json!({})).await.unwrap();
        }
    }

    async fn set_state(&self, room: &OwnedRoomId, actor: &OwnedUserId) {
        let number = self.pick(4);
        let visibility = ["joined", "invited", "shared", "world_readable"][number];
        let rule = ["invite", "knock", "public", "invite"][number];
        let (kind, key, content) = match self.pick(8) {
            0 => (TimelineEventType::RoomName, "", json!({ "name": format!("Name {number}") })),
            1 => (TimelineEventType::RoomName, "", json!({})),
            2 => (TimelineEventType::RoomTopic, "", json!({ "topic": format!("Topic {number}") })),
            4 => (TimelineEventType::RoomHistoryVisibility, "", json!({ "history_visibility": visibility })),
            5 => (TimelineEventType::RoomJoinRules, "", json!({ "join_rule": rule })),
            6 => (TimelineEventType::RoomEncryption, "", json!({ "algorithm": "m.megolm.v1.aes-sha2" })),
            3 => (TimelineEventType::RoomAvatar, "", json!({ "url": format!("mxc://localhost/{number}") })),
            _ => ("org.example.thing".into(), ["a", "b"][self.pick(2)], json!({ "number": number })),
        };
        _ = self.homeserver.parts.timeline.send_state(room, actor, state_event(kind, key, &content)).await;
    }

    async fn set_account_data(&self, room: &OwnedRoomId, actor: &OwnedUserId) {
        let account_data = &self.homeserver.parts.account_data;
        let raw = |value: Value| to_raw_value(&value).unwrap();
        match self.pick(3) {
            0 => {
                let direct: Vec<_> = self.rooms.iter().filter(|_| self.pick(2) == 0).collect();
                let content = raw(json!({ self.users[0].as_str(): direct }));
                account_data.set(actor, None, "m.direct", &content).await.unwrap();
            }
            1 => {
                let content = raw(json!({ "number": self.pick(9) }));
                account_data.set(actor, None, "org.example.mine", &content).await.unwrap();
            }
            _ => {
                let short = self.homeserver.parts.rooms.find(room).unwrap().short;
                let content = raw(json!({ "number": self.pick(9) }));
                account_data.set(actor, Some(short), "org.example.here", &content).await.unwrap();
            }
        }
    }

    async fn mark_read(&self, actor: &OwnedUserId) {
        let Some((room, event_id)) = self.sent.get(self.pick(self.sent.len().max(1))).cloned() else { return };
        let kind = if self.pick(3) == 0 { ReceiptKind::Private } else { ReceiptKind::Public };
        let thread = match self.pick(3) {
            0 => ReceiptThread::Main,
            1 => ReceiptThread::Thread(event_id.clone()),
            _ => ReceiptThread::Unthreaded,
        };
        _ = self.homeserver.parts.ephemeral.set_receipt(actor, &room, kind, &thread, &event_id).await;
    }
}
