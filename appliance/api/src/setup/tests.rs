use std::sync::Mutex;
use std::time::Duration;

use futures_util::FutureExt;
use ruma::owned_server_name;
use serde_json::json;
use tempfile::TempDir;
use veche_base::metrics::Registry;
use veche_base::testing::{ManualClock, SeededEntropy};
use veche_directory::PasswordCost;
use veche_directory::setup::SetupSettings;
use veche_runtime::tasks::Supervisor;
use veche_store::sql::{Options, Sql};

use super::*;
use crate::admin::v1::certificate::Obstacle;
use crate::admin::v1::reachability::{Line, State, Words};
use crate::app::ApiSettings;
use crate::testing::{Answered, Ask};

/// A process that would become a server.
#[derive(Default)]
struct Fake {
    fixed: Option<OwnedServerName>,
    started: Mutex<Vec<Visit>>,
}

impl NewSite for Fake {
    fn name(&self, text: &str) -> Result<OwnedServerName, NameRefusal> {
        if let Some(fixed) = self.fixed.clone().filter(|fixed| fixed.as_str() != text) {
            return Err(NameRefusal::Fixed(fixed));
        }
        OwnedServerName::try_from(text).map_err(|error| NameRefusal::Invalid(error.to_string()))
    }

    fn fixed_name(&self) -> Option<OwnedServerName> {
        self.fixed.clone()
    }

    fn look<'a>(&'a self, name: &'a ServerName) -> BoxFuture<'a, NameReport> {
        let report = NameReport {
            server_name: name.to_string(),
            verdict: NameVerdict::Elsewhere,
            leads_to: vec!["203.0.113.1".to_owned()],
            own_addresses: vec!["192.0.2.7".to_owned()],
            resolver: None,
        };
        async { report }.boxed()
    }

