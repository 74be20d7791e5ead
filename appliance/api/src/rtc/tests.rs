//! Every way of asking for a token, against a real homeserver on a temporary folder and an SFU that only listens.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use ruma::{OwnedRoomId, RoomId, UserId, owned_server_name};
use serde_json::{Map, Value, json, value::to_raw_value};
use tempfile::TempDir;
use veche_base::Secret;
use veche_base::metrics::Registry;
use veche_base::testing::{ManualClock, SeededEntropy};
use veche_calls::{AccessKeys, Calls, Grants, MemberName, Sfu, identity, room_name};
use veche_directory::{Authority, Caller, Credentials, Directory, LoginRequest, NewUser, PasswordCost};
use veche_homeserver::Homeserver;
use veche_homeserver::core::{Core, Settings};
use veche_homeserver::creation::{NewRoom, Preset};
use veche_homeserver::delayed::NewDelayed;
use veche_rooms::SigningKeys;
use veche_runtime::tasks::Supervisor;
use veche_store::sql::{Options, Sql};
use veche_store::{OpenOptions, Store};

use crate::app::{ApiSettings, App, Gate, Plugs};
use crate::testing::{Answered, Ask};

const UNSTABLE: &str = "/_matrix/client/unstable/io.element.msc4195/rtc/livekit";
const STABLE: &str = "/_matrix/client/v1/rtc/livekit";
const SLOT: &str = "m.call#ROOM";

struct Quiet;

impl Sfu for Quiet {
    fn remove(&self, _: &str, _: &str) {}

    fn refuses(&self, _: &str) -> Option<veche_calls::NoPlace> {
        None
    }
}

struct House {
    _dir: TempDir,
    clock: Arc<ManualClock>,
    server: Arc<Homeserver>,
    calls: Arc<Calls>,
    router: Router,
    room: OwnedRoomId,
    bob: String,
    carol: String,
}

impl House {
    /// Alice's public room with bob in it, and carol, who is not.
    async fn new(has_sfu: bool) -> Self {
        let (dir, clock, registry) = (TempDir::new().unwrap(), Arc::new(ManualClock::new()), Registry::new());
        let entropy = Arc::new(SeededEntropy::new(3));
        let store = Store::open(dir.path(), OpenOptions::new(clock.clone(), entropy.clone())).unwrap();
        let sql = Sql::open(dir.path(), Options::default()).unwrap();
        let name = owned_server_name!("x.example");
        let mut people = veche_directory::Settings::new(name.clone());
        people.password_cost = PasswordCost::LOWEST;
        people.rates = false;
        let directory = Directory::open(sql, clock.clone(), entropy.clone(), people, &registry).unwrap();
        let mut tokens = Vec::new();
        for name in ["alice", "bob", "carol"] {
            let password = || Secret::new("correct horse".to_owned());
            let new = NewUser { username: name.to_owned(), password: password(), admin: false };
            directory.create_user(&Authority::console(), new).await.unwrap();
            let request = LoginRequest {
                credentials: Credentials::Password { user: name.to_owned(), password: password() },
                device_id: Some("HOME".into()),
                display_name: None,
                refresh_token: false,
                caller: Caller::new([192, 0, 2, 1].into()),
            };
            tokens.push(directory.login(request).await.unwrap().access_token.into_exposed());
        }
        let keys = SigningKeys::from_seed(name.clone(), "a", &[1; 32]).unwrap();
        let core = Core {
            store,
            clock: clock.clone(),
            entropy: entropy.clone(),
            server_name: name.clone(),
            keys,
            directory: directory.clone(),
            settings: Settings::default(),
        };
        let server = Arc::new(Homeserver::open(Arc::new(core)));
        let calls = Calls::new(server.clone(), AccessKeys::new("veche", &Secret::new("secret".to_owned())).unwrap());
        if has_sfu {
            calls.plug(Arc::new(Quiet));
        }
        let edge = ApiSettings::new(name, "https://x.example".to_owned());
        let gate = Gate::new(edge, &registry, clock.clone(), entropy, directory.clone(), Supervisor::new(&registry));
        let plugs = Plugs { calls: Some(calls.clone()), ..Plugs::default() };
        let router = crate::router(App::new(server.clone(), directory, gate).with(plugs));
        let room = room(&server).await;
        let [_, bob, carol] = tokens.try_into().unwrap();
        Self { _dir: dir, clock, server, calls, router, room, bob, carol }
    }

