//! What is asked about users: by another service, by administrators and themselves, and about networks that are not here.

use std::time::Duration;

use serde_json::{Value, json};

use super::{House, refusal, text};
use crate::testing::{Answered, Ask, connection};

const USERINFO: &str = "/_matrix/federation/v1/openid/userinfo";

impl House {
    /// Another service asks about a token, without an account.
    async fn userinfo(&self, query: &str) -> Answered {
        self.ask(&format!("GET {USERINFO}{query}"), None, &Value::Null).await
    }

    async fn openid_token(&self, user: &str, token: &str) -> String {
        let line = format!("POST /_matrix/client/v3/user/@{user}:x.example/openid/request_token");
        text(&self.ask(&line, Some(token), &json!({})).await.json()["access_token"])
    }
}

#[tokio::test]
async fn another_service_learns_whom_a_token_is_about() {
    let house = House::new().await;
    let alice = house.token("alice", "HOME").await;
    let issued = house.openid_token("alice", &alice).await;
    let good = format!("?access_token={issued}");
    for _ in 0..2 {
        assert_eq!(house.userinfo(&good).await.json(), json!({ "sub": "@alice:x.example" }));
    }
    for (query, expected) in [
        (String::new(), refusal(401, "M_MISSING_TOKEN")),
        ("?token=x".to_owned(), refusal(401, "M_MISSING_TOKEN")),
        ("?access_token=".to_owned(), refusal(401, "M_UNKNOWN_TOKEN")),
        ("?access_token=vot_guess".to_owned(), refusal(401, "M_UNKNOWN_TOKEN")),
        (format!("?access_token={}", "x".repeat(5_000)), refusal(401, "M_UNKNOWN_TOKEN")),
        // The right to act for somebody is no proof of who he is, and the other way round.
        (format!("?access_token={alice}"), refusal(401, "M_UNKNOWN_TOKEN")),
    ] {
        assert_eq!(house.userinfo(&query).await.refusal(), expected, "{query}");
    }
    let whoami = house.get("/_matrix/client/v3/account/whoami", &issued).await;
    assert_eq!(whoami.refusal(), refusal(401, "M_UNKNOWN_TOKEN"));
    // A header is not where the specification wants it.
    let header = house.ask(&format!("GET {USERINFO}"), Some(&issued), &Value::Null).await;
    assert_eq!(header.refusal(), refusal(401, "M_MISSING_TOKEN"));
    house.clock.advance(Duration::from_secs(3_601));
    assert_eq!(house.userinfo(&good).await.refusal(), refusal(401, "M_UNKNOWN_TOKEN"), "it has expired");
}

#[tokio::test]
async fn nobody_vouches_for_one_who_may_not_sign_in() {
    let house = House::new().await;
    let (alice, root) = (house.token("alice", "HOME").await, house.token("root", "HOME").await);
    let query = format!("?access_token={}", house.openid_token("alice", &alice).await);
    let lock = "PUT /_matrix/client/v1/admin/lock/@alice:x.example";
    house.ask(lock, Some(&root), &json!({ "locked": true })).await;
    assert_eq!(house.userinfo(&query).await.refusal(), refusal(401, "M_UNKNOWN_TOKEN"));
}

#[tokio::test]
async fn services_are_counted_by_their_address() {
    let house = House::with_rates().await;
    let line = format!("GET {USERINFO}?access_token=vot_guess");
    let mut asked = 0;
    let refused = loop {
        let answer = house.ask(&line, None, &Value::Null).await;
        if answer.status == 429 {
            break answer;
        }
        assert_eq!(answer.refusal(), refusal(401, "M_UNKNOWN_TOKEN"));
        asked += 1;
        assert!(asked < 1_000, "nobody counts");
    };
    assert!(refused.json()["retry_after_ms"].is_u64());
    let other = Ask::new(&line).from(connection([192, 0, 2, 77].into())).of(&house.router).await;
    assert_eq!(other.refusal(), refusal(401, "M_UNKNOWN_TOKEN"));
}

#[tokio::test]
async fn where_somebody_was_seen_is_for_himself_and_administrators() {
    let house = House::new().await;
    let (alice, root) = (house.token("alice", "HOME").await, house.token("root", "HOME").await);
    house.token("alice", "WORK").await;
    let whois = |user: &str| format!("/_matrix/client/v3/admin/whois/{user}");
    // A second sign of life so soon is not told apart from the first.
    house.clock.advance(Duration::from_secs(60));
    let line = "GET /_matrix/client/v3/account/whoami";
    Ask::new(line).token(&alice).header("user-agent", "Reader/1").of(&house.router).await;
    for token in [&alice, &root] {
        let told = house.get(&whois("@alice:x.example"), token).await.json();
        assert_eq!(told["user_id"], "@alice:x.example");
        let devices = told["devices"].as_object().unwrap();
        assert_eq!(devices.keys().collect::<Vec<_>>(), ["HOME", "WORK"]);
        let seen = |device: &str| &devices[device]["sessions"][0]["connections"][0];
        assert_eq!((&seen("HOME")["ip"], &seen("HOME")["user_agent"]), (&json!("192.0.2.1"), &json!("Reader/1")));
        assert!(seen("HOME")["last_seen"].as_u64() > seen("WORK")["last_seen"].as_u64(), "{told}");
    }
    // What others are refused does not tell them who is there.
    for user in ["@bob:x.example", "@root:x.example", "@nobody:x.example", "@bob:other.example"] {
        assert_eq!(house.get(&whois(user), &alice).await.refusal(), refusal(403, "M_FORBIDDEN"), "{user}");
    }
    assert_eq!(house.get(&whois("@nobody:x.example"), &root).await.refusal(), refusal(404, "M_NOT_FOUND"));
    assert_eq!(house.get(&whois("@bob:other.example"), &root).await.refusal(), refusal(400, "M_INVALID_PARAM"));
    assert_eq!(house.get(&whois("@bob:x.example"), &root).await.json(), json!({ "user_id": "@bob:x.example" }));
}

#[tokio::test]
async fn no_network_is_bridged_here() {
    let house = House::new().await;
    let alice = house.token("alice", "HOME").await;
    let third = |rest: &str| format!("/_matrix/client/v3/thirdparty/{rest}");
    assert_eq!(house.get(&third("protocols"), &alice).await.json(), json!({}));
    for known_nowhere in ["protocol/irc", "location/irc?channel=x", "user/irc?nick=x"] {
        let answer = house.get(&third(known_nowhere), &alice).await;
        assert_eq!(answer.refusal(), refusal(404, "M_NOT_FOUND"), "{known_nowhere}");
    }
    for empty in ["location?alias=%23a:x.example", "user?userid=@alice:x.example"] {
        assert_eq!(house.get(&third(empty), &alice).await.json(), json!([]), "{empty}");
    }
    for (wrong, errcode) in [
        ("location", "M_MISSING_PARAM"),
        ("user", "M_MISSING_PARAM"),
        ("location?alias=a", "M_INVALID_PARAM"),
        ("user?userid=a", "M_INVALID_PARAM"),
    ] {
        assert_eq!(house.get(&third(wrong), &alice).await.refusal(), refusal(400, errcode), "{wrong}");
    }
}
