//! The first run of the shipped binary: a server without accounts is a wizard and nothing else, and becomes the server when
//! the wizard is finished, in the same process and on the same sockets.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use veche_test_harness::{Answer, Authenticator, Client, LIMIT, Server, binary};

/// Where whoever commands the machine finds the claim code.
const CODE_FILE: &str = "claim-code";
const PASSWORD: &str = "correct horse battery staple";

const LOCAL: [(&str, &str); 6] = [
    ("listen.http", "127.0.0.1:0"),
    ("listen.https", "127.0.0.1:0"),
    ("listen.turn", "127.0.0.1:0"),
    ("listen.sfu", "127.0.0.1:0"),
    ("listen.ice_tcp", "127.0.0.1:0"),
    ("network.external_address", "127.0.0.1"),
];

/// A server that nobody has set up, with these settings beside.
async fn unclaimed(more: &[(&str, &str)]) -> Server {
    let settings = [&LOCAL[..], more].concat();
    Server::try_start_with(&settings).await.expect("the server starts")
}

fn code(dir: &Path) -> String {
    fs::read_to_string(dir.join(CODE_FILE)).expect("there is a claim code").trim().to_owned()
}

/// Asks until the answer is the wanted one.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let asked = async { while !is_so().await {} };
    tokio::time::timeout(LIMIT, asked).await.unwrap_or_else(|_| panic!("not within {LIMIT:?}: {what}"));
}

/// The wizard in somebody's browser.
struct Wizard {
    browser: Client,
}

impl Wizard {
    /// Shows the code that lies with the data.
    async fn claim(server: &Server) -> Self {
        let anybody = Client::anonymous(&server.base_url());
        let claimed = anybody.post("/api/setup/v1/claim", &json!({ "code": code(server.dir()) })).await.ok();
        let browser = anybody.with_session(&json!({ "access_token": claimed["token"] }));
        Self { browser }
    }

    async fn state(&self) -> Value {
        self.browser.get("/api/setup/v1/state").await.ok()
    }

    async fn put(&self, step: &str, body: &Value) -> Answer {
        self.browser.put(&format!("/api/setup/v1/{step}"), body).await
    }

    async fn finish(&self) -> Answer {
        self.browser.post("/api/setup/v1/finish?now_ms=1", &json!({})).await
    }

    /// Gives the owner an authenticator app.
    async fn second_factor(&self) -> Authenticator {
        let path = "/api/setup/v1/owner/second_factor";
        let offered = self.browser.post(path, &json!({})).await.ok();
        let app = Authenticator::new(offered["secret"].as_str().expect("a secret"));
        let state = self.browser.put(path, &json!({ "code": app.code() })).await.ok();
        assert_eq!(state["owner"]["second_factor"], true);
        app
    }

    /// Answers everything for a server of this name.
    async fn answer(&self, name: &str) {
        for (step, body) in [
            ("language", json!({ "language": "ru" })),
            ("organisation", json!({ "name": "Рога и копыта", "server_name": name })),
            ("certificate", json!({ "source": "own" })),
            ("owner", json!({ "username": "olga", "display_name": "Ольга", "password": PASSWORD })),
            ("registration", json!({ "mode": "token" })),
            ("encryption", json!({ "encryption": "private" })),
        ] {
            self.put(step, &body).await.ok();
        }
    }
}

/// Whether the wizard's page was built before the binary was.
fn is_built() -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../appliance/web/dist/setup/index.html").exists()
}

async fn login(server: &Server, name: &str, password: &str) -> Client {
    let anybody = Client::anonymous(&server.base_url());
    let identifier = json!({ "type": "m.id.user", "user": name });
    let body = json!({ "type": "m.login.password", "identifier": identifier, "password": password });
    let session = anybody.post("/_matrix/client/v3/login", &body).await.ok();
    anybody.with_session(&session)
}

