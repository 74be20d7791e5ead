//! Certificates from a real ACME authority for the running server, by both ways to prove control of its name.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::time::timeout;
use veche_test_harness::{LIMIT, Server};

use crate::pebble::{Pebble, Way};
use crate::{NAME, command, tls};

/// Waits until the certificate from the authority is in use, and gives the status then.
async fn until_issued(server: &Server) -> Value {
    let waiting = async {
        loop {
            let dir = server.dir().to_owned();
            let asked = tokio::task::spawn_blocking(move || command::status(&dir));
            let status = asked.await.expect("the command does not panic");
            if status["in_use"] == "acme" {
                return status;
            }
            assert_eq!(status["failures"], 0, "{status}\n{}", server.log());
        }
    };
    timeout(LIMIT, waiting).await.unwrap_or_else(|_| panic!("nothing is issued: {}", server.log()))
}

/// Orders a certificate by one kind of challenge, and sees it served.
async fn issue(challenge: &str, redirect: &str) -> (Server, Pebble) {
    let (http, tls) = (Way::open(), Way::open());
    let pebble = Pebble::start(&http, &tls);
    let mut server = Server::start_with(&[
        ("server.name", NAME),
        ("tls.source", "acme"),
        ("tls.acme_directory", &pebble.directory()),
        ("tls.acme_challenge", challenge),
        ("tls.acme_contact", "admin@example.org"),
        ("tls.extra_ca", &pebble.extra_ca()),
        ("network.outbound", "loopback"),
        ("listen.redirect", redirect),
    ])
    .await;
    let https = server.ready().https.expect("HTTPS is on");
    tls.lead_to(https);
    if let Some(redirect) = server.ready().line["redirect"].as_str() {
        http.lead_to(redirect.parse::<SocketAddr>().expect("an address"));
    }
    let own_root = command::root(server.dir());
    let status = until_issued(&server).await;
    assert_eq!(status["names"], serde_json::json!([NAME]));
    assert_eq!((&status["wanted"], &status["last_error"]), (&"acme".into(), &Value::Null));

    let root = pebble.root_pem().await;
    let mut stream = tls::connect(https, &root, &["http/1.1"]).await.expect("the issued certificate is served");
    assert_eq!(tls::get(&mut stream, "/health", "").await.0, 200);
    assert!(tls::connect(https, &own_root, &[]).await.is_err(), "the own certificate no longer stands in");
    // The protocol of validators is spoken with nobody else.
    assert!(tls::connect(https, &root, &["acme-tls/1"]).await.is_err());

    server.stop().await;
    server.restart().await;
    let https = server.ready().https.expect("HTTPS is on");
    tls::connect(https, &root, &[]).await.expect("what was issued outlives a restart");
    (server, pebble)
}

#[tokio::test]
async fn certificate_is_issued_by_http_01() {
    issue("http-01", "127.0.0.1:0").await;
}

#[tokio::test]
async fn certificate_is_issued_by_tls_alpn_01() {
    issue("tls-alpn-01", "off").await;
}

#[tokio::test]
async fn settings_that_cannot_lead_to_a_certificate_stop_the_start() {
    let local = [
        ("listen.http", "127.0.0.1:0"),
        ("listen.https", "127.0.0.1:0"),
        ("listen.turn", "off"),
        ("listen.sfu", "off"),
    ];
    for (settings, words) in [
        (&[("tls.source", "acme")][..], "tls.source: no authority vouches for localhost"),
        (
            &[("tls.source", "acme"), ("server.name", NAME)],
            "tls.acme_challenge (default): http-01 is answered on port 80",
        ),
        (&[("tls.acme_eab_key_id", "kid")], "tls.acme_eab_secret is missing"),
        (
            &[
                ("tls.source", "acme"),
                ("server.name", NAME),
                ("tls.acme_challenge", "tls-alpn-01"),
                ("tls.acme_directory", "https://127.0.0.1/dir"),
            ],
            "tls.acme_directory: the address is outside",
        ),
    ] {
        let log = Server::try_start_with(&[&local[..], settings].concat()).await.err().expect("it refuses");
        assert!(log.contains(words), "{settings:?} gave {log}");
    }
}
