//! A code of an authenticator app beside the password.

use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::{Authenticator, Client, PASSWORD, binary};

use crate::house::{House, try_login, with_proof};

const OWN: &str = "/api/account/v1/second_factor";

/// Turns it on with the code that the app shows now.
async fn turn_on(who: &Client) -> Authenticator {
    let offered = who.post(OWN, &json!({ "password": PASSWORD })).await.ok();
    let secret = offered["secret"].as_str().expect("a secret");
    let uri = offered["uri"].as_str().expect("what a picture shows");
    assert!(uri.starts_with("otpauth://totp/localhost:") && uri.contains(&format!("secret={secret}")), "{uri}");
    let app = Authenticator::new(secret);
    who.put(OWN, &json!({ "code": app.code() })).await.ok();
    app
}

#[tokio::test]
async fn whoever_has_one_shows_it_wherever_the_password_is_asked_for() {
    let house = House::new().await;
    let anybody = Client::anonymous(&house.server.base_url());
    anybody.get(OWN).await.refused(401, "M_MISSING_TOKEN");
    assert_eq!(house.bob.get(OWN).await.ok()["on"], false);
    let wrong = house.bob.post(OWN, &json!({ "password": "nonsense" })).await.refused(403, "M_FORBIDDEN");
    assert_eq!(wrong["reason"], "wrong_password");
    house.bob.put(OWN, &json!({ "code": "123456" })).await.refused(404, "M_NOT_FOUND");
    let app = turn_on(&house.bob).await;
    assert_eq!(house.bob.get(OWN).await.ok()["on"], true);
    let shown = house.root.get("/api/admin/v1/users/@bob:localhost").await.ok();
    assert_eq!(shown["second_factor"], true);

    for (typed, reason) in [
        (PASSWORD.to_owned(), json!("code_needed")),
        (format!("{PASSWORD} 00000"), Value::Null),
        (format!("nonsense {}", app.code()), Value::Null),
    ] {
        let refused = try_login(&anybody, "bob", &typed).await.refused(403, "M_FORBIDDEN");
        assert_eq!(refused["reason"], reason, "{typed}");
    }
    let both = format!("{PASSWORD} {}", app.next_code());
    house.login("bob", &both).await;
    assert_eq!(try_login(&anybody, "bob", &both).await.refused(403, "M_FORBIDDEN")["reason"], "code_used");
    let off = house.bob.answer(house.bob.request(Method::DELETE, OWN).json(&json!({ "password": PASSWORD }))).await;
    assert_eq!(off.refused(403, "M_FORBIDDEN")["reason"], "code_needed");
    let rows = house.journal("account.second_factor_on").await;
    assert_eq!((&rows[0]["actor"], &rows[0]["target"]), (&json!("@bob:localhost"), &json!("@bob:localhost")));
}

#[tokio::test]
async fn a_fresh_proof_needs_it_and_takes_it_from_who_has_lost_it() {
    let house = House::new().await;
    turn_on(&house.bob).await;
    let app = turn_on(&house.root).await;
    assert_eq!(house.root.get("/api/admin/v1/me").await.ok()["second_factor"], true);
    let prove = async |typed: &str| house.root.post("/api/admin/v1/reauth", &json!({ "password": typed })).await;
    assert_eq!(prove(PASSWORD).await.refused(403, "M_FORBIDDEN")["reason"], "code_needed");
    let proof = prove(&format!("{PASSWORD} {}", app.next_code())).await.ok();
    let proof = proof["proof"].as_str().expect("a proof");
    let path = "/api/admin/v1/users/@bob:localhost/second_factor";
    let after = with_proof(&house.root, Method::DELETE, path, &json!({}), proof).await.ok();
    assert_eq!(after["second_factor"], false);
    with_proof(&house.root, Method::DELETE, path, &json!({}), proof).await.refused(404, "M_NOT_FOUND");
    house.login("bob", PASSWORD).await;
    House::assert_last(&house.journal("account.second_factor_reset").await, "@bob:localhost");
}

/// What `veche user recover` prints on this folder.
async fn recover(dir: &std::path::Path, name: &str) -> std::process::Output {
    let mut command = Command::new(binary());
    command.args(["user", "recover", name, "--data"]).arg(dir);
    let run = tokio::task::spawn_blocking(move || command.output().expect("the binary can be started"));
    run.await.expect("waiting does not panic")
}

#[tokio::test]
async fn the_machines_console_lets_in_whoever_has_lost_everything() {
    let mut house = House::new().await;
    turn_on(&house.root).await;
    for is_running in [true, false] {
        if !is_running {
            turn_on(&house.root).await;
            house.server.stop().await;
        }
        let printed = recover(house.server.dir(), "root").await;
        assert!(printed.status.success(), "{printed:?}");
        let printed = String::from_utf8(printed.stdout).expect("text");
        let password = printed.trim().strip_prefix("@root:localhost\npassword: ").expect("a new password").to_owned();
        let nobody = recover(house.server.dir(), "nobody").await;
        assert!(!nobody.status.success() && String::from_utf8_lossy(&nobody.stderr).contains("nobody"), "{nobody:?}");
        if !is_running {
            house.server.restart().await;
        } else {
            house.root.whoami().await.refused(401, "M_UNKNOWN_TOKEN");
        }
        house.root = house.login("root", &password).await;
        let body = json!({ "new_password": PASSWORD, "logout_devices": false, "auth": {
            "type": "m.login.password", "identifier": { "type": "m.id.user", "user": "root" }, "password": password } });
        house.root.post("/_matrix/client/v3/account/password", &body).await.ok();
    }
}