/// Registers with an invitation.
async fn accept(server: &Server, token: &str, name: &str) -> Client {
    let anybody = Client::anonymous(&server.base_url());
    let path = "/_matrix/client/v3/register";
    let body = json!({ "username": name, "password": PASSWORD });
    let flows = anybody.post(path, &body).await.json();
    let auth = json!({ "type": "m.login.registration_token", "token": token, "session": flows["session"] });
    let body = json!({ "username": name, "password": PASSWORD, "auth": auth });
    let session = anybody.post(path, &body).await.ok();
    anybody.with_session(&session)
}

async fn is_served(server: &Server) -> bool {
    let answer = Client::anonymous(&server.base_url());
    let answer = answer.try_send(answer.request(reqwest::Method::GET, "/_matrix/client/versions")).await;
    answer.is_ok_and(|answer| answer.status == 200)
}

async fn veche(arguments: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.args(arguments);
    let run = tokio::task::spawn_blocking(move || command.output().expect("the binary can be started"));
    run.await.expect("waiting does not panic")
}

#[tokio::test]
async fn until_it_is_claimed_nothing_but_the_wizard_answers() {
    let mut server = unclaimed(&[]).await;
    let line = &server.ready().line;
    let url = line["claim_url"].as_str().expect("where the wizard is");
    assert!(url.starts_with("https://") && url.ends_with("/setup/"), "{url}");
    assert_eq!(line["turn"], Value::Null, "the relay waits");
    let mode = fs::metadata(server.dir().join(CODE_FILE)).expect("there is a claim code").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!server.log().contains(&code(server.dir())), "a log is read by many");

    let anybody = Client::anonymous(&server.base_url());
    assert_eq!(anybody.get("/health").await.status, 200);
    for path in
        ["/_matrix/client/versions", "/api/admin/v1/me", "/api/site/v1/about", "/metrics", "/.well-known/matrix/client"]
    {
        anybody.get(path).await.refused(404, "M_UNRECOGNIZED");
    }
    for path in ["/_matrix/client/v3/login", "/_matrix/client/v3/register", "/_synapse/admin/v1/register"] {
        anybody.post(path, &json!({})).await.refused(404, "M_UNRECOGNIZED");
    }
    anybody.get("/api/setup/v1/state").await.refused(401, "M_MISSING_TOKEN");
    anybody.post("/api/setup/v1/finish", &json!({})).await.refused(401, "M_MISSING_TOKEN");
    let page = anybody.get("/setup/").await;
    if is_built() {
        let policy = page.headers["content-security-policy"].to_str().expect("text");
        assert!(page.status == 200 && policy.starts_with("default-src 'none'"), "{} {policy}", page.status);
        assert_eq!(anybody.get("/").await.bytes, page.bytes, "browsers are led to it");
    } else {
        page.refused(404, "M_UNRECOGNIZED");
    }
    anybody.get("/admin/").await.refused(404, "M_UNRECOGNIZED");
    let https = server.ready().https.expect("HTTPS is on");
    assert_eq!(Client::anonymous(&format!("https://{https}")).get("/health").await.status, 200);

    let (status, _) = server.stop().await;
    assert_eq!(status.code(), Some(0));
    assert!(!server.dir().join(CODE_FILE).exists(), "the code of a stopped server is worth nothing");
}

#[tokio::test]
async fn five_wrong_codes_make_another_one() {
    let server = unclaimed(&[]).await;
    let anybody = Client::anonymous(&server.base_url());
    let first = code(server.dir());
    let claim = async |code: &str| anybody.post("/api/setup/v1/claim", &json!({ "code": code })).await;
    for left in [4, 3, 2, 1] {
        let wrong = claim("0000").await.refused(403, "M_FORBIDDEN");
        assert_eq!((&wrong["reason"], &wrong["tries_left"]), (&json!("wrong_claim_code"), &json!(left)));
    }
    assert_eq!(claim("0000").await.refused(403, "M_FORBIDDEN")["reason"], "new_claim_code");
    until("another code in the file", async || {
        anybody.get("/health").await.ok();
        code(server.dir()) != first
    })
    .await;
    let wait = claim(&code(server.dir())).await.refused(429, "M_LIMIT_EXCEEDED");
    assert!(wait["retry_after_ms"].as_u64().is_some_and(|wait| wait > 30_000 && wait <= 60_000), "{wait}");
}

