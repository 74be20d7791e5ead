//! Message integrity (RFC 8489 §14.5, §14.6) and the key of the long-term credential (§9.2.2).

use hmac::Hmac;
use hmac::digest::{KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;

use super::{ATTRIBUTE_HEADER_BYTES, HEADER_BYTES, attribute};

/// Which hash the integrity attribute uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// MESSAGE-INTEGRITY, 20 bytes: what every client in the field sends.
    Sha1,
    /// MESSAGE-INTEGRITY-SHA256, 32 bytes; a received one may be cut to 16 or more.
    Sha256,
}

impl Algorithm {
    /// The algorithm of an integrity attribute; `None` for other attributes.
    pub const fn of_attribute(kind: u16) -> Option<Self> {
        match kind {
            attribute::MESSAGE_INTEGRITY => Some(Self::Sha1),
            attribute::MESSAGE_INTEGRITY_SHA256 => Some(Self::Sha256),
            _ => None,
        }
    }

    /// The attribute that carries it.
    pub(super) const fn attribute(self) -> u16 {
        match self {
            Self::Sha1 => attribute::MESSAGE_INTEGRITY,
            Self::Sha256 => attribute::MESSAGE_INTEGRITY_SHA256,
        }
    }

    /// Length of the whole value.
    pub(super) const fn value_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// The key that a user name, a realm and a password make: MD5 of the three joined by colons.
///
/// MD5 is what the RFC asks for; it is never relied on against collisions, because the password
/// that goes in is an HMAC of ours.
#[derive(Clone)]
pub struct LongTermKey([u8; 16]);

impl LongTermKey {
    /// Makes the key. The three must be prepared as RFC 8265 says, which ASCII always is.
    pub fn new(username: &[u8], realm: &[u8], password: &[u8]) -> Self {
        let mut hash = Md5::new();
        for part in [username, b":", realm, b":", password] {
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// The bytes that key the HMAC.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Feeds the message up to the integrity attribute, with the length as if it ended after it.
fn feed<M: Mac + KeyInit>(key: &[u8], before: &[u8], value_bytes: usize) -> M {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    let length = before.len() - HEADER_BYTES + ATTRIBUTE_HEADER_BYTES + value_bytes;
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    mac.update(&before[..2]);
    mac.update(&length.to_be_bytes());
    mac.update(&before[4..]);
    mac
}

/// Whether `value` authenticates the message that goes on after `before`.
pub(super) fn verify(algorithm: Algorithm, key: &[u8], before: &[u8], value: &[u8]) -> bool {
    match algorithm {
        Algorithm::Sha1 => feed::<Hmac<Sha1>>(key, before, value.len()).verify_slice(value).is_ok(),
        // RFC 8489 §14.6: at least 16 bytes, a multiple of four.
        Algorithm::Sha256 => {
            (16..=32).contains(&value.len())
                && value.len().is_multiple_of(4)
                && feed::<Hmac<Sha256>>(key, before, value.len()).verify_truncated_left(value).is_ok()
        }
    }
}

/// The value of the integrity attribute that follows `before`.
pub(super) fn sign(algorithm: Algorithm, key: &[u8], before: &[u8]) -> Vec<u8> {
    let value_bytes = algorithm.value_bytes();
    match algorithm {
        Algorithm::Sha1 => feed::<Hmac<Sha1>>(key, before, value_bytes).finalize().into_bytes().to_vec(),
        Algorithm::Sha256 => feed::<Hmac<Sha256>>(key, before, value_bytes).finalize().into_bytes().to_vec(),
    }
}
