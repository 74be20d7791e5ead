//! Time-limited credentials: the user name is `expiry:user`, the password an HMAC of it, so that
//! whoever knows the shared secret can make and check them without a table.

use std::str;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use hmac::digest::{KeyInit, Mac};
use sha1::Sha1;
use veche_base::Secret;

use crate::stun::LongTermKey;

/// RFC 8489 §14.3: fewer than 509 bytes.
const USERNAME_BYTES_MAX: usize = 508;

/// A user name and its password for clients, good until `now_ms` (since 1970) plus `ttl_seconds`.
///
/// `user` names whom the allocations count for: the same person on two devices should have two names.
pub fn credentials(secret: &Secret<Vec<u8>>, user: &str, ttl_seconds: u64, now_ms: u64) -> (String, Secret<String>) {
    let username = format!("{}:{user}", (now_ms / 1_000).saturating_add(ttl_seconds));
    let password = password(secret, username.as_bytes());
    (username, Secret::new(password))
}

fn password(secret: &Secret<Vec<u8>>, username: &[u8]) -> String {
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(secret.expose()).expect("HMAC takes keys of any length");
    mac.update(username);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// A user name as a request brings it; nothing about it is proved yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Username<'a> {
    /// The whole name, from which the password is made.
    pub(crate) whole: &'a str,
    /// Seconds since 1970 after which no allocation is made.
    pub(crate) expiry_seconds: u64,
    /// Whom the allocation counts for.
    pub(crate) user: &'a str,
}

impl<'a> Username<'a> {
    /// Takes the name apart; `None` if no such name was ever given out.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let whole = str::from_utf8(bytes).ok().filter(|whole| whole.len() <= USERNAME_BYTES_MAX)?;
        let (expiry, user) = whole.split_once(':')?;
        let is_number = !expiry.is_empty() && expiry.bytes().all(|byte| byte.is_ascii_digit());
        let expiry_seconds = expiry.parse().ok().filter(|_| is_number)?;
        (!user.is_empty()).then_some(Self { whole, expiry_seconds, user })
    }

    /// Whether an allocation may still be made with it.
    pub(crate) const fn is_expired(&self, wall_ms: u64) -> bool {
        self.expiry_seconds.saturating_mul(1_000) <= wall_ms
    }

    /// The key of the long-term credential under one of the secrets.
    pub(crate) fn key(&self, realm: &str, secret: &Secret<Vec<u8>>) -> LongTermKey {
        let password = password(secret, self.whole.as_bytes());
        LongTermKey::new(self.whole.as_bytes(), realm.as_bytes(), password.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use veche_base::Secret;

    use super::{Username, credentials};

    #[test]
    fn passwords_are_those_that_other_servers_with_a_shared_secret_make() {
        // printf 1767226200:alice | openssl dgst -sha1 -hmac north -binary | base64
        let (username, password) = credentials(&Secret::new(b"north".to_vec()), "alice", 600, 1_767_225_600_999);
        assert_eq!(username, "1767226200:alice");
        assert_eq!(password.expose(), "Nq1a3KiJgNYpkM1bdOIQYadPo9I=");
    }

    #[test]
    fn names_are_taken_apart_strictly() {
        let name = Username::read(b"1767226200:@alice:example.org|PHONE").unwrap();
        assert_eq!((name.expiry_seconds, name.user), (1_767_226_200, "@alice:example.org|PHONE"));
        assert!(name.is_expired(1_767_226_200_000) && !name.is_expired(1_767_226_199_999));
        let long = format!("1:{}", "x".repeat(507));
        for bad in
            ["", ":", "1", "1:", ":user", "+1:user", "-1:user", " 1:user", "1.5:user", "99999999999999999999:u", &long]
        {
            assert_eq!(Username::read(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(Username::read(b"1:\xFF"), None);
        assert!(!Username::read(b"18446744073709551615:u").unwrap().is_expired(u64::MAX - 1));
    }
}
