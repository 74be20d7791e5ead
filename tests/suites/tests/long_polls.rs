//! Long polls: what ends them besides news.

use std::{
    io::{Read, Write},
    net::TcpStream,
    pin::pin,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::timeout};
use veche_test_harness::{Answer, Client, PASSWORD, Server, encode};

/// A poll of a test that is not ended waits for this long.
const WAIT_MS: u64 = 30_000;
/// A session that has ended may be told nothing after this time (issue 2, "Bad input").
const CLOSED_WITHIN: Duration = Duration::from_secs(5);

/// The three ways to poll for news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rolling,
    Sliding,
    SlidingV4,
}

const KINDS: [Kind; 3] = [Kind::Rolling, Kind::Sliding, Kind::SlidingV4];

impl Kind {
    /// One request from a token; `name` is the connection's.
    async fn ask(self, user: &Client, name: &str, token: Option<&str>, timeout_ms: u64) -> Answer {
        match self {
            Self::Rolling => user.sync(token, timeout_ms, "").await,
            Self::Sliding => user.sliding_sync(token, timeout_ms, &json!({ "conn_id": name })).await,
            Self::SlidingV4 => {
                let body = json!({ "conn_id": name, "pos": token, "timeout": timeout_ms });
                user.post("/_matrix/client/v4/sync", &body).await
            }
        }
    }

    fn token(self, answer: &Value) -> String {
        let field = if self == Self::Rolling { "next_batch" } else { "pos" };
        answer[field].as_str().expect("a token").to_owned()
    }

    /// A token from which there is no news.
    async fn quiet(self, user: &Client, name: &str) -> String {
        let mut token = self.token(&self.ask(user, name, None, 0).await.ok());
        loop {
            let answer = self.ask(user, name, Some(&token), 0).await.ok();
            let next = self.token(&answer);
            let rooms = if self == Self::Rolling { &answer["rooms"] } else { &answer["lists"] };
            let presence = answer["presence"]["events"].as_array().map_or(0, Vec::len);
            if presence == 0 && rooms.as_object().is_none_or(serde_json::Map::is_empty) {
                return next;
            }
            token = next;
        }
    }

    /// One request from a token that asks for rooms.
    async fn look(self, user: &Client, token: Option<&str>, timeout_ms: u64) -> Answer {
        match self {
            Self::Rolling => user.sync(token, timeout_ms, "").await,
            Self::Sliding => {
                let list = json!({ "ranges": [[0, 9]], "timeline_limit": 9, "required_state": [] });
                user.sliding_sync(token, timeout_ms, &json!({ "lists": { "all": list } })).await
            }
            Self::SlidingV4 => {
                let list = json!({ "range": [0, 9], "timeline_limit": 9, "required_state": {} });
                let body = json!({ "pos": token, "timeout": timeout_ms, "lists": { "all": list } });
                user.post("/_matrix/client/v4/sync", &body).await
            }
        }
    }

    /// A poll that waits.
    #[expect(clippy::disallowed_methods, reason = "the test's own task ends with the test")]
    fn wait(self, user: &Client, name: &str, token: &str) -> JoinHandle<Answer> {
        let (user, name, token) = (user.clone(), name.to_owned(), token.to_owned());
        tokio::spawn(async move { self.ask(&user, &name, Some(&token), WAIT_MS).await })
    }
}

/// Downloads that wait for content which is announced and does not come.
const DOWNLOADS: [&str; 3] = [
    "download/{}?timeout_ms=60000",
    "download/{}/cat.png?timeout_ms=60000",
    "thumbnail/{}?width=9&height=9&timeout_ms=60000",
];

/// One of each, all waiting for the same content.
#[expect(clippy::disallowed_methods, reason = "the test's own tasks end with the test")]
async fn waiting_downloads(user: &Client) -> Vec<(&'static str, JoinHandle<Answer>)> {
    let announced = user.post("/_matrix/media/v1/create", &json!({})).await.ok();
    let address = announced["content_uri"].as_str().and_then(|mxc| mxc.strip_prefix("mxc://")).expect("an address");
    let download = |path: &'static str| {
        let (user, path_of_it) = (user.clone(), format!("/_matrix/client/v1/media/{}", path.replace("{}", address)));
        (path, tokio::spawn(async move { user.get(&path_of_it).await }))
    };
    DOWNLOADS.into_iter().map(download).collect()
}

