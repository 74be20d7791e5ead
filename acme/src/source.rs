//! Where a certificate is to come from, as the settings say it.

use serde::{Deserialize, Serialize};
use veche_base::Secret;

use crate::status::SourceKind;

/// Let's Encrypt, whose certificates every browser knows.
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
/// Its double for tests, with generous limits and certificates that nobody trusts.
pub const LETS_ENCRYPT_STAGING: &str = "https://acme-staging-v02.api.letsencrypt.org/directory";

/// Where the certificate is to come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The server's own small authority.
    Own,
    /// What an administrator has uploaded.
    Uploaded,
    /// An ACME directory.
    Acme(AcmeSettings),
}

impl Source {
    pub(crate) const fn kind(&self) -> SourceKind {
        match self {
            Self::Own => SourceKind::Own,
            Self::Uploaded => SourceKind::Uploaded,
            Self::Acme(_) => SourceKind::Acme,
        }
    }
}

/// How to get certificates by ACME (RFC 8555). Ordering one accepts the authority's terms of service.
///
/// An authority of the site's own is reached by an outbound client that trusts its root.
#[derive(Debug, Clone)]
pub struct AcmeSettings {
    /// The directory.
    pub directory_url: String,
    /// A directory for tests of the same authority: after a failure the next try goes there, and only when it succeeds there
    /// to the real one, so that rate limits are not used up.
    pub staging_url: Option<String>,
    /// Mail addresses that the authority may write to.
    pub contacts: Vec<String>,
    /// How control of the name is proved first; the other way is tried after a failure.
    pub challenge: ChallengeKind,
    /// What some authorities hand out to bind an account to a customer (RFC 8555 §7.3.4).
    pub external_account: Option<ExternalAccount>,
}

impl AcmeSettings {
    /// Let's Encrypt with its staging directory.
    pub fn lets_encrypt() -> Self {
        Self { staging_url: Some(LETS_ENCRYPT_STAGING.to_owned()), ..Self::directory(LETS_ENCRYPT) }
    }

    /// Any directory; without one for tests, unless it is that of Let's Encrypt.
    pub fn directory(directory_url: &str) -> Self {
        Self {
            directory_url: directory_url.to_owned(),
            staging_url: (directory_url == LETS_ENCRYPT).then(|| LETS_ENCRYPT_STAGING.to_owned()),
            contacts: Vec::new(),
            challenge: ChallengeKind::Http01,
            external_account: None,
        }
    }
}

/// A way to prove control of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChallengeKind {
    /// A file on port 80 (RFC 8555 §8.3).
    Http01,
    /// A certificate on port 443 (RFC 8737).
    TlsAlpn01,
}

impl ChallengeKind {
    /// The other way.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Http01 => Self::TlsAlpn01,
            Self::TlsAlpn01 => Self::Http01,
        }
    }

    /// Its name in the protocol.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http01 => "http-01",
            Self::TlsAlpn01 => "tls-alpn-01",
        }
    }
}

/// Binds a new account to a customer of the authority.
#[derive(Debug, Clone)]
pub struct ExternalAccount {
    /// The key's identifier.
    pub key_id: String,
    /// The key itself, decoded from the Base64 in which authorities show it.
    pub hmac_key: Secret<Vec<u8>>,
}
