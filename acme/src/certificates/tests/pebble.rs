//! Pebble (the authority that Let's Encrypt tests clients with) as a process, and the validated side: port 80, port 443 and DNS.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use rustls::{ServerConfig, ServerConnection};

use crate::certificates::Certificates;
use crate::challenge::HttpTokens;
use crate::resolver::ACME_TLS_ALPN;
use crate::testing::{P256, Workshop};

/// The lifetime of Pebble's certificates.
pub(super) const LIFETIME_DAYS: u64 = 90;
/// How many times a port that is about to open is tried.
const CONNECTS_MAX: usize = 1_000_000;

/// The ports on which Pebble validates and where names lead: all to this machine. What they serve can be exchanged.
pub(super) struct Site {
    http_port: u16,
    tls_port: u16,
    dns_port: u16,
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
        let (http, tls, dns) = (listen(), listen(), UdpSocket::bind("127.0.0.1:0").unwrap());
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        let served = Arc::default();
        let dns_port = dns.local_addr().unwrap().port();
        let this = Self { http_port: port(&http), tls_port: port(&tls), dns_port, served };
        let served = Arc::clone(&this.served);
        thread::spawn(move || http.incoming().for_each(|stream| answer_http(stream.unwrap(), &served)));
        let served = Arc::clone(&this.served);
        thread::spawn(move || tls.incoming().for_each(|stream| answer_tls(stream.unwrap(), &served)));
        thread::spawn(move || answer_dns(&dns));
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

/// Answers every question for an IPv4 address with 127.0.0.1 and every other with nothing.
fn answer_dns(socket: &UdpSocket) {
    let mut packet = [0; 512];
    while let Ok((count, from)) = socket.recv_from(&mut packet) {
        let Some(name) = packet.get(12..count).and_then(|rest| rest.iter().position(|byte| *byte == 0)) else {
            continue;
        };
        let question = packet[12..12 + name + 5].to_vec();
        let is_ipv4 = question[name + 1..name + 3] == [0, 1];
        let mut answer = [&packet[..2], &[0x81, 0x80, 0, 1, 0, u8::from(is_ipv4), 0, 0, 0, 0]].concat();
        answer.extend_from_slice(&question);
        if is_ipv4 {
            answer.extend_from_slice(&[0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]);
        }
        let _ = socket.send_to(&answer, from);
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

/// A running Pebble, ended when dropped.
pub(super) struct Pebble {
    process: Child,
    workshop: Workshop,
    port: u16,
    management_port: u16,
    setup: Setup,
}

impl Pebble {
    pub(super) fn start(site: &Site, setup: Setup) -> Self {
        let workshop = Workshop::new();
        workshop.certify("ca", P256, None, crate::testing::AUTHORITY, "-sha256");
        let names = "subjectAltName=DNS:localhost,IP:127.0.0.1\n";
        workshop.certify("pebble", P256, Some("ca"), names, "-sha256");
        let (port, management_port) = (free_port(), free_port());
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management_port}"),
            "certificate": "pebble.pem",
            "privateKey": "pebble.key",
            "httpPort": site.http_port,
            "tlsPort": site.tls_port,
            "certificateValidityPeriod": LIFETIME_DAYS * 24 * 60 * 60,
            "externalAccountBindingRequired": setup.is_bound,
            "externalAccountMACKeys": { "kid-1": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc" },
        }});
        workshop.write("config.json", config.to_string());
        workshop.write("dns", format!("127.0.0.1:{}", site.dns_port));
        let process = spawn(&workshop, setup, port);
        Self { process, workshop, port, management_port, setup }
    }

    /// Ends it and starts another one in its place, which has forgotten everything.
    pub(super) fn restart(&mut self) {
        self.end();
        self.process = spawn(&self.workshop, self.setup, self.port);
    }

    pub(super) fn end(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Its directory; another name of this machine gives another URL of the same.
    pub(super) fn directory(&self, host: &str) -> String {
        format!("https://{host}:{}/dir", self.port)
    }

    pub(super) fn management(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.management_port)
    }

    /// The authority of its own HTTPS.
    pub(super) fn ca_pem(&self) -> Vec<u8> {
        self.workshop.read("ca.pem")
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts Pebble and waits until it answers.
fn spawn(workshop: &Workshop, setup: Setup, port: u16) -> Child {
    let dns = String::from_utf8(workshop.read("dns")).unwrap();
    let mut process = Command::new("pebble")
        .args(["-config", "config.json", "-strict", "-dnsserver", &dns])
        .current_dir(workshop.path())
        .env("PEBBLE_VA_NOSLEEP", "1")
        .env("PEBBLE_WFE_NONCEREJECT", setup.refused_nonces.to_string())
        .env("PEBBLE_AUTHZREUSE", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the Debian package pebble is installed");
    let output = BufReader::new(process.stdout.take().unwrap());
    let (sender, lines) = mpsc::channel();
    // Read to the end, so that Pebble never waits for a reader.
    thread::spawn(move || output.lines().map_while(Result::ok).for_each(|line| sender.send(line).unwrap_or(())));
    let announced = lines.iter().any(|line| line.contains("ACME directory available"));
    assert!(announced, "pebble ended: {:?}", process.try_wait());
    let opened = (0..CONNECTS_MAX).any(|_| {
        thread::yield_now();
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    assert!(opened, "pebble opens its port");
    process
}