    fn check_certificate(&self, _: &ServerName, choice: &CertificateChoice) -> Result<(), CertificateRefusal> {
        let is_plain = |directory: &String| directory.starts_with("http:");
        match choice {
            CertificateChoice::Acme { directory: Some(directory), .. } if is_plain(directory) => {
                Err(CertificateRefusal::Impossible(Obstacle::BadDirectory, "not HTTPS".to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn upload<'a>(
        &'a self,
        _: &'a ServerName,
        upload: CertificateUpload,
    ) -> BoxFuture<'a, Result<(), CertificateRefusal>> {
        async move { if upload.chain == "good" { Ok(()) } else { Err(CertificateRefusal::Faults(Vec::new())) } }.boxed()
    }

    fn base_url(&self, name: &ServerName) -> String {
        format!("https://{name}")
    }

    fn settings_of(&self, draft: &Draft) -> Vec<(String, Value)> {
        draft.organisation.iter().map(|organisation| ("site.name".to_owned(), json!(organisation.name))).collect()
    }

    fn start(&self, visit: Visit) -> BoxFuture<'_, Option<Report>> {
        self.started.lock().unwrap().push(visit);
        let words = Words::new("name", "имя");
        let line = Line {
            id: "dns".to_owned(),
            state: State::Ok,
            code: "here".to_owned(),
            title: words.clone(),
            meaning: words,
            mend: None,
        };
        async { Some(Report::new("chat.example.org".to_owned(), 7, vec![line])) }.boxed()
    }
}

struct House {
    _dir: TempDir,
    setup: Arc<Setup>,
    clock: Arc<ManualClock>,
    fake: Arc<Fake>,
    router: Router,
}

impl House {
    fn new() -> Self {
        Self::with(Fake::default())
    }

    fn with(fake: Fake) -> Self {
        let dir = TempDir::new().unwrap();
        let sql = Sql::open(dir.path(), Options::default()).unwrap();
        let (clock, entropy) = (Arc::new(ManualClock::new()), Arc::new(SeededEntropy::new(1)));
        let settings = SetupSettings { password_cost: PasswordCost::LOWEST, rates: true };
        let setup = Setup::open(sql, clock.clone(), entropy.clone(), settings).unwrap();
        let registry = Registry::new();
        let edge = ApiSettings::new(owned_server_name!("localhost"), "https://192.0.2.7".to_owned());
        let sessions = Arc::new(SetupSessions(setup.clone()));
        let gate = Gate::new(edge, &registry, clock.clone(), entropy, sessions, Supervisor::new(&registry));
        let fake = Arc::new(fake);
        let router = router(Wizard::new(gate, setup.clone(), fake.clone()));
        Self { _dir: dir, setup, clock, fake, router }
    }

    async fn ask(&self, line: &str, token: &str, body: &Value) -> Answered {
        let ask = Ask::new(&line.replace("PUT ", "PUT /api/setup/v1/")).token(token).header("host", "192.0.2.7");
        let ask = if body.is_null() { ask } else { ask.body(body.to_string()) };
        ask.of(&self.router).await
    }

    async fn claim(&self, code: &str) -> Answered {
        self.ask("POST /api/setup/v1/claim", "nobody", &json!({ "code": code })).await
    }

    fn code(&self) -> String {
        self.setup.codes().borrow().expose().clone()
    }

    /// Shows the code and gives the token.
    async fn claimed(&self) -> String {
        let claimed = self.claim(&self.code()).await;
        assert_eq!(claimed.status, 200, "{}", claimed.json());
        claimed.json()["token"].as_str().unwrap().to_owned()
    }
}

fn refusal(status: u16, errcode: &str) -> (u16, String) {
    (status, errcode.to_owned())
}

fn owner(name: &str, password: &str) -> Value {
    json!({ "username": name, "display_name": "Ольга", "password": password })
}

#[tokio::test]
async fn nothing_but_the_claim_is_answered_without_a_token() {
    let house = House::new();
    let mut walked = 0;
    for endpoint in endpoints().table() {
        let (method, path) = (&endpoint.method, endpoint.template);
        let answer = Ask::new(&format!("{method} {path}")).of(&house.router).await;
        let expected = match path {
            "/health" => refusal(200, ""),
            "/api/setup/v1/claim" => refusal(400, "M_BAD_JSON"),
            _ => refusal(401, "M_MISSING_TOKEN"),
        };
        assert_eq!(answer.refusal(), expected, "{method} {path}");
        if endpoint.need == Need::User {
            let line = format!("{method} {path}").replace("PUT /api/setup/v1/", "PUT ");
            let stranger = house.ask(&line, "x", &json!({})).await;
            assert_eq!(stranger.refusal(), refusal(401, "M_UNKNOWN_TOKEN"), "{method} {path}");
            walked += 1;
        }
    }
    assert_eq!(walked, 15);
    for line in ["GET /", "GET /_matrix/client/versions", "POST /_matrix/client/v3/login", "GET /metrics"] {
        assert_eq!(Ask::new(line).of(&house.router).await.refusal(), refusal(404, "M_UNRECOGNIZED"), "{line}");
    }
}

#[tokio::test]
async fn five_wrong_codes_make_another_one() {
    let house = House::new();
    let first = house.code();
    for left in [4, 3, 2, 1] {
        let wrong = house.claim("0000-0000").await;
        assert_eq!(wrong.refusal(), refusal(403, "M_FORBIDDEN"));
        assert_eq!((&wrong.json()["reason"], &wrong.json()["tries_left"]), (&json!("wrong_claim_code"), &json!(left)));
    }
    let last = house.claim("0000-0000").await;
    assert_eq!((last.refusal(), &last.json()["reason"]), (refusal(403, "M_FORBIDDEN"), &json!("new_claim_code")));
    assert_ne!(house.code(), first);
    assert_eq!(house.claim(&house.code()).await.refusal(), refusal(429, "M_LIMIT_EXCEEDED"), "who guessed has to wait");
    house.clock.advance(Duration::from_secs(60));
    assert_eq!(house.claim(&first).await.refusal(), refusal(403, "M_FORBIDDEN"));
    assert_eq!(house.claim(&house.code().to_lowercase()).await.status, 200);
}

#[tokio::test]
async fn steps_are_answered_in_any_order_and_shown_again() {
    let house = House::new();
    let token = &house.claimed().await;
    let put = |step: &str, body: Value| {
        let (line, house) = (format!("PUT {step}"), &house);
        async move { house.ask(&line, token, &body).await }
    };
    let state = || house.ask("GET /api/setup/v1/state", token, &Value::Null);
    let all = json!(["language", "organisation", "certificate", "owner", "registration", "encryption"]);
    assert_eq!(state().await.json()["unanswered"], all);
    let early = put("certificate", json!({ "source": "own" })).await;
    assert_eq!(early.json()["reason"], "organisation_first");
    let invited = put("registration", json!({ "mode": "token" })).await.json();
    assert_eq!(invited["registration"]["link"], Value::Null, "nobody knows yet where the server will be");
    put("organisation", json!({ "name": "Рога и копыта", "server_name": "chat.example.org" })).await;
    put("language", json!({ "language": "ru" })).await;
    put("encryption", json!({ "encryption": "private" })).await;
    put("owner", owner("olga", "correct horse")).await;
    let told = put("certificate", json!({ "source": "acme", "directory": " ", "email": "a@example.org" })).await.json();
    assert_eq!(told["certificate"], json!({ "source": "acme", "directory": null, "email": "a@example.org" }));
    assert_eq!(told["unanswered"], json!([]));
    assert_eq!(state().await.json(), told);
    let olga = json!({ "username": "olga", "display_name": "Ольга", "passkey": false, "second_factor": false });
    assert_eq!(told["owner"], olga, "and no password");
    let invitation = told["registration"]["token"].as_str().unwrap();
    assert_eq!(told["registration"]["link"], format!("https://chat.example.org/#/invite/{invitation}"));
    let named = house.ask("GET /api/setup/v1/name?name=chat.example.org", token, &Value::Null).await.json();
    assert_eq!((&named["verdict"], &named["leads_to"]), (&json!("elsewhere"), &json!(["203.0.113.1"])));
}

#[tokio::test]
async fn a_second_factor_is_offered_taken_and_forgotten() {
    let house = House::new();
    let token = &house.claimed().await;
    let ask = |method: &str, body: Value| {
        let (line, house) = (format!("{method} {SECOND_FACTOR}").replace("PUT /api/setup/v1/", "PUT "), &house);
        async move { house.ask(&line, token, &body).await }
    };
    assert_eq!(ask("POST", json!({})).await.json()["reason"], "owner_first");
    let organisation = json!({ "name": "Acme", "server_name": "chat.example.org" });
    house.ask("PUT organisation", token, &organisation).await;
    house.ask("PUT owner", token, &owner("olga", "correct horse")).await;
    assert_eq!(ask("PUT", json!({ "code": "123456" })).await.refusal(), refusal(404, "M_NOT_FOUND"));
    let offered = ask("POST", json!({})).await.json();
    assert_eq!(offered["secret"].as_str().unwrap().len(), 32);
    assert!(offered["uri"].as_str().unwrap().starts_with("otpauth://totp/Acme:%40olga%3Achat.example.org?secret="));
    let wrong = ask("PUT", json!({ "code": "12345" })).await;
    assert_eq!((wrong.refusal(), &wrong.json()["reason"]), (refusal(403, "M_FORBIDDEN"), &json!("wrong_code")));
    assert_eq!(ask("DELETE", Value::Null).await.json()["owner"]["second_factor"], false);
}

#[tokio::test]
async fn answers_that_cannot_be_are_refused_with_a_reason() {
    let house = House::with(Fake { fixed: Some(owned_server_name!("chat.example.org")), ..Fake::default() });
    let token = &house.claimed().await;
    let organisation = |name: &str, server: &str| json!({ "name": name, "server_name": server });
    house.ask("PUT organisation", token, &organisation("Acme", "chat.example.org")).await;
    let state = house.ask("GET /api/setup/v1/state", token, &Value::Null).await.json();
    assert_eq!(state["fixed_server_name"], "chat.example.org");
    for (step, body, expected, reason) in [
        ("organisation", organisation("Acme", "other.example"), refusal(403, "M_FORBIDDEN"), "name_fixed"),
        ("organisation", organisation(" ", "chat.example.org"), refusal(400, "M_INVALID_PARAM"), "name_length"),
        ("owner", owner("Olga Ivanova", "correct horse"), refusal(400, "M_INVALID_USERNAME"), ""),
        ("owner", owner("olga", "short"), refusal(400, "M_WEAK_PASSWORD"), ""),
        ("language", json!({ "language": "xx" }), refusal(400, "M_BAD_JSON"), ""),
        ("encryption", json!({ "encryption": "none" }), refusal(400, "M_BAD_JSON"), ""),
        ("registration", json!({ "mode": "open" }), refusal(400, "M_BAD_JSON"), ""),
        ("certificate", json!({ "source": "upload", "chain": "bad", "key": "" }), refusal(400, "M_INVALID_PARAM"), ""),
        ("certificate", json!({ "source": "acme", "directory": "http:x" }), refusal(400, "M_INVALID_PARAM"), ""),
    ] {
        let answer = house.ask(&format!("PUT {step}"), token, &body).await;
        assert_eq!(answer.refusal(), expected, "{body}: {}", answer.json());
        if !reason.is_empty() {
            assert_eq!(answer.json()["reason"], reason, "{body}");
        }
    }
    let early = house.ask("POST /api/setup/v1/finish", token, &json!({})).await;
    assert_eq!((early.status, &early.json()["reason"]), (400, &json!("unanswered")));
    let missing = json!(["language", "certificate", "owner", "registration", "encryption"]);
    assert_eq!(early.json()["steps"], missing);
    assert!(house.fake.started.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_end_makes_the_owner_once_and_tells_what_the_server_looks_like() {
    let house = House::new();
    let token = &house.claimed().await;
    for (step, body) in [
        ("language", json!({ "language": "en" })),
        ("organisation", json!({ "name": "Acme", "server_name": "chat.example.org" })),
        ("certificate", json!({ "source": "upload", "chain": "good", "key": "good" })),
        ("owner", owner("olga", "correct horse")),
        ("registration", json!({ "mode": "closed" })),
        ("encryption", json!({ "encryption": "managed" })),
    ] {
        let answer = house.ask(&format!("PUT {step}"), token, &body).await;
        assert_eq!(answer.status, 200, "{step}: {}", answer.json());
    }
    let finish = || house.ask("POST /api/setup/v1/finish?now_ms=5", token, &Value::Null);
    let finished = finish().await.json();
    assert_eq!(finished["owner"], "@olga:chat.example.org");
    assert_eq!((&finished["base_url"], &finished["invite_link"]), (&json!("https://chat.example.org"), &Value::Null));
    assert_eq!(finished["reachability"]["lines"][0]["code"], "here");
    let visits = house.fake.started.lock().unwrap().clone();
    assert_eq!((visits.len(), visits[0].host.as_deref(), visits[0].clock_ms), (1, Some("192.0.2.7"), Some(5)));
    assert_eq!(finish().await.refusal(), refusal(404, "M_UNRECOGNIZED"));
    let late = house.ask("PUT language", token, &json!({ "language": "ru" })).await;
    assert_eq!(late.refusal(), refusal(404, "M_UNRECOGNIZED"));
    assert_eq!(house.fake.started.lock().unwrap().len(), 1);
}
