//! A client with its allocation.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use turn::client::{Client, ClientConfig};
use webrtc_util::Conn;

use crate::wire::{Seen, Watched};

/// Longer than anything takes on a busy machine.
pub const RECEIVE_LIMIT: Duration = Duration::from_secs(30);

/// What opens the relay.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// See `GET /voip/turnServer`.
    pub username: String,
    /// What proves it.
    pub password: String,
}

/// See the module.
pub struct Peer {
    client: Client,
    relay: Arc<dyn Conn + Send + Sync>,
    /// The address at which others reach it.
    pub relayed: SocketAddr,
    /// In what form its data has travelled.
    pub seen: Arc<Seen>,
}

impl Peer {
    /// Allocates over this connection.
    ///
    /// # Errors
    /// The client's words, with the code of the refusal.
    pub async fn allocate(
        wire: impl Conn + Send + Sync + 'static,
        server: SocketAddr,
        credentials: &Credentials,
    ) -> Result<Self, String> {
        let (wire, seen) = Watched::new(wire);
        let client = client(wire, server, credentials).await;
        let relay: Arc<dyn Conn + Send + Sync> = Arc::new(client.allocate().await.map_err(|error| error.to_string())?);
        let relayed = relay.local_addr().expect("an allocation has an address");
        Ok(Self { client, relay, relayed, seen })
    }

    /// The address that the server sees.
    pub async fn mapped(&self) -> SocketAddr {
        self.client.send_binding_request().await.expect("the server answers")
    }

    /// Sends to a peer, after asking for the permission if there is none yet.
    ///
    /// # Errors
    /// The client's words, with the code of the refusal.
    pub async fn send(&self, to: SocketAddr, data: &[u8]) -> Result<(), String> {
        let sent = self.relay.send_to(data, to).await.map_err(|error| error.to_string())?;
        assert!(sent >= data.len(), "{sent} of {} bytes were sent", data.len());
        Ok(())
    }

    /// The next data, and from whom it is.
    pub async fn receive(&self) -> (Vec<u8>, SocketAddr) {
        let mut buffer = vec![0; 65_536];
        let received = timeout(RECEIVE_LIMIT, self.relay.recv_from(&mut buffer)).await;
        let (length, from) = received.expect("data arrives in time").expect("the client goes on");
        buffer.truncate(length);
        (buffer, from)
    }

    /// Says good-bye to the server, without waiting whether it has heard.
    pub async fn close(self) {
        self.relay.close().await.expect("the good-bye can be sent");
        self.client.close().await.expect("the client can be ended");
    }

    /// Forgets the allocation without a word.
    pub async fn vanish(self) {
        drop(self.relay);
        self.client.close().await.expect("the client can be ended");
    }
}

async fn client(wire: impl Conn + Send + Sync + 'static, server: SocketAddr, credentials: &Credentials) -> Client {
    let client = Client::new(ClientConfig {
        stun_serv_addr: server.to_string(),
        turn_serv_addr: server.to_string(),
        username: credentials.username.clone(),
        password: credentials.password.clone(),
        realm: String::new(),
        software: "veche-test".to_owned(),
        rto_in_ms: 0,
        conn: Arc::new(wire),
        vnet: None,
    });
    let client = client.await.expect("addresses need no name server");
    client.listen().await.expect("it can listen");
    client
}
