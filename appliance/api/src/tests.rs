//! The framework as a client meets it: what is refused before a handler runs, and with which words.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::{pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use bytes::Bytes;
use futures_util::stream;
use http::Method;
use ruma::api::client::account::{change_password, whoami};
use ruma::api::client::message::send_message_event;
use ruma::api::client::session::logout;
use ruma::api::client::state::{get_state_event_for_key, send_state_event};
use ruma::event_id;
use serde_json::json;
use tower::ServiceExt;
use veche_directory::Grant;

use crate::access::Need;
use crate::app::{Gate, Gated};
use crate::error::ApiError;
use crate::extract::{Plain, Ruma};
use crate::limits::Class;
use crate::respond::RumaResponse;
use crate::routes::{Route, Routes};
use crate::testing::{Answered, Ask, Bare};

async fn who(_: State<Bare>, req: Ruma<whoami::v3::Request>) -> Result<RumaResponse<whoami::v3::Response>, ApiError> {
    let user = req.sender().to_owned();
    Ok(RumaResponse(ready(whoami::v3::Response::new(user, false)).await))
}

async fn send(
    _: State<Bare>,
    req: Ruma<send_message_event::v3::Request>,
) -> Result<RumaResponse<send_message_event::v3::Response>, ApiError> {
    assert_ne!(req.body.txn_id, "panic", "as asked");
    let event_id = event_id!("$sent:x.example").to_owned();
    Ok(RumaResponse(ready(send_message_event::v3::Response::new(event_id)).await))
}

async fn state_key(
    _: State<Bare>,
    req: Ruma<send_state_event::v3::Request>,
) -> Result<RumaResponse<send_state_event::v3::Response>, ApiError> {
    // The state key comes back as the refusal, so that the test sees what the handler saw.
    ready(Err(ApiError::not_found(format!("<{}>", req.body.state_key)))).await
}

async fn no_state(
    _: State<Bare>,
    req: Ruma<get_state_event_for_key::v3::Request>,
) -> Result<RumaResponse<get_state_event_for_key::v3::Response>, ApiError> {
    ready(Err(ApiError::not_found(format!("<{}>", req.body.state_key)))).await
}

async fn leave(_: State<Bare>, _: Ruma<logout::v3::Request>) -> Result<RumaResponse<logout::v3::Response>, ApiError> {
    Ok(RumaResponse(ready(logout::v3::Response::new()).await))
}

async fn password(
    _: State<Bare>,
    req: Ruma<change_password::v3::Request>,
) -> Result<RumaResponse<change_password::v3::Response>, ApiError> {
    let who = req.who.map_or("nobody".to_owned(), |who| who.user_id.to_string());
    ready(Err(ApiError::forbidden(who))).await
}

async fn echo(_: State<Bare>, plain: Plain) -> Result<axum::response::Response, ApiError> {
    let text = format!("{} {}", plain.args.join("|"), plain.bytes.len());
    Ok(ready(axum::response::Response::new(Body::from(text))).await)
}

fn router(state: &Bare) -> Router {
    Routes::new()
        .ruma(who)
        .ruma_with(Route::new().class(Class::Message).refuse_suspended(), send)
        .ruma(state_key)
        .ruma(no_state)
        .ruma_with(Route::new().allow_locked(), leave)
        .ruma(password)
        .plain(Method::PUT, "/_matrix/test/{server_name}/{name}", Need::Maybe, Route::new().any_body(), echo)
        .into_router(state.clone())
}

const WHOAMI: &str = "GET /_matrix/client/v3/account/whoami";
const SEND: &str = "PUT /_matrix/client/v3/rooms/!r:x.example/send/m.room.message/t1";

async fn ask(line: &str) -> Answered {
    Ask::new(line).token("alice").of(&router(&Bare::new())).await
}

async fn sent(body: impl Into<Body>) -> (u16, String) {
    Ask::new(SEND).token("alice").body(body).of(&router(&Bare::new())).await.refusal()
}

fn refusal(status: u16, errcode: &str) -> (u16, String) {
    (status, errcode.to_owned())
}