/// Waits until so many polls are open.
async fn until_open(server: &Server, polls: usize) {
    let admin = Client::anonymous(&server.base_url());
    loop {
        let text = String::from_utf8(admin.get("/metrics").await.bytes).expect("text");
        let open = text.lines().find_map(|line| line.strip_prefix("veche_api_open_polls "));
        if open.and_then(|open| open.trim().parse::<usize>().ok()) >= Some(polls) {
            return;
        }
    }
}

/// Ways in which a session ends, and what its polls hear.
const ENDS: [(&str, &str); 6] = [
    ("logout", "M_UNKNOWN_TOKEN"),
    ("logout everywhere", "M_UNKNOWN_TOKEN"),
    ("device deleted", "M_UNKNOWN_TOKEN"),
    ("password changed", "M_UNKNOWN_TOKEN"),
    ("deactivated", "M_UNKNOWN_TOKEN"),
    ("locked", "M_USER_LOCKED"),
];

/// The second step of what needs the password.
fn password(user: &Client, first: &Value) -> Value {
    let identifier = json!({ "type": "m.id.user", "user": user.user_id });
    json!({
        "type": "m.login.password",
        "identifier": identifier,
        "password": PASSWORD,
        "session": first["session"],
    })
}

/// Ends the session of `user` in one of these ways, with the help of another of his sessions.
async fn end(end: &str, user: &Client, other: &Client, admin: &Client) {
    let account = "/_matrix/client/v3/account";
    match end {
        "logout" => _ = user.logout().await.ok(),
        "logout everywhere" => _ = other.post("/_matrix/client/v3/logout/all", &json!({})).await.ok(),
        "device deleted" => {
            let path = format!("/_matrix/client/v3/devices/{}", encode(&user.device_id));
            let asked = other.delete(&path, &json!({})).await.json();
            other.delete(&path, &json!({ "auth": password(user, &asked) })).await.ok();
        }
        "password changed" => {
            let mut body = json!({ "new_password": "another horse battery staple", "logout_devices": true });
            let asked = other.post(&format!("{account}/password"), &body).await.json();
            body["auth"] = password(user, &asked);
            other.post(&format!("{account}/password"), &body).await.ok();
        }
        "deactivated" => {
            let asked = other.post(&format!("{account}/deactivate"), &json!({})).await.json();
            let body = json!({ "auth": password(user, &asked) });
            other.post(&format!("{account}/deactivate"), &body).await.ok();
        }
        _ => {
            let path = format!("/_matrix/client/v1/admin/lock/{}", encode(&user.user_id));
            admin.put(&path, &json!({ "locked": true })).await.ok();
        }
    }
}

/// A poll of every kind, all of them open.
async fn all_polls(server: &Server, user: &Client) -> Vec<(String, JoinHandle<Answer>)> {
    let mut polls = Vec::new();
    for kind in KINDS {
        let name = format!("{kind:?}");
        let token = kind.quiet(user, &name).await;
        let poll = kind.wait(user, &name, &token);
        polls.push((name, poll));
    }
    polls.extend(waiting_downloads(user).await.into_iter().map(|(path, poll)| (path.to_owned(), poll)));
    until_open(server, polls.len()).await;
    polls
}

#[tokio::test]
async fn a_server_that_stops_waits_for_no_poll() {
    let mut server = Server::start().await;
    let user = server.user("alice").await;
    let polls = all_polls(&server, &user).await;
    let (status, log) = timeout(CLOSED_WITHIN, server.stop()).await.expect("it does not wait for its polls");
    assert!(status.success(), "{log}");
    for (kind, poll) in polls {
        let answer = poll.await.unwrap_or_else(|_| panic!("{kind} was cut off"));
        assert_eq!(answer.status, 503, "{kind}: {answer}");
    }
}

#[tokio::test]
async fn a_session_that_ends_closes_its_polls() {
    let server = Server::start().await;
    let admin = server.admin("root").await;
    for (number, (how, errcode)) in ENDS.into_iter().enumerate() {
        let user = server.user(&format!("user{number}")).await;
        let other = user.login().await;
        let polls = all_polls(&server, &user).await;
        end(how, &user, &other, &admin).await;
        for (kind, poll) in polls {
            let closed = timeout(CLOSED_WITHIN, poll).await.unwrap_or_else(|_| panic!("{kind} is open after {how}"));
            let answer = closed.expect("the poll does not panic");
            let body = answer.refused(401, errcode);
            // A client throws its keys away unless it is told that it may come back.
            assert_eq!(body["soft_logout"], errcode == "M_USER_LOCKED", "{kind} after {how}");
        }
    }
}

