//! The server's own authority: whoever installs its root trusts the server, and nobody else.

use std::time::Duration;

use veche_test_harness::{Client, Server};

use crate::{NAME, command, tls};

const PATH: &str = "/.well-known/veche/root-ca.pem";

#[tokio::test]
async fn own_root_vouches_for_what_is_served() {
    let server = Server::start_with(&[("server.name", NAME)]).await;
    let https = server.ready().https.expect("HTTPS is on");
    let root = command::root(server.dir());
    assert!(root.starts_with("-----BEGIN CERTIFICATE-----"), "{root}");

    let mut stream = tls::connect(https, &root, &["http/1.1"]).await.expect("the root vouches for the server");
    assert_eq!(tls::get(&mut stream, "/health", "").await, (200, "OK".to_owned()));
    let over_tls = tls::get(&mut stream, PATH, "").await;
    assert_eq!(over_tls, (200, root.clone()));
    let plainly = Client::anonymous(&server.base_url()).get(PATH).await;
    assert_eq!((plainly.status, String::from_utf8(plainly.bytes).expect("PEM is text")), (200, root));
    assert_eq!(plainly.headers["content-type"], "application/x-pem-file");

    let status = command::status(server.dir());
    assert_eq!((&status["wanted"], &status["in_use"]), (&"own".into(), &"own".into()));
    assert_eq!(status["names"], serde_json::json!([NAME, "localhost"]));
    let words = command::certificate("status", server.dir(), &[]).ok();
    assert!(words.contains("in use:       made by the server's own authority"), "{words}");
    assert!(words.contains(status["own_root"]["fingerprint_sha256"].as_str().expect("a fingerprint")), "{words}");

    // The root of another server of the same name is of no use.
    let other = Server::start_with(&[("server.name", NAME)]).await;
    assert!(tls::connect(https, &command::root(other.dir()), &[]).await.is_err());
}

#[tokio::test]
async fn own_root_outlives_a_restart_and_is_not_given_out_for_other_certificates() {
    let mut server = Server::start_with(&[("server.name", NAME)]).await;
    let root = command::root(server.dir());
    server.stop().await;
    assert_eq!(command::root(server.dir()), root, "a stopped server's root is told, too");
    server.set("tls.source", "upload");
    server.restart().await;
    assert_eq!(command::root(server.dir()), root);
    let refused = Client::anonymous(&server.base_url()).get(PATH).await;
    refused.refused(404, "M_UNRECOGNIZED");
}

#[tokio::test]
async fn http_2_is_spoken_with_those_who_ask_for_it() {
    let server = Server::start_with(&[("server.name", NAME)]).await;
    let https = server.ready().https.expect("HTTPS is on");
    let root = command::root(server.dir());
    #[expect(clippy::disallowed_methods, reason = "the test's own client goes to loopback")]
    let client = reqwest::Client::builder()
        .no_proxy()
        .resolve(NAME, https)
        .timeout(Duration::from_secs(60))
        .tls_certs_only([reqwest::Certificate::from_pem(root.as_bytes()).expect("PEM")])
        .build()
        .expect("a client");
    let answer = client.get(format!("https://{NAME}:{}/health", https.port())).send().await.expect("an answer");
    assert_eq!((answer.version(), answer.status().as_u16()), (reqwest::Version::HTTP_2, 200));
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
}
