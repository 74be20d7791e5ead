//! Login, tokens, devices, user-interactive authentication.

use std::time::Duration;

use serde_json::{Value, json};

use super::{House, PASSWORD, password_auth, refusal, text};

const LOGIN: &str = "POST /_matrix/client/v3/login";
const WHOAMI: &str = "/_matrix/client/v3/account/whoami";

#[tokio::test]
async fn signing_in_gives_a_token_that_says_who_one_is() {
    let house = House::new().await;
    let flows = house.ask("GET /_matrix/client/v3/login", None, &Value::Null).await.json();
    let expected = json!({"flows": [{"type": "m.login.password"}, {"type": "m.login.token", "get_login_token": true}]});
    assert_eq!(flows, expected);
    let answer = house.login("@alice:x.example", "HOME").await;
    assert_eq!((&answer["user_id"], &answer["device_id"]), (&json!("@alice:x.example"), &json!("HOME")));
    assert_eq!(answer.get("refresh_token"), None);
    let who = house.get(WHOAMI, &text(&answer["access_token"])).await.json();
    assert_eq!(who, json!({"user_id": "@alice:x.example", "device_id": "HOME"}));
}

#[tokio::test]
async fn what_is_no_login_is_refused() {
    let house = House::new().await;
    let alice = json!({"type": "m.id.user", "user": "alice"});
    let mail = json!({"type": "m.id.thirdparty", "medium": "email", "address": "alice@x.example"});
    let password = "m.login.password";
    for (body, expected) in [
        (json!({"type": password, "identifier": alice, "password": "wrong"}), refusal(403, "M_FORBIDDEN")),
        (json!({"type": password, "identifier": alice, "password": ""}), refusal(403, "M_FORBIDDEN")),
        (json!({"type": password, "user": "nobody", "password": PASSWORD}), refusal(403, "M_FORBIDDEN")),
        (json!({"type": "m.login.token", "token": "vlt_guess"}), refusal(403, "M_FORBIDDEN")),
        (json!({"type": password, "identifier": mail, "password": PASSWORD}), refusal(400, "M_UNKNOWN")),
        (json!({"type": "m.login.sso"}), refusal(400, "M_UNKNOWN")),
        (json!({"type": "m.login.application_service", "identifier": alice}), refusal(400, "M_UNKNOWN")),
        (json!({"type": password, "password": PASSWORD}), refusal(400, "M_MISSING_PARAM")),
        (json!({"type": password, "identifier": alice}), refusal(400, "M_BAD_JSON")),
        (json!({}), refusal(400, "M_BAD_JSON")),
        (json!({"type": 7}), refusal(400, "M_BAD_JSON")),
        (
            json!({"type": password, "user": "alice", "password": PASSWORD, "device_id": ""}),
            refusal(400, "M_INVALID_PARAM"),
        ),
    ] {
        assert_eq!(house.ask(LOGIN, None, &body).await.refusal(), expected, "{body}");
    }
    let former = json!({"type": password, "user": "alice", "password": PASSWORD});
    assert_eq!(house.ask(LOGIN, Some("a stale token"), &former).await.status, 200);
}

#[tokio::test]
async fn a_signed_out_token_is_worth_nothing() {
    let house = House::new().await;
    let (home, work) = (house.token("alice", "HOME").await, house.token("alice", "WORK").await);
    assert_eq!(house.ask("POST /_matrix/client/v3/logout", Some(&home), &json!({})).await.json(), json!({}));
    let gone = house.get(WHOAMI, &home).await;
    assert_eq!((gone.refusal(), &gone.json()["soft_logout"]), (refusal(401, "M_UNKNOWN_TOKEN"), &json!(false)));
    assert_eq!(house.get(WHOAMI, &work).await.status, 200);
    assert_eq!(house.ask("POST /_matrix/client/v3/logout/all", Some(&work), &json!({})).await.status, 200);
    assert_eq!(house.get(WHOAMI, &work).await.status, 401);
}

