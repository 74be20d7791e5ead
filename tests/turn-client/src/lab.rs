//! The relay's engine without sockets, in tokio's time: where a test has stopped it, hours pass as soon as everybody waits.

use std::any::Any;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;
use veche_base::Secret;
use veche_base::testing::SeededEntropy;
use veche_turn::{
    AllowList, Config, Counters, Destination, FiveTuple, HEADROOM_BYTES, Now, Occupancy, Outside, Packet, Server,
    TAILROOM_BYTES, Transport,
};
use webrtc_util::{Conn, Error, Result};

use crate::peer::{Credentials, Peer};

/// Where the engine listens, and what relayed addresses show.
const SERVER: &str = "203.0.113.5:3478";
/// How long credentials are good.
const CREDENTIALS_SECS: u64 = 1_800;
/// 2026-01-01.
const START_MS: u64 = 1_767_225_600_000;

/// Whether a message is lost on its way to the server.
type Loss = Box<dyn Fn(&[u8]) -> bool + Send>;

/// See the module.
pub struct Lab(Mutex<Inner>);

struct Inner {
    server: Server,
    start: Instant,
    inboxes: HashMap<SocketAddr, UnboundedSender<Vec<u8>>>,
    losses: HashMap<SocketAddr, Loss>,
}

fn secret() -> Secret<Vec<u8>> {
    Secret::new(b"a shared secret".to_vec())
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

impl Lab {
    /// An engine without allocations.
    pub fn new() -> Arc<Self> {
        let std::net::IpAddr::V4(external) = address(SERVER).ip() else { panic!("an address of IPv4") };
        let config = Config {
            secrets: vec![secret()],
            credentials_lifetime: Duration::from_secs(CREDENTIALS_SECS),
            external_ipv4: Some(external),
            ..Config::default()
        };
        let policy = AllowList::new(&config, Vec::new(), Outside::default());
        let server = Server::new(config, Box::new(policy), Arc::new(SeededEntropy::new(7))).expect("the settings work");
        let (inboxes, losses) = (HashMap::new(), HashMap::new());
        Arc::new(Self(Mutex::new(Inner { server, start: Instant::now(), inboxes, losses })))
    }

    /// A client of this user at this address, over UDP.
    ///
    /// # Errors
    /// The client's words, with the code of the refusal.
    pub async fn peer(self: &Arc<Self>, remote: &str, credentials: &Credentials) -> std::result::Result<Peer, String> {
        Peer::allocate(LabWire::new(self, address(remote)), address(SERVER), credentials).await
    }

    /// What a user is given now.
    pub fn credentials(&self, user: &str) -> Credentials {
        let wall_ms = self.inner().now().wall_ms;
        let (username, password) = veche_turn::credentials(&secret(), user, CREDENTIALS_SECS, wall_ms);
        Credentials { username, password: password.into_exposed() }
    }

    /// Loses what this client sends, if it is like this.
    pub fn lose(&self, remote: &str, is_lost: impl Fn(&[u8]) -> bool + Send + 'static) {
        self.inner().losses.insert(address(remote), Box::new(is_lost));
    }

    /// The session of this user has ended.
    pub fn bar(&self, user: &str) {
        let mut inner = self.inner();
        let now = inner.now();
        inner.server.bar(now, user);
    }

    /// How many of everything there are now.
    pub fn occupancy(&self) -> Occupancy {
        let mut inner = self.inner();
        let now = inner.now();
        inner.server.handle_timeout(now);
        inner.server.occupancy()
    }

    /// What has passed and what was dropped.
    pub fn counters(&self) -> Counters {
        self.inner().server.counters()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("nobody panics with it in hand")
    }
}

impl Inner {
    fn now(&self) -> Now {
        let passed = self.start.elapsed();
        let passed_ms = u64::try_from(passed.as_millis()).expect("no test lasts for so long");
        Now { monotonic: Duration::from_secs(1_000) + passed, wall_ms: START_MS + passed_ms }
    }

    fn handle(&mut self, client: FiveTuple, message: &[u8]) {
        let now = self.now();
        self.server.handle_timeout(now);
        let mut buffer = vec![0; HEADROOM_BYTES];
        buffer.extend_from_slice(message);
        let end = buffer.len();
        buffer.resize(end + TAILROOM_BYTES, 0);
        let mut packet = Packet::new(&mut buffer, HEADROOM_BYTES..end);
        if let Some(to) = self.server.handle_datagram(now, client, &mut packet) {
            self.deliver(to, packet.bytes().to_vec());
        }
        while let Some(sent) = self.server.poll_transmit() {
            self.deliver(sent.to, sent.bytes);
        }
    }

    fn deliver(&self, to: Destination, bytes: Vec<u8>) {
        let Destination::Client(client) = to else { panic!("nothing leaves the process: {to:?}") };
        if let Some(inbox) = self.inboxes.get(&client.remote) {
            // A client that has gone reads nothing.
            let _ = inbox.send(bytes);
        }
    }
}

/// A client's connection to the engine.
pub struct LabWire {
    lab: Arc<Lab>,
    client: FiveTuple,
    inbox: tokio::sync::Mutex<UnboundedReceiver<Vec<u8>>>,
}

impl LabWire {
    fn new(lab: &Arc<Lab>, remote: SocketAddr) -> Self {
        let (sender, inbox) = unbounded_channel();
        lab.inner().inboxes.insert(remote, sender);
        let client = FiveTuple { transport: Transport::Udp, local: address(SERVER), remote };
        Self { lab: Arc::clone(lab), client, inbox: tokio::sync::Mutex::new(inbox) }
    }
}

#[async_trait]
impl Conn for LabWire {
    async fn connect(&self, _: SocketAddr) -> Result<()> {
        Err(Error::ErrUnexpectedNetwork)
    }

    async fn recv(&self, buffer: &mut [u8]) -> Result<usize> {
        self.recv_from(buffer).await.map(|(length, _)| length)
    }

    async fn recv_from(&self, buffer: &mut [u8]) -> Result<(usize, SocketAddr)> {
        let message = self.inbox.lock().await.recv().await.ok_or(Error::ErrUseClosedNetworkConn)?;
        buffer.get_mut(..message.len()).ok_or(Error::ErrBufferShort)?.copy_from_slice(&message);
        Ok((message.len(), self.client.local))
    }

    async fn send(&self, message: &[u8]) -> Result<usize> {
        self.send_to(message, self.client.local).await
    }

    async fn send_to(&self, message: &[u8], _: SocketAddr) -> Result<usize> {
        let mut inner = self.lab.inner();
        if !inner.losses.get(&self.client.remote).is_some_and(|is_lost| is_lost(message)) {
            inner.handle(self.client, message);
        }
        Ok(message.len())
    }

    fn local_addr(&self) -> Result<SocketAddr> {
        Ok(self.client.remote)
    }

    fn remote_addr(&self) -> Option<SocketAddr> {
        Some(self.client.local)
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }

    fn as_any(&self) -> &(dyn Any + Send + Sync) {
        self
    }
}