    async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Answered {
        let ask = Ask::new(&format!("POST {path}")).body(body.to_string());
        let ask = if let Some(token) = token { ask.token(token) } else { ask };
        ask.of(&self.router).await
    }

    async fn get(&self, path: &str, token: Option<&str>) -> Answered {
        let ask = Ask::new(&format!("GET {path}"));
        let ask = if let Some(token) = token { ask.token(token) } else { ask };
        ask.of(&self.router).await
    }

    /// What somebody shows to the service.
    async fn proof(&self, name: &str, token: &str) -> Value {
        let path = format!("/_matrix/client/v3/user/@{name}:x.example/openid/request_token");
        self.post(&path, Some(token), &json!({})).await.json()
    }

    /// Bob's leaving, scheduled for an hour.
    async fn leaving(&self) -> String {
        let new = NewDelayed {
            room_id: self.room.clone(),
            kind: "org.matrix.msc3401.call.member".into(),
            state_key: Some("_@bob:x.example_HOME_m.call".to_owned()),
            content: to_raw_value(&json!({})).unwrap(),
            delay_ms: 3_600_000,
            sticky_ms: None,
        };
        self.server.delayed.schedule(&user("bob"), "HOME".into(), new, None).await.unwrap()
    }

    /// What an answer's token says, if it is one.
    fn grants(&self, answer: &Answered) -> Grants {
        let told = answer.json();
        assert_eq!((answer.status, &told["url"]), (200, &json!("wss://x.example/livekit/sfu")), "{told}");
        let now_ms = self.server.core.clock.wall_ms();
        self.calls.keys().verify(told["jwt"].as_str().unwrap(), now_ms).unwrap()
    }

    fn check(&self, answer: &Answered, member: &MemberName) {
        let grants = self.grants(answer);
        assert_eq!(grants.identity, identity(&user("bob"), "HOME".into(), member));
        assert_eq!(grants.video.room, room_name(&self.room, SLOT));
    }
}

async fn room(server: &Homeserver) -> OwnedRoomId {
    let new = NewRoom {
        creator: user("alice"),
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
    let room = server.creation.create(new).await.unwrap();
    server.members.join(&room, &user("bob"), None, Map::new()).await.unwrap();
    room
}

fn user(name: &str) -> ruma::OwnedUserId {
    UserId::parse(format!("@{name}:x.example")).unwrap()
}

/// Puts fields into a body, or takes them out that are null.
fn with(mut body: Value, fields: &Value) -> Value {
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    body
}

fn legacy(room: &RoomId, proof: &Value) -> Value {
    json!({ "room": room, "openid_token": proof, "device_id": "HOME", "something": "new" })
}

fn proved(room: &RoomId, proof: &Value) -> Value {
    let member = json!({ "id": "m1", "claimed_user_id": "@bob:x.example", "claimed_device_id": "HOME" });
    json!({ "room_id": room, "slot_id": SLOT, "openid_token": proof, "member": member, "something": "new" })
}

#[tokio::test]
async fn clients_find_calls_where_there_are_some() {
    let house = House::new(true).await;
    let service = json!({ "type": "livekit", "livekit_service_url": "https://x.example/livekit/jwt" });
    let unstable = "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports";
    let answer = house.get(unstable, Some(&house.bob)).await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "rtc_transports": [service] })));
    let stable = house.get("/_matrix/client/v1/rtc/transports", Some(&house.bob)).await.json();
    assert_eq!(stable["rtc_transports"], json!([service]));
    assert_eq!(stable["transports"], json!([{ "type": "m.livekit", "url": "wss://x.example/livekit/sfu" }]));
    assert_eq!(house.get(unstable, None).await.refusal(), (401, "M_MISSING_TOKEN".to_owned()));
    let signpost = house.get("/.well-known/matrix/client", None).await.json();
    assert_eq!(signpost["org.matrix.msc4143.rtc_foci"], json!([service]));
    assert_eq!(house.get("/livekit/jwt/healthz", None).await.status, 200);
}