#[tokio::test]
async fn an_expired_token_is_renewed() {
    let house = House::new().await;
    let answer = house.login("alice", "REFRESHING").await;
    let (access, refresh) = (text(&answer["access_token"]), text(&answer["refresh_token"]));
    let lifetime = Duration::from_millis(answer["expires_in_ms"].as_u64().unwrap());
    house.clock.advance(lifetime + Duration::from_secs(1));
    let expired = house.get(WHOAMI, &access).await;
    assert_eq!((expired.refusal(), &expired.json()["soft_logout"]), (refusal(401, "M_UNKNOWN_TOKEN"), &json!(true)));
    let renew = |token: String| {
        let house = &house;
        async move { house.ask("POST /_matrix/client/v3/refresh", None, &json!({"refresh_token": token})).await }
    };
    let renewed = renew(refresh.clone()).await.json();
    assert!(renewed["expires_in_ms"].is_u64() && renewed["refresh_token"].is_string(), "{renewed}");
    assert_eq!(house.get(WHOAMI, &text(&renewed["access_token"])).await.status, 200);
    assert_eq!(renew(refresh).await.refusal(), refusal(401, "M_UNKNOWN_TOKEN"));
    assert_eq!(renew("vrt_guess".to_owned()).await.refusal(), refusal(401, "M_UNKNOWN_TOKEN"));
}

#[tokio::test]
async fn deleting_a_device_takes_a_proof() {
    let house = House::new().await;
    let (home, _) = (house.token("alice", "HOME").await, house.token("alice", "WORK").await);
    let line = "DELETE /_matrix/client/v3/devices/WORK";

    let asked = house.ask(line, Some(&home), &json!({})).await;
    let challenge = asked.json();
    assert_eq!((asked.status, challenge.get("errcode"), challenge.get("error")), (401, None, None));
    assert_eq!(challenge["flows"], json!([{"stages": ["m.login.password"]}]));
    assert_eq!(challenge["params"], json!({}));
    let session = &challenge["session"];

    let wrong = house.ask(line, Some(&home), &json!({"auth": password_auth("alice", "wrong", session)})).await;
    assert_eq!(wrong.refusal(), refusal(401, "M_FORBIDDEN"));
    assert_eq!((&wrong.json()["session"], wrong.json()["flows"].is_array()), (session, true));
    let other = house.ask(line, Some(&home), &json!({"auth": password_auth("bob", PASSWORD, session)})).await;
    assert_eq!(other.refusal(), refusal(401, "M_FORBIDDEN"));

    let elsewhere = "DELETE /_matrix/client/v3/devices/HOME";
    let right = json!({"auth": password_auth("alice", PASSWORD, session)});
    assert_eq!(house.ask(elsewhere, Some(&home), &right).await.refusal(), refusal(403, "M_FORBIDDEN"));
    let done = house.ask(line, Some(&home), &right).await;
    assert_eq!((done.status, done.json()), (200, json!({})));
    assert_eq!(house.ask(line, Some(&home), &right).await.status, 401, "a session is good once");
    assert_eq!(house.get("/_matrix/client/v3/devices/WORK", &home).await.refusal(), refusal(404, "M_NOT_FOUND"));
}

#[tokio::test]
async fn devices_are_their_owners_only() {
    let house = House::new().await;
    let (alice, _) = (house.token("alice", "HOME").await, house.token("bob", "BOBS").await);
    let devices = house.get("/_matrix/client/v3/devices", &alice).await.json();
    assert_eq!(devices["devices"].as_array().unwrap().len(), 1);
    assert_eq!(devices["devices"][0]["last_seen_ip"], "192.0.2.1");
    for method in ["GET", "PUT"] {
        let line = format!("{method} /_matrix/client/v3/devices/BOBS");
        let answer = house.ask(&line, Some(&alice), &json!({"display_name": "mine"})).await;
        assert_eq!(answer.refusal(), refusal(404, "M_NOT_FOUND"), "{line}");
    }
    let rename = "PUT /_matrix/client/v3/devices/HOME";
    assert_eq!(house.ask(rename, Some(&alice), &json!({"display_name": "Kitchen"})).await.status, 200);
    assert_eq!(house.ask(rename, Some(&alice), &json!({})).await.status, 200);
    let device = house.get("/_matrix/client/v3/devices/HOME", &alice).await.json();
    assert_eq!((&device["display_name"], &device["device_id"]), (&json!("Kitchen"), &json!("HOME")));
    let long = json!({"display_name": "x".repeat(600)});
    assert_eq!(house.ask(rename, Some(&alice), &long).await.refusal(), refusal(400, "M_TOO_LARGE"));
}

