//! A whole server without sockets: the router over real stores on a small folder, with Alice and Bob in one room.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use ruma::owned_server_name;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use veche_api::{ApiSettings, App, Connection, Gate, Listener};
use veche_base::Secret;
use veche_base::metrics::Registry;
use veche_base::testing::{ManualClock, SeededEntropy};
use veche_directory::{Authority, Directory, NewUser, PasswordCost};
use veche_homeserver::Homeserver;
use veche_homeserver::core::{Core, Settings};
use veche_rooms::SigningKeys;
use veche_runtime::tasks::Supervisor;
use veche_store::sql::{Options, Sql};
use veche_store::{OpenOptions, Store};

const PASSWORD: &str = "correct horse";
/// A request that has no answer by then is a long poll, and given up.
const PATIENCE: Duration = Duration::from_secs(5);
/// Requests after which the folder is thrown away, so that a long run does not fill it.
const REQUESTS_MAX: u32 = 20_000;

/// The server of this process.
static HOUSE: LazyLock<Mutex<Option<House>>> = LazyLock::new(|| Mutex::new(None));

/// A server, and what is in it.
pub struct House {
    runtime: Runtime,
    router: Router,
    token: String,
    requests: u32,
    /// Where Alice and Bob are.
    pub room: String,
    /// A message in it.
    pub event: String,
    /// Method and template of every endpoint.
    pub endpoints: Vec<(Method, &'static str)>,
    _folder: TempDir,
}

/// Lends the server of this process.
pub fn with<T>(work: impl FnOnce(&mut House) -> T) -> T {
    let mut house = HOUSE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut lent = house.take().filter(|house| house.requests < REQUESTS_MAX).unwrap_or_else(House::new);
    let result = work(&mut lent);
    *house = Some(lent);
    result
}

/// Text as one segment of a path or one value of a query.
pub fn encode(text: &[u8]) -> String {
    text.iter().map(|byte| format!("%{byte:02X}")).collect()
}

/// What was answered.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its body, if it is JSON.
    pub body: Option<Value>,
}

impl House {
    fn new() -> Self {
        // In memory if the machine has such a place: what is tried here is not the disk.
        let folder =
            TempDir::with_prefix_in("veche-fuzz-", "/dev/shm").or_else(|_| TempDir::with_prefix("veche-fuzz-"));
        let folder = folder.expect("a temporary folder can be made");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime can be made");
        let (router, endpoints) = runtime.block_on(open(&folder));
        let (token, room, event) = Default::default();
        let mut house = Self { runtime, router, token, requests: 0, room, event, endpoints, _folder: folder };
        house.settle();
        house
    }

    fn settle(&mut self) {
        let bob = self.sign_in("bob");
        self.token = self.sign_in("alice");
        let room = json!({ "preset": "public_chat", "room_version": "11", "room_alias_name": "assembly" });
        self.room = self.must(Method::POST, "/_matrix/client/v3/createRoom", &room, "room_id");
        let alice = std::mem::replace(&mut self.token, bob);
        let join = format!("/_matrix/client/v3/join/{}", self.room);
        self.must(Method::POST, &join, &json!({}), "room_id");
        self.token = alice;
        let send = format!("/_matrix/client/v3/rooms/{}/send/m.room.message/first", self.room);
        self.event = self.must(Method::PUT, &send, &json!({ "msgtype": "m.text", "body": "hello" }), "event_id");
    }

    fn sign_in(&mut self, user: &str) -> String {
        let identifier = json!({ "type": "m.id.user", "user": user });
        let body = json!({ "type": "m.login.password", "identifier": identifier, "password": PASSWORD });
        self.must(Method::POST, "/_matrix/client/v3/login", &body, "access_token")
    }

    fn must(&mut self, method: Method, path: &str, body: &Value, field: &str) -> String {
        let answer = self.ask(method, path, body.to_string().as_bytes()).expect("it is no long poll");
        let body = answer.body.unwrap_or_default();
        body[field].as_str().unwrap_or_else(|| panic!("{path}: {} {body}", answer.status)).to_owned()
    }

    /// Asks as Alice and checks what must hold for every answer. `None` if the request was left waiting.
    pub fn ask(&mut self, method: Method, path: &str, body: &[u8]) -> Option<Answer> {
        self.requests += 1;
        let line = format!("{method} {path}");
        let connection = Connection { peer: [192, 0, 2, 1].into(), listener: Listener::Public, secure: true };
        let mut request = Request::builder().method(method).uri(path).extension(connection);
        if !self.token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        }
        let request = request.body(Body::from(body.to_vec())).ok()?;
        let service = self.router.clone();
        let answered = self.runtime.block_on(async {
            let answer = tokio::time::timeout(PATIENCE, service.oneshot(request)).await.ok()?;
            let (parts, body) = answer.unwrap_or_else(|never| match never {}).into_parts();
            Some((parts.status, body.collect().await.expect("the body is whole").to_bytes()))
        });
        let (status, bytes) = answered?;
        assert!(!status.is_server_error(), "{line}: {status} {}", String::from_utf8_lossy(&bytes));
        let body: Option<Value> = serde_json::from_slice(&bytes).ok();
        if status.is_client_error() {
            let code = body.as_ref().and_then(|body| body.get("errcode").or(body.get("flows"))).is_some();
            assert!(code, "{line}: {status} without a reason: {}", String::from_utf8_lossy(&bytes));
        }
        if status == StatusCode::UNAUTHORIZED && body.as_ref().is_some_and(|body| body["errcode"] == "M_UNKNOWN_TOKEN")
        {
            self.token = self.sign_in("alice");
        }
        Some(Answer { status, body })
    }
}

async fn open(folder: &TempDir) -> (Router, Vec<(Method, &'static str)>) {
    let (clock, entropy) = (Arc::new(ManualClock::new()), Arc::new(SeededEntropy::new(7)));
    let (name, registry) = (owned_server_name!("x.example"), Registry::new());
    let store = OpenOptions::new(clock.clone(), entropy.clone()).disk_reserve_bytes(0);
    let store = Store::open(folder.path(), store).expect("a store can be made");
    let sql = Sql::open(folder.path(), Options::default()).expect("a database can be made");
    let mut people = veche_directory::Settings::new(name.clone());
    people.password_cost = PasswordCost::LOWEST;
    people.rates = false;
    let directory = Directory::open(sql, clock.clone(), entropy.clone(), people, &registry).expect("it can be opened");
    for username in ["alice", "bob"] {
        let new = NewUser { username: username.to_owned(), password: Secret::new(PASSWORD.to_owned()), admin: false };
        directory.create_user(&Authority::console(), new).await.expect("a user can be made");
    }
    let keys = SigningKeys::from_seed(name.clone(), "a", &[1; 32]).expect("a seed of the right length");
    let core = Core {
        store,
        clock: clock.clone(),
        entropy: entropy.clone(),
        server_name: name.clone(),
        keys,
        directory: Arc::clone(&directory),
        settings: Settings::default(),
    };
    let homeserver = Arc::new(Homeserver::open(Arc::new(core)));
    let mut settings = ApiSettings::new(name, "https://x.example".to_owned());
    settings.rates = false;
    let supervisor = Supervisor::new(&registry);
    let gate = Gate::new(settings, &registry, clock, entropy, Arc::clone(&directory) as Arc<_>, supervisor);
    let table = veche_api::endpoints().table().iter().map(|one| (one.method.clone(), one.template)).collect();
    (veche_api::router(App::new(homeserver, directory, gate)), table)
}
