//! Which certificate a TLS handshake gets: the one in use, or the answer to an ACME challenge.
//!
//! The certificate is swapped as one pointer: handshakes that have begun finish with the old one, connections that stand
//! are not touched, and nobody waits.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// The protocol name of TLS-ALPN-01 (RFC 8737 §4).
pub const ACME_TLS_ALPN: &[u8] = b"acme-tls/1";

/// Hands out certificates to rustls. The parts that change it are in this crate.
pub struct Resolver {
    current: ArcSwap<CertifiedKey>,
    challenges: ArcSwap<BTreeMap<String, Arc<CertifiedKey>>>,
}

impl Resolver {
    pub(crate) fn new(current: Arc<CertifiedKey>) -> Self {
        Self { current: ArcSwap::new(current), challenges: ArcSwap::default() }
    }

    /// The certificate that handshakes get from now on. Says whether it is another one.
    pub(crate) fn replace(&self, current: &Arc<CertifiedKey>) -> bool {
        let old = self.current.swap(Arc::clone(current));
        !Arc::ptr_eq(&old, current)
    }

    /// Answers TLS-ALPN-01 handshakes for `server_name` until [`Self::forget_challenge`].
    pub(crate) fn add_challenge(&self, server_name: &str, answer: &Arc<CertifiedKey>) {
        self.challenges.rcu(|challenges| {
            let mut challenges = BTreeMap::clone(challenges);
            challenges.insert(server_name.to_owned(), Arc::clone(answer));
            challenges
        });
    }

    /// Answers no more TLS-ALPN-01 handshakes for `server_name`.
    pub(crate) fn forget_challenge(&self, server_name: &str) {
        self.challenges.rcu(|challenges| {
            let mut challenges = BTreeMap::clone(challenges);
            challenges.remove(server_name);
            challenges
        });
    }

    /// What TLS this server speaks, with certificates from here: TLS 1.2 and 1.3 with ECDHE and AEAD suites, HTTP/2 and
    /// HTTP/1.1, and `acme-tls/1`.
    ///
    /// A connection on which [`ACME_TLS_ALPN`] was negotiated must be closed after the handshake: nothing is spoken on it.
    pub fn server_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, rustls::Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let resolver: Arc<dyn ResolvesServerCert> = Arc::clone(self) as _;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec(), ACME_TLS_ALPN.to_vec()];
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // A validator offers this protocol and no other (RFC 8737 §3); everybody else is a client.
        let is_challenge =
            hello.alpn().is_some_and(|mut offered| offered.next() == Some(ACME_TLS_ALPN) && offered.next().is_none());
        if is_challenge {
            return self.challenges.load().get(hello.server_name()?).map(Arc::clone);
        }
        Some(self.current.load_full())
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").field("challenges", &self.challenges.load().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
