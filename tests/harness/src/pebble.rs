//! Pebble (the authority that Let's Encrypt tests clients with, Debian package pebble) as a process, and the name server
//! that it asks: for it every name leads to this machine.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use serde_json::{Map, Value};

/// How many times a port that is about to open is tried.
const CONNECTS_MAX: usize = 1_000_000;

/// How a Pebble is set up.
#[derive(Debug, Clone)]
pub struct PebbleSetup {
    /// Where it lives, and what must stay while it does. Holds `pebble.pem` and `pebble.key`, the certificate of its own
    /// HTTPS for `localhost` and `127.0.0.1`.
    pub folder: PathBuf,
    /// Where it looks for port 80 of every name.
    pub http_port: u16,
    /// Where it looks for port 443 of every name.
    pub tls_port: u16,
    /// Of a hundred good nonces, this many are refused.
    pub refused_nonces: u8,
    /// More of its configuration, by Pebble's own names.
    pub more: Map<String, Value>,
}

/// A running Pebble, ended when dropped.
#[derive(Debug)]
pub struct Pebble {
    process: Child,
    setup: PebbleSetup,
    port: u16,
    management_port: u16,
    names: SocketAddr,
}

impl Pebble {
    /// Starts it and waits until it answers.
    pub fn start(setup: PebbleSetup) -> Self {
        let (port, management_port) = (free_port(), free_port());
        let mut config = serde_json::json!({
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management_port}"),
            "certificate": "pebble.pem",
            "privateKey": "pebble.key",
            "httpPort": setup.http_port,
            "tlsPort": setup.tls_port,
        });
        for (name, value) in &setup.more {
            config[name] = value.clone();
        }
        let config = serde_json::json!({ "pebble": config }).to_string();
        fs::write(setup.folder.join("config.json"), config).expect("the folder can be written");
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let names = socket.local_addr().expect("an address");
        thread::spawn(move || answer_dns(&socket));
        let process = spawn(&setup, port, names);
        Self { process, setup, port, management_port, names }
    }

    /// Ends it and starts another one in its place, which has forgotten everything.
    pub fn restart(&mut self) {
        self.end();
        self.process = spawn(&self.setup, self.port, self.names);
    }

    /// Ends it.
    pub fn end(&mut self) {
        self.process.kill().expect("our own child can be killed");
        self.process.wait().expect("our own child can be waited for");
    }

    /// The URL of its directory; another name of this machine gives another URL of the same.
    pub fn directory(&self, host: &str) -> String {
        format!("https://{host}:{}/dir", self.port)
    }

    /// A URL of its management.
    pub fn management(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.management_port)
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

fn spawn(setup: &PebbleSetup, port: u16, names: SocketAddr) -> Child {
    let mut process = Command::new("pebble")
        .args(["-config", "config.json", "-strict", "-dnsserver", &names.to_string()])
        .current_dir(&setup.folder)
        .env("PEBBLE_VA_NOSLEEP", "1")
        .env("PEBBLE_WFE_NONCEREJECT", setup.refused_nonces.to_string())
        .env("PEBBLE_AUTHZREUSE", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the Debian package pebble is installed");
    let output = BufReader::new(process.stdout.take().expect("it is piped"));
    let (sender, lines) = channel();
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
