//! An engine without cryptography, a relay, and where messages for clients go.

use std::sync::mpsc::Sender;
use std::time::Duration;

use veche_sfu::engine::{Engine, EngineError, Fingerprint, PeerConfig};
use veche_sfu::testing::ScriptedPeer;

use crate::{IceServer, IceServers, Outbox};

/// An engine whose peers do what a test says.
pub struct ScriptedEngine(Fingerprint);

impl ScriptedEngine {
    /// One with a certificate that nobody has.
    #[must_use]
    pub fn new() -> Self {
        Self(Fingerprint { algorithm: "sha-256".to_owned(), bytes: vec![0xAB; 32] })
    }
}

impl Default for ScriptedEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine for ScriptedEngine {
    type Peer = ScriptedPeer;

    fn fingerprint(&self) -> &Fingerprint {
        &self.0
    }

    fn peer(&self, _: Duration, config: &PeerConfig) -> Result<ScriptedPeer, EngineError> {
        if config.codecs.is_empty() { Err(EngineError::Unsupported("nothing")) } else { Ok(ScriptedPeer::default()) }
    }
}

/// One relay, named after whoever uses it.
pub(crate) struct Relay;

impl IceServers for Relay {
    fn for_participant(&self, identity: &str) -> Vec<IceServer> {
        let urls = vec!["turns:chat.example:443?transport=tcp".to_owned()];
        vec![IceServer { urls, username: identity.to_owned(), credential: "secret".to_owned() }]
    }
}

pub(crate) struct Channel(pub(crate) Sender<Vec<u8>>);

impl Outbox for Channel {
    fn send(&self, message: Vec<u8>) -> bool {
        self.0.send(message).is_ok()
    }
}
