//! Pebble, and the ways by which it reaches the server: port 80 and port 443, which lead to wherever the server under test
//! listens.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use serde_json::Map;
use veche_test_harness::PebbleSetup;

use crate::openssl::Workshop;

/// Of a hundred good nonces, so many are refused: what Pebble does by itself to see whether its clients bear it.
const REFUSED_NONCES: u8 = 5;

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

/// A running Pebble, and the folder that it lives in.
pub(crate) struct Pebble {
    process: veche_test_harness::Pebble,
    workshop: Workshop,
}

impl Pebble {
    /// Starts it; it looks for port 80 and port 443 of every name at the ends of these ways.
    pub(crate) fn start(http: &Way, tls: &Way) -> Self {
        let workshop = Workshop::new();
        workshop.certify_localhost("pebble");
        let process = veche_test_harness::Pebble::start(PebbleSetup {
            folder: workshop.path().to_owned(),
            http_port: http.port,
            tls_port: tls.port,
            refused_nonces: REFUSED_NONCES,
            more: Map::new(),
        });
        Self { process, workshop }
    }

    /// The URL of its directory.
    pub(crate) fn directory(&self) -> String {
        self.process.directory("localhost")
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
        let answer = client.get(self.process.management("/roots/0")).send().await.expect("Pebble answers");
        answer.text().await.expect("a root")
    }
}