#[tokio::test]
async fn another_device_signs_in_with_a_token_asked_for() {
    let house = House::new().await;
    let alice = house.token("alice", "HOME").await;
    let line = "POST /_matrix/client/v1/login/get_token";
    let session = house.ask(line, Some(&alice), &json!({})).await.json()["session"].clone();
    let issued =
        house.ask(line, Some(&alice), &json!({"auth": password_auth("alice", PASSWORD, &session)})).await.json();
    assert_eq!(issued["expires_in_ms"], 120_000);
    let body = json!({"type": "m.login.token", "token": issued["login_token"]});
    let answer = house.ask(LOGIN, None, &body).await;
    assert_eq!(answer.json()["user_id"], "@alice:x.example");
    assert_eq!(house.ask(LOGIN, None, &body).await.refusal(), refusal(403, "M_FORBIDDEN"));
}

#[tokio::test]
async fn a_changed_password_ends_the_other_devices() {
    let house = House::new().await;
    let (home, work) = (house.token("alice", "HOME").await, house.token("alice", "WORK").await);
    let line = "POST /_matrix/client/v3/account/password";
    let nobody = house.ask(line, None, &json!({"new_password": "longer horse"})).await;
    assert_eq!(nobody.refusal(), refusal(401, "M_MISSING_TOKEN"));
    let session =
        house.ask(line, Some(&home), &json!({"new_password": "longer horse"})).await.json()["session"].clone();
    let auth = password_auth("alice", PASSWORD, &session);
    let other_body = json!({"new_password": "something else", "auth": auth});
    assert_eq!(house.ask(line, Some(&home), &other_body).await.refusal(), refusal(403, "M_FORBIDDEN"));
    let body = json!({"new_password": "longer horse", "auth": auth});
    assert_eq!(house.ask(line, Some(&home), &body).await.status, 200);
    assert_eq!(house.get(WHOAMI, &home).await.status, 200);
    assert_eq!(house.get(WHOAMI, &work).await.status, 401);
}

#[tokio::test]
async fn proofs_of_identity_are_about_oneself() {
    let house = House::new().await;
    let alice = house.token("alice", "HOME").await;
    let line = |user: &str| format!("POST /_matrix/client/v3/user/@{user}:x.example/openid/request_token");
    let issued = house.ask(&line("alice"), Some(&alice), &json!({})).await.json();
    assert_eq!((&issued["token_type"], &issued["expires_in"]), (&json!("Bearer"), &json!(3_600)));
    assert_eq!(issued["matrix_server_name"], "x.example");
    assert_eq!(house.ask(&line("bob"), Some(&alice), &json!({})).await.refusal(), refusal(403, "M_FORBIDDEN"));
    assert_eq!(
        house.get("/_matrix/client/v3/account/3pid", &alice).await.json()["threepids"].as_array().map_or(0, Vec::len),
        0
    );
}

#[tokio::test]
async fn a_deactivated_account_is_gone() {
    let house = House::new().await;
    let alice = house.token("alice", "HOME").await;
    let line = "POST /_matrix/client/v3/account/deactivate";
    let session = house.ask(line, Some(&alice), &json!({})).await.json()["session"].clone();
    let done = house.ask(line, Some(&alice), &json!({"auth": password_auth("alice", PASSWORD, &session)})).await;
    assert_eq!((done.status, done.json()), (200, json!({"id_server_unbind_result": "success"})));
    assert_eq!(house.get(WHOAMI, &alice).await.refusal(), refusal(401, "M_UNKNOWN_TOKEN"));
    let again = json!({"type": "m.login.password", "user": "alice", "password": PASSWORD});
    assert_eq!(house.ask(LOGIN, None, &again).await.status, 403);
}
