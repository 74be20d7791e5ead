//! Whatever arrives malformed, too large, too deep or from the wrong person gets the specification's own answer: never
//! a 5xx, never a stranger's data, and no memory is kept.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use veche_test_harness::{Answer, Client, Server, encode};

/// From a revoked token to the end of the long polls it opened.
const REVOCATION_MAX: Duration = Duration::from_secs(5);
/// Requests of the memory test, from somebody signed in and from nobody each.
const BAD_REQUESTS: usize = 10_000;
/// So much less than what was sent may be left of it; an allocator keeps something.
const BYTES_KEPT_ONE_IN: u64 = 4;

/// A refusal: 4xx with this code.
type Refusal = (u16, &'static str);

const NOT_JSON: Refusal = (400, "M_NOT_JSON");
const BAD_JSON: Refusal = (400, "M_BAD_JSON");
const TOO_LARGE: Refusal = (413, "M_TOO_LARGE");
const INVALID: Refusal = (400, "M_INVALID_PARAM");
const FORBIDDEN: Refusal = (403, "M_FORBIDDEN");
const NOT_FOUND: Refusal = (404, "M_NOT_FOUND");
const UNRECOGNIZED: Refusal = (404, "M_UNRECOGNIZED");

/// Alice is in a room, and Bob is not.
struct House {
    server: Server,
    alice: Client,
    bob: Client,
    room: String,
}

impl House {
    async fn new() -> Self {
        let server = Server::start().await;
        let (alice, bob) = (server.user("alice").await, server.user("bob").await);
        let room = alice.room_with(&[]).await;
        alice.say(&room, "hello").await;
        Self { server, alice, bob, room }
    }

    fn in_room(&self, rest: &str) -> String {
        format!("/_matrix/client/v3/rooms/{}/{rest}", encode(&self.room))
    }

    fn send_path(&self) -> String {
        self.in_room(&format!("send/m.room.message/{}", self.alice.transaction_id()))
    }

    /// The path exactly as written here: an HTTP client would tidy it up.
    async fn raw_get(&self, who: &Client, path: &str) -> (u16, Value) {
        let mut connection = TcpStream::connect(self.server.ready().http).await.expect("the server listens");
        let token = &who.access_token;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
        );
        connection.write_all(request.as_bytes()).await.expect("the server reads");
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).await.expect("the server answers");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }
}

async fn ask(who: &Client, method: &Method, path: &str, body: &[u8]) -> Answer {
    let request = who.request(method.clone(), path).header("content-type", "application/json").body(body.to_vec());
    who.answer(request).await
}

