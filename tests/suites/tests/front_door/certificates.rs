//! Uploaded certificates: put in use under open connections, refused with every fault, kept over restarts.

use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use veche_test_harness::{Server, binary};

use crate::openssl::Workshop;
use crate::{NAME, command, tls};

/// A server that waits for an upload.
async fn waiting() -> Server {
    Server::start_with(&[("server.name", NAME), ("tls.source", "upload")]).await
}

/// The certificate that a new connection sees, if these roots vouch for it.
async fn served(server: &Server, roots_pem: &str) -> Option<Vec<u8>> {
    let https = server.ready().https.expect("HTTPS is on");
    let stream = tls::connect(https, roots_pem, &["http/1.1"]).await.ok()?;
    let chain = stream.get_ref().1.peer_certificates().expect("a server shows its certificate");
    Some(chain[0].to_vec())
}

async fn is_alive(stream: &mut TlsStream<TcpStream>) {
    assert_eq!(tls::get(stream, "/health", "").await, (200, "OK".to_owned()));
}

#[tokio::test]
async fn upload_is_put_in_use_and_no_connection_is_dropped() {
    let workshop = Workshop::new();
    workshop.certify_server("first");
    workshop.certify_server("second");
    let server = waiting().await;
    let https = server.ready().https.expect("HTTPS is on");
    let own_root = command::root(server.dir());
    let mut before = tls::connect(https, &own_root, &["http/1.1"]).await.expect("the own certificate stands in");
    is_alive(&mut before).await;
    assert!(served(&server, &workshop.root_pem()).await.is_none());

    let said = command::upload(server.dir(), &workshop.chain("first"), &workshop.key("first"), &[]).ok();
    assert!(said.contains("in use:       uploaded") && !said.contains("not in use"), "{said}");
    is_alive(&mut before).await;
    let first = served(&server, &workshop.root_pem()).await.expect("the upload is served");
    assert!(served(&server, &own_root).await.is_none());

    let mut between = tls::connect(https, &workshop.root_pem(), &["http/1.1"]).await.expect("it is served");
    command::upload(server.dir(), &workshop.chain("second"), &workshop.key("second"), &[]).ok();
    is_alive(&mut before).await;
    is_alive(&mut between).await;
    let second = served(&server, &workshop.root_pem()).await.expect("the upload is served");
    assert_ne!(first, second);
    let status = command::status(server.dir());
    assert_eq!((&status["wanted"], &status["in_use"]), (&"uploaded".into(), &"uploaded".into()));
}

#[tokio::test]
async fn upload_with_any_fault_leaves_the_old_one_in_place() {
    let workshop = Workshop::new();
    workshop.certify_server("good");
    workshop.certify_server("other");
    workshop.certify_localhost("misnamed");
    let mut server = waiting().await;
    command::upload(server.dir(), &workshop.chain("good"), &workshop.key("good"), &[]).ok();
    let good = served(&server, &workshop.root_pem()).await.expect("the upload is served");
    let status = command::status(server.dir());

    let junk = workshop.write("junk.pem", "this is no certificate");
    let long = workshop.write("long.pem", &"-----BEGIN CERTIFICATE-----\n".repeat(20_000));
    for (chain, key, words) in [
        (workshop.chain("good"), workshop.key("other"), "The private key does not belong"),
        (workshop.chain("misnamed"), workshop.key("misnamed"), "is not for chat.example.org"),
        (workshop.chain("root"), workshop.key("root"), "says that it is a certificate authority"),
        (junk.clone(), workshop.key("good"), "is not in PEM form"),
        (workshop.chain("good"), junk, "The key file is not in PEM form"),
        (long, workshop.key("good"), "large"),
        (binary(), workshop.key("good"), "large"),
    ] {
        let said = command::upload(server.dir(), &chain, &key, &[]).refused();
        assert!(said.contains(words) && said.contains("nothing has changed"), "{}: {said}", chain.display());
        assert_eq!(served(&server, &workshop.root_pem()).await.as_ref(), Some(&good), "{said}");
    }
    assert_eq!(command::status(server.dir()), status);
    server.kill();
    server.restart().await;
    assert_eq!(served(&server, &workshop.root_pem()).await, Some(good), "what was taken survives a crash");
}

#[tokio::test]
async fn stopped_server_takes_uploads_too() {
    let workshop = Workshop::new();
    workshop.certify_server("first");
    workshop.certify_server("other");
    let mut server = waiting().await;
    server.stop().await;
    let wanted = ["--set", "tls.source=upload"];
    let refused = command::upload(server.dir(), &workshop.chain("first"), &workshop.key("other"), &wanted).refused();
    assert!(refused.contains("does not belong"), "{refused}");
    let said = command::upload(server.dir(), &workshop.chain("first"), &workshop.key("first"), &wanted).ok();
    assert!(said.contains("in use:       uploaded"), "{said}");
    server.restart().await;
    assert!(served(&server, &workshop.root_pem()).await.is_some());

    let nowhere = server.dir().join("nowhere");
    let refused = command::upload(&nowhere, &workshop.chain("first"), &workshop.key("first"), &[]).refused();
    assert!(refused.contains("there is no data folder"), "{refused}");
    let missing = workshop.path().join("missing.pem");
    let refused = command::upload(server.dir(), &missing, &workshop.key("first"), &[]).refused();
    assert!(refused.contains("cannot be read"), "{refused}");
}

#[tokio::test]
async fn upload_for_another_source_is_kept_and_said_not_to_be_in_use() {
    let workshop = Workshop::new();
    workshop.certify_server("first");
    let mut server = Server::start_with(&[("server.name", NAME)]).await;
    let said = command::upload(server.dir(), &workshop.chain("first"), &workshop.key("first"), &[]).ok();
    assert!(said.contains("not in use: set tls.source"), "{said}");
    assert!(served(&server, &command::root(server.dir())).await.is_some());
    server.stop().await;
    server.set("tls.source", "upload");
    server.restart().await;
    assert!(served(&server, &workshop.root_pem()).await.is_some());
}
