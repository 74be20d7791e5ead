//! Certificates from a browser: in the wizard of the first run, and in the console.

use std::fs;
use std::path::PathBuf;

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::{Answer, Client, PASSWORD, Server};

use crate::openssl::Workshop;
use crate::{NAME, command, tls};

const CERTIFICATE: &str = "/api/admin/v1/certificate";

fn text(path: PathBuf) -> String {
    fs::read_to_string(path).expect("openssl has written it")
}

/// An upload of what the workshop made under this name.
fn upload(workshop: &Workshop, name: &str) -> Value {
    json!({ "chain": text(workshop.chain(name)), "key": text(workshop.key(name)) })
}

/// Whether a new connection is served with a certificate that these roots vouch for.
async fn is_served(server: &Server, roots_pem: &str) -> bool {
    tls::connect(server.ready().https.expect("HTTPS is on"), roots_pem, &["http/1.1"]).await.is_ok()
}

/// Shows the password and does it.
async fn proved(who: &Client, method: Method, path: &str, body: &Value) -> Answer {
    let proof = who.post("/api/admin/v1/reauth", &json!({ "password": PASSWORD })).await.ok();
    let proof = proof["proof"].as_str().expect("a proof");
    who.answer(who.request(method, path).header("x-veche-reauth", proof).json(body)).await
}

#[tokio::test]
async fn administrators_upload_a_certificate_and_change_where_it_comes_from() {
    let workshop = Workshop::new();
    workshop.certify_server("good");
    workshop.certify_localhost("misnamed");
    let mut server = Server::start_with(&[("server.name", NAME)]).await;
    let root = server.admin("root").await;
    let status = root.get(CERTIFICATE).await.ok();
    assert_eq!((&status["wanted"], &status["in_use"], &status["fixed"]), (&json!("own"), &json!("own"), &json!(false)));

    let check = format!("{CERTIFICATE}/check");
    let faults = root.post(&check, &upload(&workshop, "misnamed")).await.ok();
    assert_eq!(faults["faults"][0]["code"], "wrong_name", "{faults}");
    assert_eq!(root.post(&check, &upload(&workshop, "good")).await.ok()["faults"], json!([]));
    let (keep, source) = (format!("{CERTIFICATE}/upload"), format!("{CERTIFICATE}/source"));
    let refused = proved(&root, Method::POST, &keep, &upload(&workshop, "misnamed")).await;
    assert_eq!(refused.refused(400, "M_INVALID_PARAM")["reason"], "certificate_faults");
    let kept = proved(&root, Method::POST, &keep, &upload(&workshop, "good")).await.ok();
    assert_eq!(kept["in_use"], "own", "uploads are not the source yet");
    assert!(!is_served(&server, &workshop.root_pem()).await);

    let uploaded = json!({ "source": "upload" });
    let switched = proved(&root, Method::PUT, &source, &uploaded).await.ok();
    assert_eq!((&switched["wanted"], &switched["in_use"]), (&json!("upload"), &json!("upload")));
    assert!(is_served(&server, &workshop.root_pem()).await);
    let plain = json!({ "source": "acme", "directory": "http://ca.example", "email": null });
    let impossible = proved(&root, Method::PUT, &source, &plain).await.refused(400, "M_INVALID_PARAM");
    assert_eq!(impossible["reason"], "certificate_impossible");
    assert_eq!(impossible["obstacle"], "bad_directory");
    server.kill();
    server.restart().await;
    assert!(is_served(&server, &workshop.root_pem()).await, "the choice lies with the data");

    let root = root.moved_to(&server.base_url());
    proved(&root, Method::PUT, &source, &json!({ "source": "own" })).await.ok();
    assert!(is_served(&server, &command::root(server.dir())).await);
    let journal = root.get("/api/admin/v1/journal").await.ok();
    let rows = journal["rows"].as_array().expect("rows");
    let told: Vec<_> = rows.iter().map(|row| (row["action"].as_str(), row["target"].as_str())).collect();
    let changed = (Some("setting.change"), Some("tls.source"));
    assert_eq!(told[..2], [changed, changed], "{told:?}");
    assert!(told.contains(&(Some("certificate.upload"), Some("certificate"))), "{told:?}");
    assert!(!journal.to_string().contains("PRIVATE KEY"));
}

#[tokio::test]
async fn what_the_machine_says_of_the_certificate_holds() {
    let server = Server::start_with(&[("server.name", NAME), ("tls.source", "own")]).await;
    let root = server.admin("root").await;
    assert_eq!(root.get(CERTIFICATE).await.ok()["fixed"], true);
    let body = json!({ "source": "upload" });
    let refused = proved(&root, Method::PUT, &format!("{CERTIFICATE}/source"), &body).await.refused(403, "M_FORBIDDEN");
    assert_eq!(refused["reason"], "setting_fixed");
}

#[tokio::test]
async fn the_wizard_takes_a_certificate_for_the_name_that_was_chosen_in_it() {
    let workshop = Workshop::new();
    workshop.certify_server("good");
    workshop.certify_localhost("misnamed");
    let local = [
        ("listen.http", "127.0.0.1:0"),
        ("listen.https", "127.0.0.1:0"),
        ("listen.turn", "127.0.0.1:0"),
        ("listen.sfu", "off"),
    ];
    let server = Server::try_start_with(&local).await.expect("the server starts");
    let anybody = Client::anonymous(&server.base_url());
    let code = text(server.dir().join("claim-code"));
    let claimed = anybody.post("/api/setup/v1/claim", &json!({ "code": code.trim() })).await.ok();
    let browser = anybody.with_session(&json!({ "access_token": claimed["token"] }));
    let put = async |step: &str, body: &Value| browser.put(&format!("/api/setup/v1/{step}"), body).await;
    put("organisation", &json!({ "name": "Acme", "server_name": NAME })).await.ok();
    let answer = |name: &str| {
        let mut body = upload(&workshop, name);
        body["source"] = "upload".into();
        body
    };
    let refused = put("certificate", &answer("misnamed")).await.refused(400, "M_INVALID_PARAM");
    assert_eq!(refused["reason"], "certificate_faults");
    put("certificate", &answer("good")).await.ok();
    for (step, body) in [
        ("language", json!({ "language": "en" })),
        ("owner", json!({ "username": "olga", "password": PASSWORD })),
        ("registration", json!({ "mode": "closed" })),
        ("encryption", json!({ "encryption": "private" })),
    ] {
        put(step, &body).await.ok();
    }
    let finished = browser.post("/api/setup/v1/finish", &json!({})).await.ok();
    assert_eq!((&finished["owner"], &finished["invite_link"]), (&json!(format!("@olga:{NAME}")), &Value::Null));
    assert!(is_served(&server, &workshop.root_pem()).await, "the same socket, with the other certificate");
    assert_eq!(command::status(server.dir())["in_use"], "uploaded");
}
