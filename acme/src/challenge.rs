//! Answers to ACME challenges: tokens for port 80 and certificates for port 443.
//!
//! An answer stands while its [`Answer`] lives, so that no order, however it ends, leaves one behind.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair, SanType};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::CertifiedKey;

use crate::names::Name;
use crate::resolver::Resolver;

/// Where validators look (RFC 8555 §8.3).
const TOKEN_PATH: &str = "/.well-known/acme-challenge/";

/// What port 80 answers to HTTP-01 validators. Clones share the same tokens.
#[derive(Clone, Default)]
pub struct HttpTokens {
    tokens: Arc<Mutex<BTreeMap<String, String>>>,
}

impl HttpTokens {
    /// The body for a request path, to be sent as `application/octet-stream`; `None` if no validator may ask for that.
    pub fn answer(&self, path: &str) -> Option<String> {
        self.lock().get(path.strip_prefix(TOKEN_PATH)?).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer that stands until it is dropped.
pub(crate) enum Answer {
    Http { tokens: HttpTokens, token: String },
    Tls { resolver: Arc<Resolver>, server_name: String },
}

impl Answer {
    /// Answers HTTP-01.
    pub(crate) fn http(tokens: &HttpTokens, token: &str, key_authorization: &str) -> Self {
        tokens.lock().insert(token.to_owned(), key_authorization.to_owned());
        Self::Http { tokens: tokens.clone(), token: token.to_owned() }
    }

    /// Answers TLS-ALPN-01 with a certificate that carries the digest of the key authorization.
    pub(crate) fn tls(resolver: &Arc<Resolver>, name: &Name, digest: &[u8]) -> Result<Self, rcgen::Error> {
        let server_name = server_name(name);
        resolver.add_challenge(&server_name, &Arc::new(tls_certificate(name, digest)?));
        Ok(Self::Tls { resolver: Arc::clone(resolver), server_name })
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        match self {
            Self::Http { tokens, token } => {
                tokens.lock().remove(token);
            }
            Self::Tls { resolver, server_name } => resolver.forget_challenge(server_name),
        }
    }
}

/// RFC 8737 §3: the name and nothing else, and the digest in a critical extension.
fn tls_certificate(name: &Name, digest: &[u8]) -> Result<CertifiedKey, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.subject_alt_names = vec![match name {
        Name::Dns(name) => SanType::DnsName(name.as_str().try_into()?),
        Name::Address(address) => SanType::IpAddress(*address),
    }];
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let key = any_supported_type(&key).map_err(|_| rcgen::Error::CouldNotParseKeyPair)?;
    // Put together by hand: the checks of rustls refuse the critical extension, which is the point of this certificate.
    Ok(CertifiedKey::new(vec![certificate.der().clone()], key))
}

/// What a validator sends as the server's name: of an address, the name of its reverse record (RFC 8738 §6).
fn server_name(name: &Name) -> String {
    match name {
        Name::Dns(name) => name.clone(),
        Name::Address(IpAddr::V4(address)) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        Name::Address(IpAddr::V6(address)) => {
            let nibbles = address.octets().into_iter().rev().flat_map(|octet| [octet & 0xF, octet >> 4]);
            nibbles.map(|nibble| format!("{nibble:x}.")).collect::<String>() + "ip6.arpa"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, HttpTokens, server_name};
    use crate::names::Name;

    #[test]
    fn token_is_answered_at_its_path_while_it_stands() {
        let tokens = HttpTokens::default();
        let path = "/.well-known/acme-challenge/tok-En_1";
        assert_eq!(tokens.answer(path), None);
        let answer = Answer::http(&tokens, "tok-En_1", "tok-En_1.thumb");
        assert_eq!(tokens.answer(path).unwrap(), "tok-En_1.thumb");
        for other in
            ["/.well-known/acme-challenge/", "/.well-known/acme-challenge/tok-En_1/", "/tok-En_1", "tok-En_1", ""]
        {
            assert_eq!(tokens.answer(other), None, "{other}");
        }
        drop(answer);
        assert_eq!(tokens.answer(path), None);
    }

    #[test]
    fn addresses_are_asked_for_by_their_reverse_names() {
        for (name, asked) in [
            ("chat.example.org", "chat.example.org"),
            ("192.0.2.1", "1.2.0.192.in-addr.arpa"),
            ("2001:db8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"),
        ] {
            assert_eq!(server_name(&Name::parse(name).unwrap()), asked);
        }
    }
}