/// Gathers what is not as it should be, so that one run shows all of it.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn expect(&mut self, answer: &Answer, (status, errcode): Refusal, body: &[u8]) {
        if (answer.status, answer.json()["errcode"].as_str()) != (status, Some(errcode)) {
            let sent = String::from_utf8_lossy(&body[..body.len().min(100)]).into_owned();
            self.0.push(format!("wanted {status} {errcode} for {sent:?}, but {answer}"));
        }
    }

    fn none(self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

fn nested(depth: usize, open: &str, close: &str) -> Vec<u8> {
    format!("{{\"msgtype\":\"m.text\",\"body\":{}1{}}}", open.repeat(depth), close.repeat(depth)).into_bytes()
}

fn text_of(bytes: usize) -> Vec<u8> {
    json!({ "msgtype": "m.text", "body": "x".repeat(bytes) }).to_string().into_bytes()
}

/// Event contents that no event may have.
fn bad_contents() -> Vec<(Vec<u8>, Refusal)> {
    let texts: [(&[u8], Refusal); 19] = [
        (b"", NOT_JSON),
        (b"{", NOT_JSON),
        (b"{\"a\":1}}", NOT_JSON),
        (b"{\"a\":1,}", NOT_JSON),
        (b"{'a':1}", NOT_JSON),
        (b"hello", NOT_JSON),
        (b"{\"a\":\"\xFF\"}", NOT_JSON),
        (b"{\"a\":\"\\ud800\"}", NOT_JSON),
        (b"{\"a\":NaN}", NOT_JSON),
        (b"[]", BAD_JSON),
        (b"\"a\"", BAD_JSON),
        (b"7", BAD_JSON),
        (b"{\"a\":1.5}", BAD_JSON),
        (b"{\"a\":[{\"b\":-1.5}]}", BAD_JSON),
        (b"{\"a\":9007199254740992}", BAD_JSON),
        (b"{\"a\":-9007199254740992}", BAD_JSON),
        (b"{\"a\":100000000000000000000000000000}", BAD_JSON),
        (b"{\"a\":1,\"a\":2}", BAD_JSON),
        (b"{\"b\":{\"a\":1,\"\\u0061\":2}}", BAD_JSON),
    ];
    let mut contents: Vec<_> = texts.iter().map(|(text, refusal)| (text.to_vec(), *refusal)).collect();
    contents.push((nested(10_000, "[", "]"), BAD_JSON));
    contents.push((nested(10_000, "{\"a\":", "}"), BAD_JSON));
    contents.push((nested(100, "[", "]"), BAD_JSON));
    contents.push((text_of(70_000), TOO_LARGE));
    contents.push((text_of(300_000), TOO_LARGE));
    contents
}

/// Bodies whose fields have the wrong types, by endpoint.
const WRONG_TYPES: [(&str, &str, &str, Refusal); 14] = [
    ("POST", "/_matrix/client/v3/createRoom", r#"{"invite":"@bob:localhost"}"#, BAD_JSON),
    ("POST", "/_matrix/client/v3/createRoom", r#"{"invite":["bob"]}"#, BAD_JSON),
    ("POST", "/_matrix/client/v3/createRoom", r#"{"preset":7}"#, BAD_JSON),
    ("POST", "/_matrix/client/v3/createRoom", r#"{"room_version":"99"}"#, (400, "M_UNSUPPORTED_ROOM_VERSION")),
    ("POST", "/_matrix/client/v3/createRoom", r#"{"initial_state":[{"type":1}]}"#, BAD_JSON),
    ("POST", "/_matrix/client/v3/createRoom", "[]", BAD_JSON),
    ("POST", "/_matrix/client/v3/login", r#"{"type":"m.login.password","identifier":"alice"}"#, BAD_JSON),
    ("POST", "/_matrix/client/v3/login", r#"{}"#, BAD_JSON),
    ("POST", "/_matrix/client/v3/keys/query", r#"{"device_keys":[]}"#, BAD_JSON),
    ("POST", "/_matrix/client/v3/keys/upload", r#"{"one_time_keys":7}"#, BAD_JSON),
    ("PUT", "/_matrix/client/v3/devices/X", r#"{"display_name":{}}"#, BAD_JSON),
    ("PUT", "/_matrix/client/v3/sendToDevice/m.x/1", r#"{"messages":[]}"#, BAD_JSON),
    ("POST", "/_matrix/client/v3/user_directory/search", r#"{"search_term":{}}"#, BAD_JSON),
    ("POST", "/_matrix/client/v3/publicRooms", r#"{"limit":"all"}"#, BAD_JSON),
];

/// Queries that mean nothing, after the room's path or from the root.
const WRONG_QUERIES: [(&str, Refusal); 8] = [
    ("/_matrix/client/v3/sync?timeout=soon", INVALID),
    ("/_matrix/client/v3/sync?since=yesterday", INVALID),
    ("/_matrix/client/v3/sync?filter=%7B", INVALID),
    ("messages?dir=b&limit=-1", INVALID),
    ("messages?dir=b&limit=99999999999999999999", INVALID),
    ("messages?dir=sideways", INVALID),
    ("messages?dir=b&from=here", INVALID),
    ("context/not-an-event", INVALID),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_requests_are_refused_with_the_right_words() {
    let house = House::new().await;
    let mut wrong = Wrong::default();
    for (body, refusal) in bad_contents() {
        let answer = ask(&house.alice, &Method::PUT, &house.send_path(), &body).await;
        wrong.expect(&answer, refusal, &body);
        let answer = ask(&house.alice, &Method::PUT, &house.in_room("state/org.example.x/"), &body).await;
        wrong.expect(&answer, refusal, &body);
    }
    for (method, path, body, refusal) in WRONG_TYPES {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let answer = ask(&house.alice, &method, path, body.as_bytes()).await;
        wrong.expect(&answer, refusal, body.as_bytes());
    }
    for (query, refusal) in WRONG_QUERIES {
        let path = if query.starts_with('/') { query.to_owned() } else { house.in_room(query) };
        wrong.expect(&house.alice.get(&path).await, refusal, query.as_bytes());
    }
    let compressed = house.alice.request(Method::PUT, &house.send_path()).header("content-encoding", "gzip").body("{}");
    wrong.expect(&house.alice.answer(compressed).await, (415, "M_UNKNOWN"), b"gzip");
    wrong.expect(&house.alice.get("/_matrix/client/v3/nothing").await, UNRECOGNIZED, b"");
    wrong.expect(&house.alice.delete("/_matrix/client/v3/sync", &json!({})).await, (405, "M_UNRECOGNIZED"), b"");
    wrong.none();
    // Nothing of all this is in the room.
    let texts = house.alice.history(&house.room).await;
    let texts = texts.iter().filter(|event| event["type"] == "m.room.message").count();
    assert_eq!(texts, 1);
    assert!(!house.server.log().contains("panicked"), "{}", house.server.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_yours_is_closed() {
    let house = House::new().await;
    let (alice, bob) = (&house.alice, &house.bob);
    let of_alice = |rest: &str| format!("/_matrix/client/v3/user/{}/{rest}", encode(&alice.user_id));
    let hers = alice.say(&house.room, "secret").await;
    let device = format!("/_matrix/client/v3/devices/{}", alice.device_id);
    let unknown_room = format!("/_matrix/client/v3/rooms/{}", encode("!unknown:localhost"));
    let profile = format!("/_matrix/client/v3/profile/{}/displayname", encode(&alice.user_id));
    let typing = house.in_room(&format!("typing/{}", encode(&alice.user_id)));
    let event = house.in_room(&format!("event/{}", encode(&hers)));

    let cases: Vec<(&str, String, Value, Refusal)> = vec![
        ("PUT", house.in_room("send/m.room.message/1"), json!({ "body": "x" }), FORBIDDEN),
        ("PUT", house.in_room("state/m.room.topic/"), json!({ "topic": "x" }), FORBIDDEN),
        ("GET", house.in_room("messages?dir=b"), Value::Null, FORBIDDEN),
        ("GET", house.in_room("state"), Value::Null, FORBIDDEN),
        ("GET", house.in_room("members"), Value::Null, FORBIDDEN),
        ("GET", event, Value::Null, NOT_FOUND),
        ("POST", house.in_room("invite"), json!({ "user_id": bob.user_id }), FORBIDDEN),
        ("POST", house.in_room("join"), json!({}), FORBIDDEN),
        ("PUT", typing, json!({ "typing": true, "timeout": 9_000 }), FORBIDDEN),
        ("PUT", format!("{unknown_room}/send/m.x/1"), json!({}), FORBIDDEN),
        ("GET", format!("{unknown_room}/messages?dir=b"), Value::Null, FORBIDDEN),
        ("POST", format!("{unknown_room}/join"), json!({}), NOT_FOUND),
        ("PUT", profile, json!({ "displayname": "Mallory" }), FORBIDDEN),
        ("PUT", of_alice("account_data/m.x"), json!({}), FORBIDDEN),
        ("GET", of_alice("account_data/m.push_rules"), Value::Null, FORBIDDEN),
        ("POST", of_alice("filter"), json!({}), FORBIDDEN),
        ("GET", of_alice("filter/0"), Value::Null, FORBIDDEN),
        ("POST", of_alice("openid/request_token"), json!({}), FORBIDDEN),
        ("GET", device.clone(), Value::Null, NOT_FOUND),
        ("PUT", device, json!({ "display_name": "Mallory" }), NOT_FOUND),
    ];
    let mut wrong = Wrong::default();
    for (method, path, body, refusal) in &cases {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        wrong.expect(&ask(bob, &method, path, body.as_bytes()).await, *refusal, body.as_bytes());
    }

    let (mut nobody, mut anonymous) = (alice.clone(), alice.clone());
    nobody.access_token = "vat_nobody".to_owned();
    anonymous.access_token.clear();
    for (_, path, ..) in &cases {
        let path = path.split('?').next().expect("a path");
        let (stranger, no_token) = (nobody.get(path).await, anonymous.get(path).await);
        // Paths without a GET do not even look at the token.
        if stranger.status != 405 {
            wrong.expect(&stranger, (401, "M_UNKNOWN_TOKEN"), b"");
            wrong.expect(&no_token, (401, "M_MISSING_TOKEN"), b"");
        }
    }
    wrong.none();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_id_belongs_to_its_device() {
    let house = House::new().await;
    let (alice, bob) = (&house.alice, &house.bob);
    alice.membership(&house.room, "invite", &bob.user_id).await.ok();
    bob.join(&house.room).await.ok();
    let other_device = alice.login().await;
    let content = json!({ "msgtype": "m.text", "body": "once" });
    let mut sent = Vec::new();
    for who in [alice, bob, &other_device] {
        let first = who.send_as(&house.room, "m.room.message", "same", &content).await.ok();
        let again = who.send_as(&house.room, "m.room.message", "same", &json!({ "body": "twice" })).await.ok();
        assert_eq!(first["event_id"], again["event_id"]);
        sent.push(first["event_id"].as_str().expect("an event id").to_owned());
    }
    sent.sort_unstable();
    sent.dedup();
    assert_eq!(sent.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_token_ends_its_long_polls() {
    let house = House::new().await;
    let session = house.alice.login().await;
    let since = session.sync(None, 0, "").await.ok()["next_batch"].as_str().expect("a token").to_owned();
    // Signing in was news; wait until there is none.
    let since = session.sync(Some(&since), 0, "").await.ok()["next_batch"].as_str().expect("a token").to_owned();
    let mut poll = Box::pin(session.sync(Some(&since), 30_000, ""));
    let waiting = tokio::time::timeout(Duration::from_millis(700), &mut poll).await;
    assert!(waiting.is_err(), "the poll does not wait: {}", waiting.expect("an answer"));
    session.logout().await.ok();
    let answer = tokio::time::timeout(REVOCATION_MAX, poll).await.expect("the poll ends in time");
    answer.refused(401, "M_UNKNOWN_TOKEN");
    session.whoami().await.refused(401, "M_UNKNOWN_TOKEN");
    house.alice.whoami().await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn path_tricks_lead_nowhere() {
    let house = House::new().await;
    let mxc = house.alice.upload("text/plain", b"cat".to_vec()).await;
    let media_id = mxc.rsplit('/').next().expect("a media id").to_owned();
    let download = "/_matrix/client/v1/media/download";
    let rooms = "/_matrix/client/v3/rooms";
    let long = "x".repeat(300);
    let mut wrong = Vec::new();
    for (path, (status, errcode)) in [
        (format!("{download}/localhost/.."), UNRECOGNIZED),
        (format!("{download}/../{media_id}"), UNRECOGNIZED),
        (format!("{download}/localhost//{media_id}"), UNRECOGNIZED),
        (format!("{download}/localhost/%2e%2e"), INVALID),
        (format!("{download}/localhost/..%2f..%2fadmin.sqlite"), INVALID),
        (format!("{download}/localhost/..%5c..%5cadmin.sqlite"), INVALID),
        (format!("{download}/localhost/{media_id}%00"), INVALID),
        (format!("{download}/localhost/%252e%252e"), NOT_FOUND),
        (format!("{download}/localhost/{long}"), NOT_FOUND),
        (format!("{download}/localhost%2f../{media_id}"), INVALID),
        (format!("{download}/other.example/{media_id}"), NOT_FOUND),
        (format!("{download}/localhost/{media_id}/..%2fcat"), INVALID),
        (format!("{download}/localhost/{media_id}/a%2fcat"), INVALID),
        ("/_matrix/client/v1/media/thumbnail/localhost/..%2fx?width=1&height=1".to_owned(), INVALID),
        (format!("/_matrix/client/v1/media/thumbnail/localhost/{media_id}?width=1&height=-1"), INVALID),
        (format!("/_matrix/client/v1/media/thumbnail/localhost/{media_id}?width=9&height=9"), (400, "M_UNKNOWN")),
        (format!("/_matrix/media/v3/download/localhost/{media_id}"), NOT_FOUND),
        ("/_matrix/client/v1/media/preview_url?url=http://127.0.0.1/".to_owned(), UNRECOGNIZED),
        (format!("{rooms}/..%2f..%2fx/state"), INVALID),
        (format!("{rooms}/!a%2f..%2fb:localhost/state"), INVALID),
        (format!("{rooms}/!a%00:localhost/state"), INVALID),
        (format!("{rooms}/../admin/state"), UNRECOGNIZED),
        (format!("{rooms}/room/state"), INVALID),
        (format!("{rooms}/!{long}:localhost/state"), INVALID),
    ] {
        let (found, body) = house.raw_get(&house.alice, &path).await;
        if found != status || body["errcode"] != errcode {
            wrong.push(format!("wanted {status} {errcode} for {path}, but {found} {body}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let upload = house.alice.request(Method::POST, "/_matrix/media/v3/upload?filename=..%2F..%2Fx").body("cat");
    house.alice.answer(upload).await.refused(400, "M_INVALID_PARAM");
    assert_eq!(house.alice.download(&mxc).await.bytes, b"cat");
}

/// A request that is refused.
struct Bad {
    method: Method,
    path: String,
    body: Vec<u8>,
}

/// What somebody who is signed in may not send.
fn bad_events(house: &House) -> Vec<Bad> {
    let request = |(body, _)| Bad { method: Method::PUT, path: house.send_path(), body };
    bad_contents().into_iter().map(request).collect()
}

/// What nobody may send who shows no token. None of it costs a password hash.
fn bad_greetings() -> Vec<Bad> {
    let text =
        |bytes: usize| json!({ "type": "m.login.nothing", "username": "x".repeat(bytes) }).to_string().into_bytes();
    let bodies = [text(100), text(15_000), text(17_000), nested(100, "[", "]"), nested(3_000, "[", "]"), b"{".to_vec()];
    let paths = ["login", "register", "refresh", "nothing"];
    let all = paths.iter().flat_map(|path| bodies.iter().map(move |body| (path, body.clone())));
    all.map(|(path, body)| Bad { method: Method::POST, path: format!("/_matrix/client/v3/{path}"), body }).collect()
}

/// Answers how many bytes were sent.
async fn storm(who: &Client, requests: &[Bad], count: usize) -> u64 {
    let mut sent = 0;
    for Bad { method, path, body } in requests.iter().cycle().take(count) {
        let answer = ask(who, method, path, body).await;
        assert!((400..500).contains(&answer.status), "{answer}");
        sent += body.len() as u64;
    }
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_requests_leave_no_memory_behind() {
    let house = House::new().await;
    let nobody = Client::anonymous(&house.server.base_url());
    for (who, requests) in [(&house.alice, bad_events(&house)), (&nobody, bad_greetings())] {
        // What is taken once (connections, buffers, caches) is not what this is about.
        storm(who, &requests, BAD_REQUESTS / 10).await;
        let before = house.server.memory_bytes();
        let sent = storm(who, &requests, BAD_REQUESTS).await;
        let grown = house.server.memory_bytes().saturating_sub(before);
        assert!(grown < sent / BYTES_KEPT_ONE_IN, "{grown} bytes are kept of {sent}: {}", requests[0].path);
    }
    house.alice.say(&house.room, "still here").await;
}
