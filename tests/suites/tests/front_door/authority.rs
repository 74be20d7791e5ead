//! The server's own authority: whoever installs its root trusts the server, and nobody else.

use std::net::IpAddr;
use std::time::Duration;

use tokio::net::TcpStream;
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
    let names: Vec<&str> = status["names"].as_array().into_iter().flatten().filter_map(|name| name.as_str()).collect();
    assert_eq!(names[..2], [NAME, "localhost"]);
    assert!(names[2..].iter().all(|name| name.parse::<IpAddr>().is_ok()), "and the addresses of the site: {names:?}");
    let words = command::certificate("status", server.dir(), &[]).ok();
    assert!(words.contains("in use:       made by the server's own authority"), "{words}");
    assert!(words.contains(status["own_root"]["fingerprint_sha256"].as_str().expect("a fingerprint")), "{words}");

    // The root of another server of the same name is of no use.
    let other = Server::start_with(&[("server.name", NAME)]).await;
    assert!(tls::connect(https, &command::root(other.dir()), &[]).await.is_err());
}

/// A phone that was given the root, and opens the address because DNS does not lead here yet.
#[tokio::test]
async fn own_certificate_is_for_the_addresses_of_the_site() {
    // One that others call it, and one that it has.
    let mut server = Server::start_with(&[("server.name", NAME), ("network.external_address", "127.0.0.1")]).await;
    let root = command::root(server.dir());
    let https = server.ready().https.expect("HTTPS is on");
    let open = async |https, host: &str| {
        let stream = TcpStream::connect(https).await.expect("the server listens");
        tls::handshake_as(stream, host, &root, &["http/1.1"]).await.is_ok()
    };
    assert!(open(https, "127.0.0.1").await && open(https, "localhost").await && open(https, NAME).await);
    assert!(!open(https, "127.0.0.2").await && !open(https, "203.0.113.77").await);

    let first = command::status(server.dir());
    server.stop().await;
    let with_setting = ["--json", "--set", "network.external_address=127.0.0.1"];
    let stopped = command::certificate("status", server.dir(), &with_setting).ok();
    let stopped: serde_json::Value = serde_json::from_str(&stopped).expect("a status is JSON");
    assert_eq!(stopped, first, "a command on a stopped server makes no other certificate");
    server.restart().await;
    assert_eq!(command::status(server.dir()), first, "and none is made while the addresses stay");
    server.stop().await;
    server.set("network.external_address", "127.0.0.2");
    server.restart().await;
    let https = server.ready().https.expect("HTTPS is on");
    assert!(open(https, "127.0.0.2").await && !open(https, "127.0.0.1").await);
    assert_eq!(command::root(server.dir()), root, "the root that people have installed stays");
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