#[tokio::test]
async fn the_wizard_goes_on_where_it_was_and_makes_a_server() {
    let mut server = unclaimed(&[]).await;
    let wizard = Wizard::claim(&server).await;
    wizard.answer("localhost").await;
    let app = wizard.second_factor().await;
    let mut before = wizard.state().await;
    server.kill();
    server.restart().await;
    let stale = wizard.browser.moved_to(&server.base_url()).get("/api/setup/v1/state").await;
    stale.refused(401, "M_UNKNOWN_TOKEN");
    let wizard = Wizard::claim(&server).await;
    let mut after = wizard.state().await;
    for state in [&mut before, &mut after] {
        // Where the server is reached, with the port that it got this time.
        let link = state["registration"]["link"].take();
        let base_url = state["organisation"]["base_url"].take();
        let (link, base_url) = (link.as_str().expect("a link"), base_url.as_str().expect("an address"));
        assert!(base_url.starts_with("https://localhost:") && link.starts_with(base_url), "{base_url} {link}");
    }
    assert_eq!(after, before, "every answer was on disk");
    assert_eq!(before["unanswered"], json!([]));

    let finished = wizard.finish().await.ok();
    assert_eq!((&finished["owner"], &finished["server_name"]), (&json!("@olga:localhost"), &json!("localhost")));
    let report = &finished["reachability"];
    assert_eq!(report["server_name"], "localhost");
    let lines = report["lines"].as_array().expect("a report has lines");
    let https = lines.iter().find(|line| line["id"] == "https").expect("a line about HTTPS");
    assert_eq!(https["state"], "ok", "the started server was tried: {https}");

    // The same process, on the same sockets.
    wizard.browser.get("/api/setup/v1/state").await.refused(404, "M_UNRECOGNIZED");
    wizard.browser.post("/api/setup/v1/claim", &json!({ "code": "0" })).await.refused(404, "M_UNRECOGNIZED");
    assert!(!server.dir().join(CODE_FILE).exists());
    Client::anonymous(&server.base_url()).get("/setup/").await.refused(404, "M_UNRECOGNIZED");
    let olga = login(&server, "olga", &format!("{PASSWORD} {}", app.next_code())).await;
    let me = olga.get("/api/admin/v1/me").await.ok();
    assert_eq!((&me["role"], &me["user_id"]), (&json!("owner"), &json!("@olga:localhost")));
    assert_eq!(me["second_factor"], true);
    let profile = olga.get("/_matrix/client/v3/profile/@olga:localhost").await.ok();
    assert_eq!(profile["displayname"], "Ольга");

    let link = finished["invite_link"].as_str().expect("an invitation");
    let token = link.rsplit('/').next().expect("the token ends the link");
    let ivan = accept(&server, token, "ivan").await;
    ivan.get("/api/admin/v1/me").await.refused(403, "M_FORBIDDEN");
    let room = ivan.create_room(&json!({ "preset": "private_chat" })).await;
    let encryption = ivan.state(&room, "m.room.encryption", "").await.ok();
    assert_eq!(encryption["algorithm"], "m.megolm.v1.aes-sha2");

    let journal = olga.get("/api/admin/v1/journal?action=server.claim").await.ok();
    assert_eq!(journal["rows"].as_array().map(Vec::len), Some(1), "{journal}");
    assert!(!journal.to_string().contains(PASSWORD));

    server.kill();
    server.restart().await;
    assert_eq!(server.ready().line["claim_url"], Value::Null);
    assert!(server.ready().turn.is_some(), "the relay runs");
    let about = Client::anonymous(&server.base_url()).get("/api/site/v1/about").await.ok();
    let expected = [
        ("name", "Рога и копыта"),
        ("language", "ru"),
        ("server_name", "localhost"),
        ("registration", "token"),
        ("encryption", "private"),
    ];
    for (field, value) in expected {
        assert_eq!(about[field], value, "{about}");
    }
    assert_eq!(olga.moved_to(&server.base_url()).whoami().await.ok()["user_id"], "@olga:localhost");
}