#[tokio::test]
async fn without_an_sfu_nothing_pretends() {
    let house = House::new(false).await;
    for path in ["/_matrix/client/unstable/org.matrix.msc4143/rtc/transports", "/_matrix/client/v1/rtc/transports"] {
        assert_eq!(house.get(path, Some(&house.bob)).await.json()["rtc_transports"], json!([]));
    }
    let signpost = house.get("/.well-known/matrix/client", None).await.json();
    assert_eq!(signpost, json!({ "m.homeserver": { "base_url": "https://x.example" } }));
    let unrecognized = (404, "M_UNRECOGNIZED".to_owned());
    assert_eq!(house.get("/livekit/jwt/healthz", None).await.refusal(), unrecognized);
    let proof = house.proof("bob", &house.bob).await;
    for (path, token, body) in [
        ("/livekit/jwt/sfu/get".to_owned(), None, legacy(&house.room, &proof)),
        ("/livekit/jwt/get_token".to_owned(), None, proved(&house.room, &proof)),
        ("/livekit/jwt/delegate_delayed_leave".to_owned(), None, proved(&house.room, &proof)),
        (format!("{STABLE}/get_token"), Some(&*house.bob), json!({})),
        (format!("{UNSTABLE}/delegate_delayed_leave"), Some(&*house.bob), json!({})),
    ] {
        assert_eq!(house.post(&path, token, &body).await.refusal(), unrecognized, "{path}");
    }
}

