//! A TLS client that trusts exactly the authorities it is given, and speaks bytes.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use veche_test_harness::LIMIT;

use crate::NAME;

/// Connects to the address as to [`NAME`], and does the handshake with a server that these roots vouch for.
pub(crate) async fn connect(
    address: SocketAddr,
    roots_pem: &str,
    protocols: &[&str],
) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await.expect("the server listens");
    handshake(stream, roots_pem, protocols).await
}

/// The same on a connection that stands.
pub(crate) async fn handshake(
    stream: TcpStream,
    roots_pem: &str,
    protocols: &[&str],
) -> io::Result<TlsStream<TcpStream>> {
    handshake_as(stream, NAME, roots_pem, protocols).await
}

/// The same for somebody who has asked for this name or address.
pub(crate) async fn handshake_as(
    stream: TcpStream,
    host: &str,
    roots_pem: &str,
    protocols: &[&str],
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(roots_pem.as_bytes()) {
        roots.add(root.expect("the root is PEM")).expect("the root is a certificate");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config.expect("TLS 1.2 and 1.3").with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let name = ServerName::try_from(host.to_owned()).expect("it is a DNS name or an address");
    let connecting = TlsConnector::from(Arc::new(config)).connect(name, stream);
    timeout(LIMIT, connecting).await.expect("the handshake ends in time")
}

/// Asks for a path on a connection that is to stay open; tells status and body.
pub(crate) async fn get(stream: &mut TlsStream<TcpStream>, path: &str, more: &str) -> (u16, String) {
    let request = format!("GET {path} HTTP/1.1\r\nhost: {NAME}\r\n{more}\r\n");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    timeout(LIMIT, read_answer(stream)).await.expect("the server answers in time")
}

async fn read_answer(stream: &mut TlsStream<TcpStream>) -> (u16, String) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("the server answers"));
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.expect("a length")];
    stream.read_exact(&mut body).await.expect("the whole body");
    (status, String::from_utf8_lossy(&body).into_owned())
}
