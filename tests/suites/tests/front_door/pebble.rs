//! Pebble (the authority that Let's Encrypt tests clients with) as a process, and the ways by which it reaches the server:
//! port 80 and port 443, which lead to wherever the server under test listens, and DNS.

use std::io::{self, BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use serde_json::json;

use crate::openssl::Workshop;

/// How many times a port that is about to open is tried.
const CONNECTS_MAX: usize = 1_000_000;

/// A port that leads to another one, which may not be known yet: who comes before waits.
pub(crate) struct Way {
    port: u16,
    target: Arc<(Mutex<Option<SocketAddr>>, Condvar)>,
}

impl Way {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let target: Arc<(Mutex<Option<SocketAddr>>, Condvar)> = Arc::default();
        let known = Arc::clone(&target);
        thread::spawn(move || {
            for incoming in listener.incoming().map_while(Result::ok) {
                let known = Arc::clone(&known);
                thread::spawn(move || lead(incoming, &known));
            }
        });
        Self { port, target }
    }

    /// Leads to this address from now on.
    pub(crate) fn lead_to(&self, address: SocketAddr) {
        *self.target.0.lock().expect("nobody panics with it in hand") = Some(address);
        self.target.1.notify_all();
    }
}

/// Copies both directions until one side closes.
fn lead(incoming: TcpStream, target: &(Mutex<Option<SocketAddr>>, Condvar)) {
    let address = {
        let known = target.0.lock().expect("nobody panics with it in hand");
        let known = target.1.wait_while(known, |known| known.is_none()).expect("nobody panics with it in hand");
        known.expect("it was waited for")
    };
    let Ok(outgoing) = TcpStream::connect(address) else { return };
    let (Ok(mut from), Ok(mut to)) = (incoming.try_clone(), outgoing.try_clone()) else { return };
    let back = thread::spawn(move || {
        let _ = io::copy(&mut &outgoing, &mut &incoming);
        let _ = incoming.shutdown(std::net::Shutdown::Both);
    });
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(std::net::Shutdown::Write);
    let _ = back.join();
}

/// A running Pebble, ended when dropped.
pub(crate) struct Pebble {
    process: Child,
    workshop: Workshop,
    port: u16,
    management_port: u16,
}

impl Pebble {
    /// Starts it; it looks for port 80 and port 443 of every name at the ends of these ways.
    pub(crate) fn start(http: &Way, tls: &Way) -> Self {
        let workshop = Workshop::new();
        workshop.certify_localhost("pebble");
        let (port, management_port) = (free_port(), free_port());
        let config = json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management_port}"),
            "certificate": "pebble.pem",
            "privateKey": "pebble.key",
            "httpPort": http.port,
            "tlsPort": tls.port,
        }});
        workshop.write("config.json", &config.to_string());
        let dns = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let dns_address = dns.local_addr().expect("an address").to_string();
        thread::spawn(move || answer_dns(&dns));
        let process = Command::new("pebble")
            .args(["-config", "config.json", "-strict", "-dnsserver", &dns_address])
            .current_dir(workshop.path())
            .env("PEBBLE_VA_NOSLEEP", "1")
            .env("PEBBLE_AUTHZREUSE", "0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the Debian package pebble is installed");
        let mut this = Self { process, workshop, port, management_port };
        this.wait();
        this
    }

    /// The URL of its directory.
    pub(crate) fn directory(&self) -> String {
        format!("https://localhost:{}/dir", self.port)
    }

    /// The file with the authority of its own HTTPS.
    pub(crate) fn extra_ca(&self) -> String {
        self.workshop.chain("root").to_str().expect("the path is text").to_owned()
    }

    /// The root of the certificates that it issues.
    pub(crate) async fn root_pem(&self) -> String {
        let trusted = reqwest::Certificate::from_pem(self.workshop.root_pem().as_bytes()).expect("it is PEM");
        #[expect(clippy::disallowed_methods, reason = "the test's own client goes to loopback")]
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([trusted]).build().expect("a client");
        let url = format!("https://127.0.0.1:{}/roots/0", self.management_port);
        let answer = client.get(url).send().await.expect("Pebble answers");
        answer.text().await.expect("a root")
    }

    fn wait(&mut self) {
        let output = BufReader::new(self.process.stdout.take().expect("it is piped"));
        let mut lines = output.lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("ACME directory available")), "pebble ended");
        // Read to the end, so that Pebble never waits for a reader.
        thread::spawn(move || lines.for_each(drop));
        let port = self.port;
        let opened = (0..CONNECTS_MAX).any(|_| {
            thread::yield_now();
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        assert!(opened, "pebble opens its port");
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
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