#[tokio::test]
async fn a_good_request_is_answered_on_every_version_of_its_path() {
    for line in [WHOAMI, "GET /_matrix/client/r0/account/whoami", "HEAD /_matrix/client/v3/account/whoami"] {
        let answer = ask(line).await;
        assert_eq!(answer.status, 200, "{line}");
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.body.is_empty(), line.starts_with("HEAD"));
    }
    assert_eq!(ask(WHOAMI).await.json()["user_id"], "@alice:x.example");
    assert_eq!(sent(r#"{"body":"hi"}"#).await, refusal(200, ""));
}

#[tokio::test]
async fn bodies_are_refused_in_the_specifications_words() {
    assert_eq!(sent("{").await, refusal(400, "M_NOT_JSON"));
    assert_eq!(sent(&b"{\"a\":\"\xff\"}"[..]).await, refusal(400, "M_NOT_JSON"));
    assert_eq!(sent(r#"{"a":1,"a":2}"#).await, refusal(400, "M_BAD_JSON"));
    assert_eq!(sent("[".repeat(10_000) + &"]".repeat(10_000)).await, refusal(400, "M_BAD_JSON"));
    assert_eq!(sent(format!(r#"{{"a":"{}"}}"#, "x".repeat(256 * 1_024))).await, refusal(413, "M_TOO_LARGE"));

    let bare = Bare::new();
    let password = || Ask::new("POST /_matrix/client/v3/account/password");
    for (body, expected) in
        [("[]", "M_BAD_JSON"), (r#"{"new_password":7}"#, "M_BAD_JSON"), ("", "M_BAD_JSON"), ("nonsense", "M_NOT_JSON")]
    {
        assert_eq!(password().body(body).of(&router(&bare)).await.refusal(), refusal(400, expected), "{body}");
    }
}

#[tokio::test]
async fn compressed_and_oversized_bodies_are_refused_before_they_are_read() {
    let never = || Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let router = router(&Bare::new());
    let gzip = Ask::new(SEND).token("alice").header("content-encoding", "gzip").body(never()).of(&router).await;
    assert_eq!(gzip.refusal(), refusal(415, "M_UNKNOWN"));
    let long = Ask::new(SEND).token("alice").header("content-length", "262145").body(never()).of(&router).await;
    assert_eq!(long.refusal(), refusal(413, "M_TOO_LARGE"));
    let stranger = Ask::new(SEND).token("nobody").body(never()).of(&router).await;
    assert_eq!(stranger.refusal(), refusal(401, "M_UNKNOWN_TOKEN"));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_coming_is_given_up() {
    let pieces = stream::once(ready(Ok::<_, Infallible>(Bytes::from_static(b"{"))));
    let body = Body::from_stream(futures_util::StreamExt::chain(pieces, stream::pending()));
    assert_eq!(sent(body).await, refusal(408, "M_UNKNOWN"));
}

#[tokio::test]
async fn bodies_in_pieces_are_joined_and_counted() {
    let pieces = |count| {
        let piece = || Ok::<_, Infallible>(Bytes::from(vec![b'x'; 100_000]));
        Body::from_stream(stream::iter((0..count).map(move |_| piece()).collect::<Vec<_>>()))
    };
    let put = |body| Ask::new("PUT /_matrix/test/a/b").token("alice").body(body);
    let router = router(&Bare::new());
    assert_eq!(put(pieces(2)).of(&router).await.body, b"a|b 200000");
    assert_eq!(put(pieces(3)).of(&router).await.refusal(), refusal(413, "M_TOO_LARGE"));
    assert_eq!(put(Body::empty()).of(&router).await.body, b"a|b 0");
}

#[tokio::test]
async fn who_shows_no_token_sends_little() {
    let router = router(&Bare::new());
    let put = |bytes: usize| Ask::new("PUT /_matrix/test/a/b").body(vec![b'x'; bytes]);
    assert_eq!(put(16 * 1_024).of(&router).await.body, b"a|b 16384");
    assert_eq!(put(16 * 1_024 + 1).of(&router).await.refusal(), refusal(413, "M_TOO_LARGE"));
    assert_eq!(put(16 * 1_024 + 1).token("alice").of(&router).await.body, b"a|b 16385");
    assert_eq!(put(16 * 1_024 + 1).token("mallory").of(&router).await.refusal(), refusal(401, "M_UNKNOWN_TOKEN"));
}

#[tokio::test]
async fn tokens_decide_who_asks() {
    let router = router(&Bare::new());
    let with = |token: &str| Ask::new(WHOAMI).token(token).of(&router);
    assert_eq!(Ask::new(WHOAMI).of(&router).await.refusal(), refusal(401, "M_MISSING_TOKEN"));
    let unknown = with("mallory").await;
    assert_eq!((unknown.refusal(), &unknown.json()["soft_logout"]), (refusal(401, "M_UNKNOWN_TOKEN"), &json!(false)));
    let expired = with("expired").await;
    assert_eq!((expired.refusal(), &expired.json()["soft_logout"]), (refusal(401, "M_UNKNOWN_TOKEN"), &json!(true)));
    let locked = with("locked").await;
    assert_eq!((locked.refusal(), &locked.json()["soft_logout"]), (refusal(401, "M_USER_LOCKED"), &json!(true)));
    let twice = Ask::new(WHOAMI).token("alice").token("mallory").of(&router).await;
    assert_eq!(twice.refusal(), refusal(400, "M_INVALID_PARAM"));
    let in_query = Ask::new(&format!("{WHOAMI}?access_token=alice")).of(&router).await;
    assert_eq!(in_query.status, 200);
    // Endpoints with optional authentication see who asks, and refuse a token that is wrong.
    let password = || Ask::new("POST /_matrix/client/v3/account/password").body(r#"{"new_password":"x"}"#);
    assert_eq!(password().of(&router).await.json()["error"], "nobody");
    assert_eq!(password().token("alice").of(&router).await.json()["error"], "@alice:x.example");
    assert_eq!(password().token("mallory").of(&router).await.status, 401);
}

#[tokio::test]
async fn locked_accounts_may_log_out_and_suspended_ones_may_read() {
    let router = router(&Bare::new());
    let logout = |token: &str| Ask::new("POST /_matrix/client/v3/logout").token(token).of(&router);
    assert_eq!(logout("locked").await.status, 200);
    assert_eq!(logout("suspended").await.status, 200);
    assert_eq!(Ask::new(WHOAMI).token("suspended").of(&router).await.status, 200);
    let send = Ask::new(SEND).token("suspended").body("{}").of(&router).await;
    assert_eq!(send.refusal(), refusal(403, "M_USER_SUSPENDED"));
}

#[tokio::test]
async fn routes_are_exact() {
    let not_found = refusal(404, "M_UNRECOGNIZED");
    for line in [
        "GET /",
        "GET /_matrix/client/v3/account/whoami/",
        "GET //_matrix/client/v3/account/whoami",
        "GET /_matrix/client/v3//account/whoami",
        "GET /_matrix/client/v3/x/../account/whoami",
        "GET /_matrix/client/v3/./account/whoami",
        "GET /_matrix%2fclient/v3/account/whoami",
        "GET /_matrix/client/v3/account/whoami/more",
        "GET /_matrix/client/v2/account/whoami",
        "GET /_MATRIX/client/v3/account/whoami",
        "GET /_matrix/client/v3/nothing?access_token=alice",
    ] {
        assert_eq!(ask(line).await.refusal(), not_found, "{line}");
    }
    for line in
        ["POST /_matrix/client/v3/account/whoami", "GET /_matrix/client/v3/logout", "BREW /_matrix/client/v3/logout"]
    {
        assert_eq!(ask(line).await.refusal(), refusal(405, "M_UNRECOGNIZED"), "{line}");
    }
}

#[tokio::test]
async fn path_arguments_are_decoded_once_and_cannot_climb() {
    let router = router(&Bare::new());
    let put = |path: &str| Ask::new(&format!("PUT /_matrix/test/{path}")).of(&router);
    assert_eq!(put("a/%252e%252e").await.body, b"a|%2e%2e 0");
    assert_eq!(put("a/b%2Fc").await.body, b"a|b/c 0");
    for path in ["a/%2e%2e", "a/b%2f..%2fc", "a/..%5cb", "a/%00", "a/b%0a", "a%2fb/c", "a/%ff", "a/%2e"] {
        assert_eq!(put(path).await.refusal(), refusal(400, "M_INVALID_PARAM"), "{path}");
    }
    let bad_room = ask("PUT /_matrix/client/v3/rooms/nonsense/send/m.room.message/t1").await;
    assert_eq!(bad_room.refusal(), refusal(400, "M_INVALID_PARAM"));
}

#[tokio::test]
async fn the_state_key_may_be_left_out() {
    for (path, key) in [("", "<>"), ("/", "<>"), ("/@u%2Fv:x", "<@u/v:x>")] {
        for method in ["GET", "PUT"] {
            let line = format!("{method} /_matrix/client/v3/rooms/!r:x.example/state/m.room.topic{path}");
            let router = router(&Bare::new());
            let answer = Ask::new(&line).token("alice").body("{}").of(&router).await;
            assert_eq!(answer.json()["error"], key, "{line}");
        }
    }
}

#[tokio::test]
async fn a_request_names_one_host() {
    let router = router(&Bare::new());
    let host = |hosts: &[&str], uri: &str| {
        let ask = Ask::new(&format!("GET {uri}/_matrix/client/v3/account/whoami")).token("alice");
        hosts.iter().fold(ask, |ask, host| ask.header("host", host))
    };
    assert_eq!(host(&["x.example"], "").of(&router).await.status, 200);
    assert_eq!(host(&["x.example"], "https://X.example").of(&router).await.status, 200);
    assert_eq!(host(&["a", "b"], "").of(&router).await.refusal(), refusal(400, "M_INVALID_PARAM"));
    assert_eq!(host(&["evil"], "https://x.example").of(&router).await.refusal(), refusal(400, "M_INVALID_PARAM"));
}

#[tokio::test]
async fn browsers_may_ask_from_any_page() {
    let preflight = ask("OPTIONS /_matrix/client/v3/account/whoami").await;
    assert_eq!(preflight.status, 204);
    let unknown = ask("OPTIONS /_matrix/client/v3/nothing").await;
    assert_eq!(unknown.status, 204);
    for answer in [preflight, unknown, ask(WHOAMI).await, ask("GET /_matrix/nothing").await] {
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        let allowed = answer.headers["access-control-allow-headers"].to_str().unwrap();
        assert!(["X-Requested-With", "Content-Type", "Authorization"].iter().all(|name| allowed.contains(name)));
        assert!(answer.headers["access-control-allow-methods"].to_str().unwrap().contains("DELETE"));
    }
    let other = ask("OPTIONS /_synapse/admin/v1/register").await;
    assert_eq!((other.status, other.headers.get("access-control-allow-origin")), (404, None));
}

#[tokio::test]
async fn every_answer_is_hardened() {
    for answer in [ask(WHOAMI).await, ask("GET /nothing").await] {
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert!(answer.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
        assert!(answer.headers.contains_key("strict-transport-security"));
    }
}

#[tokio::test]
async fn rates_are_limited_per_user_and_recover() {
    let bare = Bare::new();
    let router = router(&bare);
    let send = || Ask::new(SEND).token("alice").body("{}").of(&router);
    for _ in 0..50 {
        assert_eq!(send().await.status, 200);
    }
    let refused = send().await;
    assert_eq!(refused.refusal(), refusal(429, "M_LIMIT_EXCEEDED"));
    assert_eq!(refused.json()["retry_after_ms"], 100);
    assert_eq!(refused.headers["retry-after"], "1");
    bare.clock.advance(Duration::from_millis(100));
    assert_eq!(send().await.status, 200);
    bare.gate.limiter.set_enabled(false);
    assert_eq!(send().await.status, 200);
}

#[tokio::test]
async fn a_panic_costs_one_request() {
    let bare = Bare::new();
    let router = router(&bare);
    let line = SEND.replace("t1", "panic");
    let answer = Ask::new(&line).token("alice").body("{}").of(&router).await;
    assert_eq!(answer.refusal(), refusal(500, "M_UNKNOWN"));
    assert!(!answer.json()["error"].as_str().unwrap().contains("as asked"));
    assert_eq!(Ask::new(SEND).token("alice").body("{}").of(&router).await.status, 200);
}

#[derive(Clone)]
struct Counting {
    bare: Bare,
    begun: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
}

impl Gated for Counting {
    fn gate(&self) -> &Arc<Gate> {
        self.bare.gate()
    }
}

#[tokio::test]
async fn a_change_is_finished_after_its_client_went_away() {
    let state = Counting { bare: Bare::new(), begun: Arc::default(), ended: Arc::default() };
    let slow = |State(state): State<Counting>, _: Plain| async move {
        state.begun.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        state.ended.fetch_add(1, Ordering::SeqCst);
        Ok(axum::response::Response::new(Body::empty()))
    };
    let forever = |_: State<Counting>, _: Plain| pending::<Result<axum::response::Response, ApiError>>();
    let router = Routes::new()
        .plain(Method::POST, "/change", Need::Nobody, Route::new(), slow)
        .plain(Method::POST, "/poll", Need::Nobody, Route::new().attached(), forever)
        .into_router(state.clone());
    // Poll the request until its handler has begun, then drop it as a closed connection does.
    let mut request = Box::pin(router.clone().oneshot(Ask::new("POST /change").0));
    while state.begun.load(Ordering::SeqCst) == 0 {
        assert!(futures_util::poll!(&mut request).is_pending());
        tokio::task::yield_now().await;
    }
    drop(request);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(state.ended.load(Ordering::SeqCst), 1);
    // A long poll holds no task: dropping it is its end, and nothing is left for shutdown to wait for.
    let mut poll = Box::pin(router.oneshot(Ask::new("POST /poll").0));
    assert!(futures_util::poll!(&mut poll).is_pending());
}

#[tokio::test]
async fn finished_requests_are_counted_by_template() {
    let bare = Bare::new();
    let router = router(&bare);
    Ask::new(&format!("{WHOAMI}?access_token=alice")).of(&router).await;
    Ask::new("GET /secret-path").of(&router).await;
    let requests = &bare.gate.metrics.requests;
    let route = "/_matrix/client/v3/account/whoami";
    assert_eq!(requests.get(&[("route", route), ("method", "GET"), ("status", "200")]), 1);
    assert_eq!(requests.get(&[("route", "unmatched"), ("method", "GET"), ("status", "404")]), 1);
    assert!(!bare.gate.metrics.registry.encode().contains("secret-path"));
}

#[test]
fn administration_is_for_administrators_in_the_table_already() {
    let routes = crate::endpoints();
    let needs = |template: &str| {
        let rows = routes.table().iter().filter(|endpoint| endpoint.template.starts_with(template));
        rows.map(|endpoint| endpoint.need).collect::<Vec<_>>()
    };
    for template in ["/api/admin/", "/_matrix/client/v1/admin/", "/_matrix/client/unstable/uk.timedout.msc4323/admin/"]
    {
        let needs = needs(template);
        assert!(!needs.is_empty() && needs.iter().all(|need| *need == Need::Administrator), "{template}: {needs:?}");
    }
}

#[tokio::test]
async fn who_is_no_administrator_is_refused_before_anything_is_done() {
    let done = |_: State<Bare>, _: Plain| async { Ok(axum::response::Response::new(Body::from("done"))) };
    let router = Routes::new()
        .plain(Method::POST, "/administer", Need::Administrator, Route::new(), done)
        .into_router(Bare::new());
    let ask = || Ask::new("POST /administer").body("{");
    assert_eq!(ask().of(&router).await.refusal(), refusal(401, "M_MISSING_TOKEN"));
    assert_eq!(ask().token("nobody").of(&router).await.refusal(), refusal(401, "M_UNKNOWN_TOKEN"));
    for other in ["alice", "suspended"] {
        assert_eq!(ask().token(other).of(&router).await.refusal(), refusal(403, "M_FORBIDDEN"), "{other}");
    }
    assert_eq!(ask().token("root").of(&router).await.refusal(), refusal(400, "M_NOT_JSON"), "only now the body counts");
    assert_eq!(Ask::new("POST /administer").token("root").of(&router).await.body, b"done");
}

#[tokio::test]
async fn administrators_do_what_they_were_granted_and_show_their_password_for_what_is_dangerous() {
    let done = |_: State<Bare>, _: Plain| async { Ok(axum::response::Response::new(Body::from("done"))) };
    let router = Routes::new()
        .plain(Method::POST, "/accounts", Need::Administrator, Route::new().grant(Grant::Users), done)
        .plain(Method::POST, "/danger", Need::Administrator, Route::new().grant(Grant::Users).fresh(), done)
        .into_router(Bare::new());
    let ask = |path: &str, token: &str| Ask::new(&format!("POST {path}")).token(token);
    let proved = |path: &str, proof: &str| ask(path, "root").header("x-veche-reauth", proof).of(&router);
    assert_eq!(ask("/accounts", "root").of(&router).await.body, b"done");
    for path in ["/accounts", "/danger"] {
        let refused = ask(path, "helper").of(&router).await;
        assert_eq!(refused.refusal(), refusal(403, "M_FORBIDDEN"), "{path}");
        assert_eq!((&refused.json()["reason"], &refused.json()["grant"]), (&json!("grant_needed"), &json!("users")));
    }
    let unproved = ask("/danger", "root").of(&router).await;
    for refused in [unproved, proved("/danger", "stale").await, proved("/danger", "").await] {
        assert_eq!(refused.refusal(), refusal(403, "M_FORBIDDEN"));
        assert_eq!(refused.json()["reason"], "fresh_proof_needed");
    }
    assert_eq!(proved("/danger", "fresh").await.body, b"done");
}

#[test]
fn the_whole_table_fits_together() {
    // Two handlers on one method and path would panic here, before any server starts.
    let routes = crate::endpoints();
    let rows: BTreeSet<(&str, &str)> =
        routes.table().iter().map(|endpoint| (endpoint.method.as_str(), endpoint.template)).collect();
    assert_eq!(rows.len(), routes.table().len());
    for expected in [("GET", "/health"), ("GET", "/_matrix/client/versions"), ("POST", "/_matrix/client/v3/login")] {
        assert!(rows.contains(&expected), "{expected:?}");
    }
}
