//! A chain and its key in the form in which it is served.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::check::Checked;
use crate::pem;
use crate::x509::Facts;

/// A certificate that can be served: chain, key, and what the server's certificate says.
#[derive(Clone)]
pub(crate) struct Credential {
    pub(crate) facts: Arc<Facts>,
    pub(crate) certified: Arc<CertifiedKey>,
    key: Arc<PrivateKeyDer<'static>>,
}

/// The stored chain and key cannot be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored certificate or its key is damaged")]
pub(crate) struct Damaged;

impl Credential {
    /// Puts a chain and its key together. Fails if they do not belong together or are of a kind TLS does not know.
    pub(crate) fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, Damaged> {
        let facts = Facts::read(chain.first().ok_or(Damaged)?).map_err(|_| Damaged)?;
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let certified = CertifiedKey::from_der(chain, key.clone_key(), &provider).map_err(|_| Damaged)?;
        Ok(Self { facts: Arc::new(facts), certified: Arc::new(certified), key: Arc::new(key) })
    }

    /// A chain that has passed every check.
    pub(crate) fn of_checked(checked: Checked) -> Result<Self, Damaged> {
        Self::new(checked.chain, checked.key)
    }

    /// Reads what [`Self::to_pem`] wrote. Nothing is judged: an old certificate is better than none.
    pub(crate) fn read(file: &[u8]) -> Result<Self, Damaged> {
        let (chain, key) = pem::stored(file).ok_or(Damaged)?;
        Self::new(chain, key)
    }

    /// Chain and key in one PEM file.
    pub(crate) fn to_pem(&self) -> String {
        pem::write(&self.certified.cert, &self.key)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("names", &self.facts.names).finish_non_exhaustive()
    }
}
