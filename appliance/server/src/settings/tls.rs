//! `[tls]`: where the certificate comes from, and whom the server trusts where it asks others.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use veche_acme::LETS_ENCRYPT;
use veche_base::Secret;

/// `[tls]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tls {
    /// `own`: the server's own small authority. `upload`: what `veche certificate upload` gave it. `acme`: an ACME
    /// directory. Until there is one from the wanted source, the own authority's stands in.
    pub(crate) source: CertificateSource,
    /// The ACME directory. Ordering a certificate there accepts its terms of service.
    #[serde(deserialize_with = "directory")]
    pub(crate) acme_directory: String,
    /// How control of the name is proved first: `http-01` on `listen.redirect`, `tls-alpn-01` on `listen.https`.
    pub(crate) acme_challenge: AcmeChallenge,
    /// A mail address that the authority may write to.
    #[serde(deserialize_with = "contact")]
    pub(crate) acme_contact: Option<String>,
    /// External account binding, which some authorities demand: the identifier of the key.
    #[serde(deserialize_with = "key_id")]
    pub(crate) acme_eab_key_id: Option<String>,
    /// External account binding: the key, in the Base64 in which authorities show it.
    #[serde(deserialize_with = "base64_secret")]
    pub(crate) acme_eab_secret: Option<Secret<Vec<u8>>>,
    /// A PEM file with certificate authorities that outbound connections trust besides the machine's own.
    pub(crate) extra_ca: Option<PathBuf>,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            source: CertificateSource::default(),
            acme_directory: LETS_ENCRYPT.to_owned(),
            acme_challenge: AcmeChallenge::default(),
            acme_contact: None,
            acme_eab_key_id: None,
            acme_eab_secret: None,
            extra_ca: None,
        }
    }
}

/// `tls.source`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CertificateSource {
    /// Made by the server's own authority.
    #[default]
    Own,
    /// Uploaded by an administrator.
    Upload,
    /// Ordered from an ACME directory.
    Acme,
}

/// `tls.acme_challenge`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
pub(crate) enum AcmeChallenge {
    /// A file on port 80.
    #[default]
    #[serde(rename = "http-01")]
    Http01,
    /// A certificate on port 443.
    #[serde(rename = "tls-alpn-01")]
    TlsAlpn01,
}

fn directory<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.strip_prefix("https://") {
        Some(rest) if !rest.is_empty() && !rest.contains([' ', '@', '#']) => Ok(text),
        _ => Err(D::Error::custom(format!("`{text}` is no address of an ACME directory like {LETS_ENCRYPT}"))),
    }
}

fn contact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    // One address without header fields is all that authorities take (RFC 8555 §7.3).
    let parts = text.split_once('@').filter(|(name, domain)| !name.is_empty() && !domain.is_empty());
    let foreign = |letter: char| letter.is_whitespace() || letter.is_control() || "?,;:%<>".contains(letter);
    match parts {
        Some((_, domain)) if !domain.contains('@') && !text.contains(foreign) => Ok(Some(text)),
        _ => Err(D::Error::custom(format!("`{text}` is no mail address like admin@example.org"))),
    }
}

fn key_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Err(D::Error::custom("an empty identifier is none; leave the line out instead"));
    }
    Ok(Some(text))
}

/// Authorities show the key in either alphabet of Base64, with padding or without.
fn base64_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret<Vec<u8>>>, D::Error> {
    let text = Secret::new(String::deserialize(deserializer)?);
    let plain = text.expose().trim_end_matches('=').replace('+', "-").replace('/', "_");
    match URL_SAFE_NO_PAD.decode(plain) {
        Ok(key) if !key.is_empty() => Ok(Some(Secret::new(key))),
        // The text is not repeated: it is a secret, only misspelled.
        _ => Err(D::Error::custom("the secret must be the Base64 text that the authority shows")),
    }
}