#[tokio::test]
async fn what_the_machine_says_cannot_be_answered_otherwise() {
    let server = unclaimed(&[("server.name", "chat.example.org"), ("registration.mode", "closed")]).await;
    let wizard = Wizard::claim(&server).await;
    assert_eq!(wizard.state().await["fixed_server_name"], "chat.example.org");
    let other = json!({ "name": "Acme", "server_name": "other.example.org" });
    let refused = wizard.put("organisation", &other).await.refused(403, "M_FORBIDDEN");
    assert_eq!((&refused["reason"], &refused["server_name"]), (&json!("name_fixed"), &json!("chat.example.org")));
    wizard.answer("chat.example.org").await;
    assert_eq!(wizard.finish().await.ok()["owner"], "@olga:chat.example.org");
    let about = Client::anonymous(&server.base_url()).get("/api/site/v1/about").await.ok();
    assert_eq!((&about["registration"], &about["name"]), (&json!("closed"), &json!("Рога и копыта")));
}

#[tokio::test]
async fn names_are_looked_up_before_they_are_chosen() {
    let server = unclaimed(&[]).await;
    let wizard = Wizard::claim(&server).await;
    let look = async |name: &str| wizard.browser.get(&format!("/api/setup/v1/name?name={name}")).await;
    assert_eq!(look("localhost").await.ok()["verdict"], "this_machine_only");
    assert_eq!(look("127.0.0.1").await.ok()["verdict"], "own_address");
    assert_eq!(look("203.0.113.77").await.ok()["verdict"], "other_address");
    let nowhere = look("nowhere.invalid").await.ok();
    assert_eq!(nowhere["verdict"], "nowhere", "{nowhere}");
    assert!(nowhere["resolver"].is_string() && nowhere["leads_to"] == json!([]), "{nowhere}");
    assert_eq!(look("a%20b").await.refused(400, "M_INVALID_PARAM")["reason"], "name_invalid");
    let early = wizard.finish().await.refused(400, "M_UNKNOWN");
    assert_eq!((&early["reason"], early["steps"].as_array().map(Vec::len)), (&json!("unanswered"), Some(6)));
}

#[tokio::test]
async fn an_account_made_on_the_machine_ends_the_first_run() {
    let mut server = unclaimed(&[("server.name", "localhost")]).await;
    let dir = server.dir().to_str().expect("a path of text").to_owned();
    let made = veche(&["user", "add", "olga", "--owner", "--data", &dir]).await;
    let said = String::from_utf8(made.stdout).expect("text");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let password = said.lines().find_map(|line| line.strip_prefix("password: ")).expect("a password");
    until("the server", async || is_served(&server).await).await;
    let olga = login(&server, "olga", password).await;
    assert_eq!(olga.get("/api/admin/v1/me").await.ok()["role"], "owner");
    Client::anonymous(&server.base_url()).get("/api/setup/v1/state").await.refused(404, "M_UNRECOGNIZED");
    assert!(!server.dir().join(CODE_FILE).exists());

    let (status, _) = server.stop().await;
    assert_eq!(status.code(), Some(0));
    server.restart().await;
    assert_eq!(server.ready().line["claim_url"], Value::Null, "a box with accounts is no wizard");
    assert!(is_served(&server).await);
}

#[tokio::test]
async fn a_server_that_is_configured_by_settings_alone_is_no_wizard() {
    let server = unclaimed(&[("setup.skip", "true"), ("server.name", "localhost")]).await;
    assert_eq!(server.ready().line["claim_url"], Value::Null);
    assert!(is_served(&server).await);
    Client::anonymous(&server.base_url()).get("/api/setup/v1/state").await.refused(404, "M_UNRECOGNIZED");
}