#[tokio::test]
async fn one_too_many_ends_the_oldest_without_news_and_without_loss() {
    let server = Server::start().await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let keys = bob.sync(None, 0, "").await.ok()["device_one_time_keys_count"].clone();
    let token = Kind::Rolling.quiet(&bob, "").await;
    // A device has three of these.
    let mut polls = Vec::new();
    for open in 1..=4 {
        polls.push(Kind::Rolling.wait(&bob, "", &token));
        until_open(&server, open.min(3)).await;
    }
    let answer = polls.remove(0).await.expect("the oldest ends");
    let answer = answer.ok();
    assert!(answer["rooms"].is_null() && answer["to_device"].is_null(), "{answer}");
    assert_eq!(answer["device_one_time_keys_count"], keys, "an answer without counts makes clients upload keys");
    alice.to_device("org.example", &bob.user_id, &bob.device_id, &json!({})).await.ok();
    let after = Kind::Rolling.ask(&bob, "", answer["next_batch"].as_str(), WAIT_MS).await.ok();
    assert_eq!(after["to_device"]["events"].as_array().map(Vec::len), Some(1), "{after}");
    for poll in polls {
        let answer = poll.await.expect("the others end with the news");
        assert_eq!(answer.ok()["to_device"]["events"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn a_connection_has_one_poll_and_the_newest_has_the_news() {
    let server = Server::start().await;
    for (kind, name) in [(Kind::Sliding, "bob"), (Kind::SlidingV4, "carol")] {
        let user = server.user(name).await;
        let (main, other) = (kind.quiet(&user, "main").await, kind.quiet(&user, "other").await);
        let elsewhere = kind.wait(&user, "other", &other);
        let oldest = kind.wait(&user, "main", &main);
        until_open(&server, 2).await;
        let newest = kind.wait(&user, "main", &main);
        let answer = oldest.await.expect("the oldest ends");
        let answer = answer.ok();
        assert!(answer["rooms"].as_object().is_none_or(serde_json::Map::is_empty), "{answer}");
        user.logout().await.ok();
        for poll in [elsewhere, newest] {
            poll.await.expect("they end with the session, not before").refused(401, "M_UNKNOWN_TOKEN");
        }
    }
}

/// How often a device sends something while it polls.
const ROUNDS: usize = 40;

/// A connection of its own on which a text has been sent and no answer been read.
fn send_and_look_away(server: &Server, user: &Client, room: &str, transaction_id: &str) -> TcpStream {
    let body = json!({ "msgtype": "m.text", "body": "hello" }).to_string();
    let (token, length, room) = (&user.access_token, body.len(), encode(room));
    let request = format!(
        "PUT /_matrix/client/v3/rooms/{room}/send/m.room.message/{transaction_id} HTTP/1.1\r\nhost: localhost\r\n\
         authorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let mut connection = TcpStream::connect(server.ready().http).expect("the server listens");
    connection.write_all(request.as_bytes()).expect("the server reads");
    connection
}

#[tokio::test]
async fn what_a_device_sent_comes_by_sync_when_its_answer_is_there() {
    let server = Server::start().await;
    let alice = server.user("alice").await;
    let room = alice.room_with(&[]).await;
    for kind in KINDS {
        let mut token = kind.token(&kind.look(&alice, None, 0).await.ok());
        for round in 0..ROUNDS {
            let transaction_id = format!("{kind:?}{round}");
            let since = token.clone();
            let mut poll = pin!(kind.look(&alice, Some(&since), WAIT_MS));
            let other_news = tokio::select! {
                answer = &mut poll => Some(answer),
                () = until_open(&server, 1) => None,
            };
            let mut connection = send_and_look_away(&server, &alice, &room, &transaction_id);
            let mut answer = match other_news {
                Some(answer) => answer,
                None => poll.await,
            };
            let wanted = format!(r#""transaction_id":"{transaction_id}""#);
            while !String::from_utf8_lossy(&answer.bytes).contains(&wanted) {
                token = kind.token(&answer.ok());
                answer = kind.look(&alice, Some(&token), WAIT_MS).await;
            }
            token = kind.token(&answer.ok());
            // What the server has written to this machine is there, whoever else has to do something first.
            connection.set_nonblocking(true).expect("a connection need not block");
            let mut status = [0; 12];
            let read = connection.read(&mut status);
            let answered = read.is_ok() && status == *b"HTTP/1.1 200";
            assert!(answered, "{transaction_id} came by sync before its answer: {read:?}");
        }
    }
}
