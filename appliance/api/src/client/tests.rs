//! Signing in and everything around it, against a real directory on a temporary folder.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use veche_base::Secret;
use veche_base::metrics::Registry;
use veche_base::testing::{ManualClock, SeededEntropy};
use veche_directory::{Authority, Directory, NewUser, PasswordCost, Settings};
use veche_runtime::tasks::Supervisor;
use veche_store::sql::{Options, Sql};

use crate::app::{ApiSettings, Gate, People};
use crate::routes::{Endpoint, Routes};
use crate::testing::{Answered, Ask};

mod discovery;
mod lookups;
mod moderation;
mod registration;
mod sessions;

const PASSWORD: &str = "correct horse";

/// A server for accounts, with alice, bob and the administrator root.
struct House {
    _dir: TempDir,
    clock: Arc<ManualClock>,
    router: Router,
    table: Vec<Endpoint>,
}

impl House {
    async fn new() -> Self {
        Self::with(|_| ()).await
    }

    async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::build(change, false).await
    }

    /// One that counts how often who asks.
    async fn with_rates() -> Self {
        Self::build(|_| (), true).await
    }

    async fn build(change: impl FnOnce(&mut Settings), edge_rates: bool) -> Self {
        let server_name = ruma::owned_server_name!("x.example");
        let mut settings = Settings::new(server_name.clone());
        settings.password_cost = PasswordCost::LOWEST;
        settings.rates = false;
        change(&mut settings);
        let (dir, clock, registry) = (TempDir::new().unwrap(), Arc::new(ManualClock::new()), Registry::new());
        let entropy = Arc::new(SeededEntropy::new(1));
        let sql = Sql::open(dir.path(), Options::default()).unwrap();
        let directory = Directory::open(sql, clock.clone(), entropy.clone(), settings, &registry).unwrap();
        for name in ["alice", "bob", "root"] {
            let new = NewUser {
                username: name.to_owned(),
                password: Secret::new(PASSWORD.to_owned()),
                admin: name == "root",
            };
            directory.create_user(&Authority::console(), new).await.unwrap();
        }
        let mut edge = ApiSettings::new(server_name, "https://x.example".to_owned());
        edge.rates = edge_rates;
        let supervisor = Supervisor::new(&registry);
        let gate = Gate::new(edge, &registry, clock.clone(), entropy, directory.clone(), supervisor);
        let routes = crate::admin_compat::routes(Routes::<People>::new());
        let routes = crate::federation::routes(routes);
        let routes = super::discovery::routes(super::people(routes));
        let table = routes.table().to_vec();
        let router = routes.into_router(People { directory, gate: Arc::new(gate) });
        Self { _dir: dir, clock, router, table }
    }

    async fn ask(&self, line: &str, token: Option<&str>, body: &Value) -> Answered {
        let mut ask = Ask::new(line);
        if let Some(token) = token {
            ask = ask.token(token);
        }
        if !line.starts_with("GET") {
            ask = ask.body(body.to_string());
        }
        ask.of(&self.router).await
    }

    async fn get(&self, path: &str, token: &str) -> Answered {
        self.ask(&format!("GET {path}"), Some(token), &Value::Null).await
    }

    /// Signs in and gives the whole answer.
    async fn login(&self, user: &str, device: &str) -> Value {
        let body = json!({
            "type": "m.login.password",
            "identifier": { "type": "m.id.user", "user": user },
            "password": PASSWORD,
            "device_id": device,
            "refresh_token": device == "REFRESHING",
        });
        let answer = self.ask("POST /_matrix/client/v3/login", None, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.json());
        answer.json()
    }

    async fn token(&self, user: &str, device: &str) -> String {
        text(&self.login(user, device).await["access_token"])
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn refusal(status: u16, errcode: &str) -> (u16, String) {
    (status, errcode.to_owned())
}

fn password_auth(user: &str, password: &str, session: &Value) -> Value {
    let identifier = json!({ "type": "m.id.user", "user": user });
    json!({ "type": "m.login.password", "identifier": identifier, "password": password, "session": session })
}

#[tokio::test]
async fn every_endpoint_that_needs_a_user_says_so() {
    let house = House::new().await;
    let mut walked = 0;
    for endpoint in house.table.iter().filter(|endpoint| endpoint.need.is_token()) {
        let path = endpoint.template.replace("{user_id}", "@alice:x.example").replace("{room_id}", "!r:x.example");
        let path = path.replace("{event_id}", "$e").replace("{device_id}", "D");
        let line = format!("{} {path}", endpoint.method);
        assert_eq!(house.ask(&line, None, &json!({})).await.refusal(), refusal(401, "M_MISSING_TOKEN"), "{line}");
        let stranger = house.ask(&line, Some("vat_nobody"), &json!({})).await;
        assert_eq!(stranger.refusal(), refusal(401, "M_UNKNOWN_TOKEN"), "{line}");
        walked += 1;
    }
    assert!(walked > 30, "{walked}");
}

#[tokio::test]
async fn no_body_makes_an_endpoint_fail_inside() {
    let house = House::new().await;
    let alice = house.token("alice", "HOME").await;
    let bodies =
        ["", "[]", "null", "7", "\"\"", "{}", r#"{"type":7}"#, r#"{"auth":7}"#, r#"{"auth":{}}"#, r#"{"type":"x"}"#];
    let changing = house.table.iter().filter(|endpoint| endpoint.method != Method::GET);
    for endpoint in changing {
        // Signing out is the one thing that every body does.
        if endpoint.template.contains("logout") {
            continue;
        }
        let path = endpoint.template.replace("{user_id}", "@bob:x.example").replace("{room_id}", "!r:x.example");
        let path = path.replace("{event_id}", "$e").replace("{device_id}", "D");
        for body in bodies {
            let ask = Ask::new(&format!("{} {path}", endpoint.method)).token(&alice).body(body);
            let status = ask.of(&house.router).await.status;
            assert!(status < 500, "{} {path} {body}: {status}", endpoint.method);
        }
    }
}

#[tokio::test]
async fn slow_guessing_is_answered_with_when_to_come_back() {
    let house = House::with(|settings| settings.rates = true).await;
    let body =
        json!({ "type": "m.login.password", "identifier": { "type": "m.id.user", "user": "alice" }, "password": "no" });
    let mut answer = house.ask("POST /_matrix/client/v3/login", None, &body).await;
    assert_eq!(answer.refusal(), refusal(403, "M_FORBIDDEN"));
    for _ in 0..5 {
        answer = house.ask("POST /_matrix/client/v3/login", None, &body).await;
    }
    assert_eq!(answer.refusal(), refusal(429, "M_LIMIT_EXCEEDED"));
    assert!(answer.json()["retry_after_ms"].as_u64().unwrap() > 0);
    assert!(answer.headers.contains_key("retry-after"));
    house.clock.advance(Duration::from_secs(3_600));
    house.token("alice", "HOME").await;
}
