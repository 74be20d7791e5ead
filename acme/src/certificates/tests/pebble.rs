//! Pebble, and what it validates: port 80 and port 443.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::{ServerConfig, ServerConnection};
use veche_test_harness::PebbleSetup;

use crate::certificates::Certificates;
use crate::challenge::HttpTokens;
use crate::resolver::ACME_TLS_ALPN;
use crate::testing::{P256, Workshop};

/// The lifetime of Pebble's certificates.
pub(super) const LIFETIME_DAYS: u64 = 90;

/// The ports on which Pebble validates. What they serve can be exchanged.
pub(super) struct Site {
    http_port: u16,
    tls_port: u16,
    served: Arc<Mutex<Served>>,
}

/// What stands on port 80 and 443; nothing at first.
#[derive(Default)]
struct Served {
    tokens: HttpTokens,
    tls: Option<Arc<ServerConfig>>,
}

impl Site {
    pub(super) fn new() -> Self {
        let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (http, tls) = (listen(), listen());
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        let this = Self { http_port: port(&http), tls_port: port(&tls), served: Arc::default() };
        let served = Arc::clone(&this.served);
        thread::spawn(move || http.incoming().for_each(|stream| answer_http(stream.unwrap(), &served)));
        let served = Arc::clone(&this.served);
        thread::spawn(move || tls.incoming().for_each(|stream| answer_tls(stream.unwrap(), &served)));
        this
    }

    /// Serves what a running server would, from now on.
    pub(super) fn serve(&self, certificates: &Certificates) {
        self.served.lock().unwrap().tokens = certificates.http_tokens();
        self.serve_tls(certificates);
    }

    /// Serves port 443 alone.
    pub(super) fn serve_tls(&self, certificates: &Certificates) {
        self.served.lock().unwrap().tls = Some(certificates.resolver().server_config().unwrap());
    }
}

fn answer_http(mut stream: TcpStream, served: &Mutex<Served>) {
    let mut request = [0; 2_048];
    let count = stream.read(&mut request).unwrap_or(0);
    let request = String::from_utf8_lossy(&request[..count]).into_owned();
    let found = served.lock().unwrap().tokens.answer(request.split(' ').nth(1).unwrap_or(""));
    let (status, body) = found.map_or(("404 Not Found", String::new()), |body| ("200 OK", body));
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    // A validator that has gone away is no failure of the test.
    let _ = stream.write_all((head + &body).as_bytes());
}

fn answer_tls(mut stream: TcpStream, served: &Mutex<Served>) {
    let Some(config) = served.lock().unwrap().tls.clone() else { return };
    let mut connection = ServerConnection::new(config).unwrap();
    while connection.is_handshaking() && connection.complete_io(&mut stream).is_ok() {}
    if !connection.is_handshaking() {
        assert_eq!(connection.alpn_protocol(), Some(ACME_TLS_ALPN));
        connection.send_close_notify();
        let _ = connection.complete_io(&mut stream);
    }
}

/// How a Pebble is set up.
#[derive(Clone, Copy, Default)]
pub(super) struct Setup {
    /// Of a hundred good nonces, this many are refused.
    pub(super) refused_nonces: u8,
    /// Whether accounts must be bound to the customer `kid-1`, whose key is 32 bytes of the number 7.
    pub(super) is_bound: bool,
}

/// A running Pebble, and the folder that it lives in.
pub(super) struct Pebble {
    process: veche_test_harness::Pebble,
    workshop: Workshop,
}

impl Pebble {
    pub(super) fn start(site: &Site, setup: Setup) -> Self {
        let workshop = Workshop::new();
        workshop.certify("ca", P256, None, crate::testing::AUTHORITY, "-sha256");
        let names = "subjectAltName=DNS:localhost,IP:127.0.0.1\n";
        workshop.certify("pebble", P256, Some("ca"), names, "-sha256");
        let more = serde_json::json!({
            "certificateValidityPeriod": LIFETIME_DAYS * 24 * 60 * 60,
            "externalAccountBindingRequired": setup.is_bound,
            "externalAccountMACKeys": { "kid-1": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc" },
        });
        let process = veche_test_harness::Pebble::start(PebbleSetup {
            folder: workshop.path().to_owned(),
            http_port: site.http_port,
            tls_port: site.tls_port,
            refused_nonces: setup.refused_nonces,
            more: more.as_object().unwrap().clone(),
        });
        Self { process, workshop }
    }

    /// Ends it and starts another one in its place, which has forgotten everything.
    pub(super) fn restart(&mut self) {
        self.process.restart();
    }

    pub(super) fn end(&mut self) {
        self.process.end();
    }

    /// Its directory; another name of this machine gives another URL of the same.
    pub(super) fn directory(&self, host: &str) -> String {
        self.process.directory(host)
    }

    pub(super) fn management(&self, path: &str) -> String {
        self.process.management(path)
    }

    /// The authority of its own HTTPS.
    pub(super) fn ca_pem(&self) -> Vec<u8> {
        self.workshop.read("ca.pem")
    }
}