#[tokio::test]
async fn the_service_believes_a_proof() {
    let house = House::new(true).await;
    let proof = house.proof("bob", &house.bob).await;
    let answer = house.post("/livekit/jwt/sfu/get", None, &legacy(&house.room, &proof)).await;
    house.check(&answer, &MemberName::Legacy);
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
    let answer = house.post("/livekit/jwt/get_token", None, &proved(&house.room, &proof)).await;
    house.check(&answer, &MemberName::WithDevice("m1".to_owned()));
    let preflight = Ask::new("OPTIONS /livekit/jwt/get_token").of(&house.router).await;
    assert_eq!(preflight.headers["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn the_service_refuses_everybody_else() {
    let house = House::new(true).await;
    let proof = house.proof("bob", &house.bob).await;
    let good = || proved(&house.room, &proof);
    let refused = async |body: Value| house.post("/livekit/jwt/get_token", None, &body).await.refusal();
    let refusal = |status: u16, errcode: &str| (status, errcode.to_owned());

    let unproved = refusal(401, "M_UNAUTHORIZED");
    let forged = json!({ "access_token": "x", "matrix_server_name": "x.example" });
    assert_eq!(refused(with(good(), &json!({ "openid_token": forged }))).await, unproved);
    let foreign = with(proof.clone(), &json!({ "matrix_server_name": "y.example" }));
    assert_eq!(refused(with(good(), &json!({ "openid_token": foreign }))).await, unproved);
    let member = json!({ "id": "m1", "claimed_user_id": "@alice:x.example", "claimed_device_id": "HOME" });
    assert_eq!(refused(with(good(), &json!({ "member": member }))).await, unproved);

    let forbidden = refusal(403, "M_FORBIDDEN");
    let member = json!({ "id": "m1", "claimed_user_id": "@bob:x.example", "claimed_device_id": "ELSEWHERE" });
    assert_eq!(refused(with(good(), &json!({ "member": member }))).await, forbidden);
    assert_eq!(refused(with(good(), &json!({ "room_id": "!nowhere:x.example" }))).await, forbidden);
    let carols = house.proof("carol", &house.carol).await;
    let stranger = with(legacy(&house.room, &carols), &json!({}));
    assert_eq!(house.post("/livekit/jwt/sfu/get", None, &stranger).await.refusal(), forbidden);

    let bad = refusal(400, "M_BAD_JSON");
    for missing in ["room_id", "slot_id", "openid_token", "member"] {
        assert_eq!(refused(with(good(), &json!({ missing: null }))).await, bad, "{missing}");
    }
    let member = json!({ "id": "m1" });
    assert_eq!(refused(with(good(), &json!({ "member": member }))).await, bad);
    assert_eq!(refused(with(good(), &json!({ "slot_id": "x".repeat(256) }))).await, bad);
    assert_eq!(refused(with(good(), &json!({ "room_id": "no room" }))).await, bad);
    let large = with(good(), &json!({ "something": "x".repeat(16 * 1_024) }));
    assert_eq!(refused(large).await, refusal(413, "M_TOO_LARGE"));

    house.clock.advance(Duration::from_secs(3_600));
    assert_eq!(refused(good()).await, unproved);
}

#[tokio::test]
async fn the_homeserver_gives_tokens_in_every_form_of_the_proposal() {
    let house = House::new(true).await;
    let asked = json!({ "room_id": house.room, "slot_id": SLOT, "something": "new" });
    let ask = async |path: &str, fields: Value| {
        house.post(&format!("{path}/get_token"), Some(&house.bob), &with(asked.clone(), &fields)).await
    };
    let (alone, device) = (MemberName::Alone("m1".to_owned()), MemberName::WithDevice("m1".to_owned()));
    for path in [STABLE, UNSTABLE] {
        let url = "wss://x.example/livekit/sfu";
        house.check(&ask(path, json!({ "url": url, "member_id": "m1" })).await, &alone);
        house.check(&ask(path, json!({ "server_name": "x.example", "member": { "id": "m1" } })).await, &alone);
        let member = json!({ "id": "m1", "claimed_device_id": "HOME" });
        house.check(&ask(path, json!({ "url": format!("{url}/"), "member": member })).await, &device);
    }
    let member = json!({ "member_id": "m1" });
    let path = format!("{STABLE}/get_token");
    for (fields, status, errcode) in [
        (json!({ "url": "wss://elsewhere.example/livekit/sfu" }), 400, "M_INVALID_PARAM"),
        (json!({ "server_name": "y.example" }), 502, "M_UNKNOWN"),
        (json!({ "member_id": null }), 400, "M_BAD_JSON"),
        (json!({ "room_id": null }), 400, "M_BAD_JSON"),
        (json!({ "member": { "id": "m1", "claimed_user_id": "@alice:x.example" } }), 403, "M_FORBIDDEN"),
        (json!({ "member": { "id": "m1", "claimed_device_id": "ELSEWHERE" } }), 403, "M_FORBIDDEN"),
        (json!({ "room_id": "!nowhere:x.example" }), 403, "M_FORBIDDEN"),
    ] {
        let body = with(with(asked.clone(), &member), &fields);
        let refused = house.post(&path, Some(&house.bob), &body).await;
        assert_eq!(refused.refusal(), (status, errcode.to_owned()), "{fields}");
    }
    let body = with(asked.clone(), &member);
    assert_eq!(house.post(&path, Some(&house.carol), &body).await.refusal(), (403, "M_FORBIDDEN".to_owned()));
    assert_eq!(house.post(&path, None, &body).await.refusal(), (401, "M_MISSING_TOKEN".to_owned()));
}

#[tokio::test]
async fn a_leaving_is_handed_over_in_every_way() {
    let house = House::new(true).await;
    let proof = house.proof("bob", &house.bob).await;
    let delegated = || house.server.delayed.delegated().unwrap().into_iter().map(|it| it.delay_id).collect::<Vec<_>>();
    let old = json!({ "delay_timeout": 3_600_000, "delay_cs_api_url": "https://x.example" });
    let mut ids = Vec::new();
    for (path, token, body) in [
        ("/livekit/jwt/sfu/get".to_owned(), None, with(legacy(&house.room, &proof), &old)),
        ("/livekit/jwt/get_token".to_owned(), None, with(proved(&house.room, &proof), &old)),
        ("/livekit/jwt/delegate_delayed_leave".to_owned(), None, with(proved(&house.room, &proof), &old)),
        (
            format!("{UNSTABLE}/delegate_delayed_leave"),
            Some(&*house.bob),
            json!({ "room_id": house.room, "slot_id": SLOT, "member": { "id": "m2", "claimed_device_id": "HOME" } }),
        ),
        (
            format!("{STABLE}/delegate_delayed_leave"),
            Some(&*house.bob),
            json!({ "room_id": house.room, "slot_id": SLOT, "member_id": "m3" }),
        ),
    ] {
        let unknown = house.post(&path, token, &with(body.clone(), &json!({ "delay_id": "nonsense" }))).await;
        assert_eq!(unknown.refusal(), (400, "M_INVALID_PARAM".to_owned()), "{path}");
        let delay_id = house.leaving().await;
        let answer = house.post(&path, token, &with(body, &json!({ "delay_id": delay_id }))).await;
        assert_eq!(answer.status, 200, "{path} {}", answer.json());
        ids.push(delay_id);
    }
    // The third one is of the same seat as the second one, which it takes the place of.
    ids.remove(1);
    ids.sort();
    assert_eq!(delegated(), ids);
    let none = json!({ "room_id": house.room, "slot_id": SLOT, "member_id": "m3" });
    let refused = house.post(&format!("{STABLE}/delegate_delayed_leave"), Some(&house.bob), &none).await;
    assert_eq!(refused.refusal(), (400, "M_BAD_JSON".to_owned()));
}
