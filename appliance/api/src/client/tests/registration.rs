//! Making accounts: closed, by token, open, by shared secret.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;
use veche_base::Secret;
use veche_directory::RegistrationMode;

use super::{House, PASSWORD, refusal, text};

const REGISTER: &str = "POST /_matrix/client/v3/register";
const ADMIN: &str = "POST /_synapse/admin/v1/register";

#[tokio::test]
async fn a_closed_server_makes_no_accounts_and_tells_no_names() {
    let house = House::new().await;
    let body = json!({"username": "carol", "password": PASSWORD, "auth": {"type": "m.login.dummy"}});
    assert_eq!(house.ask(REGISTER, None, &body).await.refusal(), refusal(403, "M_FORBIDDEN"));
    for name in ["alice", "carol"] {
        let line = format!("GET /_matrix/client/v3/register/available?username={name}");
        assert_eq!(house.ask(&line, None, &Value::Null).await.refusal(), refusal(403, "M_FORBIDDEN"));
    }
    let validity = "GET /_matrix/client/v1/register/m.login.registration_token/validity?token=x";
    assert_eq!(house.ask(validity, None, &Value::Null).await.refusal(), refusal(403, "M_FORBIDDEN"));
}

#[tokio::test]
async fn an_open_server_asks_for_nothing_much() {
    let house = House::with(|settings| settings.registration = RegistrationMode::Open).await;
    let asked = house.ask(REGISTER, None, &json!({})).await;
    let challenge = asked.json();
    assert_eq!((asked.status, &challenge["flows"]), (401, &json!([{"stages": ["m.login.dummy"]}])));
    let auth = json!({"type": "m.login.dummy", "session": challenge["session"]});
    let body = json!({"username": "carol", "password": PASSWORD, "device_id": "NEW", "auth": auth});
    let made = house.ask(REGISTER, None, &body).await.json();
    assert_eq!((&made["user_id"], &made["device_id"]), (&json!("@carol:x.example"), &json!("NEW")));
    assert_eq!(house.get("/_matrix/client/v3/account/whoami", &text(&made["access_token"])).await.status, 200);

    let with = |fields: Value| {
        let mut body = json!({"username": "dave", "password": PASSWORD, "auth": {"type": "m.login.dummy"}});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    for (fields, expected) in [
        (json!({"username": "carol"}), refusal(400, "M_USER_IN_USE")),
        (json!({"username": "Dave"}), refusal(400, "M_INVALID_USERNAME")),
        (json!({"password": "short"}), refusal(400, "M_WEAK_PASSWORD")),
        (json!({"password": null}), refusal(400, "M_MISSING_PARAM")),
        (json!({"device_id": "\u{1}"}), refusal(400, "M_INVALID_PARAM")),
        (json!({"type": "m.login.application_service"}), refusal(403, "M_FORBIDDEN")),
    ] {
        assert_eq!(house.ask(REGISTER, None, &with(fields.clone())).await.refusal(), expected, "{fields}");
    }
    let guest = house.ask("POST /_matrix/client/v3/register?kind=guest", None, &json!({})).await;
    assert_eq!(guest.refusal(), refusal(403, "M_GUEST_ACCESS_FORBIDDEN"));
    let quiet = house.ask(REGISTER, None, &with(json!({"inhibit_login": true}))).await.json();
    assert_eq!((&quiet["user_id"], quiet.get("access_token")), (&json!("@dave:x.example"), None));

    let available = |name: &str| format!("GET /_matrix/client/v3/register/available?username={name}");
    assert_eq!(house.ask(&available("erin"), None, &Value::Null).await.json(), json!({"available": true}));
    assert_eq!(house.ask(&available("carol"), None, &Value::Null).await.refusal(), refusal(400, "M_USER_IN_USE"));
    let nameless = house.ask("GET /_matrix/client/v3/register/available", None, &Value::Null).await;
    assert_eq!(nameless.refusal(), refusal(400, "M_MISSING_PARAM"));
}

#[tokio::test]
async fn a_wrong_registration_token_leaves_the_door_shut() {
    let house = House::with(|settings| settings.registration = RegistrationMode::Token).await;
    let asked = house.ask(REGISTER, None, &json!({})).await.json();
    assert_eq!(asked["flows"], json!([{"stages": ["m.login.registration_token"]}]));
    let auth = json!({"type": "m.login.registration_token", "token": "guess", "session": asked["session"]});
    let body = json!({"username": "carol", "password": PASSWORD, "auth": auth});
    assert_eq!(house.ask(REGISTER, None, &body).await.refusal(), refusal(401, "M_FORBIDDEN"));
    let dummy = json!({"username": "carol", "password": PASSWORD, "auth": {"type": "m.login.dummy"}});
    assert_eq!(house.ask(REGISTER, None, &dummy).await.status, 401);
    let validity = "GET /_matrix/client/v1/register/m.login.registration_token/validity?token=guess";
    assert_eq!(house.ask(validity, None, &Value::Null).await.json(), json!({"valid": false}));
}

#[tokio::test]
async fn without_a_shared_secret_there_is_no_such_endpoint() {
    let house = House::new().await;
    for line in [ADMIN, "GET /_synapse/admin/v1/register", "GET /_synapse/admin/v1/server_version"] {
        assert_eq!(house.ask(line, None, &json!({})).await.refusal(), refusal(404, "M_UNRECOGNIZED"), "{line}");
    }
}

#[tokio::test]
async fn whoever_knows_the_shared_secret_makes_accounts() {
    let house = House::with(|settings| settings.shared_secret = Some(Secret::new("shared".to_owned()))).await;
    let nonce =
        || async { text(&house.ask("GET /_synapse/admin/v1/register", None, &Value::Null).await.json()["nonce"]) };
    let signed = |nonce: &str, secret: &str| {
        let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{nonce}\0carol\0{PASSWORD}\0admin").as_bytes());
        let mac: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        json!({"nonce": nonce, "username": "carol", "password": PASSWORD, "admin": true, "mac": mac})
    };
    let wrong = house.ask(ADMIN, None, &signed(&nonce().await, "guess")).await;
    assert_eq!(wrong.refusal(), refusal(403, "M_FORBIDDEN"));
    assert_eq!(house.ask(ADMIN, None, &json!({})).await.refusal(), refusal(400, "M_BAD_JSON"));
    let body = signed(&nonce().await, "shared");
    let made = house.ask(ADMIN, None, &body).await.json();
    assert_eq!((&made["user_id"], &made["home_server"]), (&json!("@carol:x.example"), &json!("x.example")));
    let lock = "GET /_matrix/client/v1/admin/lock/@bob:x.example";
    assert_eq!(house.ask(lock, Some(&text(&made["access_token"])), &Value::Null).await.status, 200);
    assert_eq!(house.ask(ADMIN, None, &body).await.refusal(), refusal(400, "M_UNKNOWN"));
}
