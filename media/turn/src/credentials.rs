//! Time-limited credentials: the user name is `expiry:user`, the password an HMAC of it, so that
//! whoever knows the shared secret can make and check them without a table.
//!
//! The expiry is in seconds since 1970. Ours have three decimals, because what was made after somebody was barred must be
//! told from what was made in the same second before ([`crate::Server::bar`]); others' have none.

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
/// Digits after the point, if there is one.
const DECIMALS: usize = 3;

/// A user name and its password for clients, good until `now_ms` (since 1970) plus `ttl_seconds`.
///
/// `user` names whom the allocations count for: the same person in two sessions should have two names. What stands before
/// the first dot of a name names the person.
pub fn credentials(secret: &Secret<Vec<u8>>, user: &str, ttl_seconds: u64, now_ms: u64) -> (String, Secret<String>) {
    let expiry_ms = now_ms.saturating_add(ttl_seconds.saturating_mul(1_000));
    let username = format!("{}.{:03}:{user}", expiry_ms / 1_000, expiry_ms % 1_000);
    let password = password(secret, username.as_bytes());
    (username, Secret::new(password))
}

fn password(secret: &Secret<Vec<u8>>, username: &[u8]) -> String {
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(secret.expose()).expect("HMAC takes keys of any length");
    mac.update(username);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Whose user this is: several can be one person's.
pub(crate) fn person_of(user: &str) -> &str {
    user.split_once('.').map_or(user, |(person, _)| person)
}

/// A user name as a request brings it; nothing about it is proved yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Username<'a> {
    /// The whole name, from which the password is made.
    pub(crate) whole: &'a str,
    /// Milliseconds since 1970 after which no allocation is made.
    pub(crate) expiry_ms: u64,
    /// Whom the allocation counts for.
    pub(crate) user: &'a str,
}

impl<'a> Username<'a> {
    /// Takes the name apart; `None` if no such name was ever given out.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let whole = str::from_utf8(bytes).ok().filter(|whole| whole.len() <= USERNAME_BYTES_MAX)?;
        let (expiry, user) = whole.split_once(':')?;
        let number = |text: &str| -> Option<u64> {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| is_number)
        };
        let (seconds, thousandths) = match expiry.split_once('.') {
            None => (number(expiry)?, 0),
            Some((seconds, decimals)) => (number(seconds)?, number(decimals).filter(|_| decimals.len() == DECIMALS)?),
        };
        let expiry_ms = seconds.saturating_mul(1_000).saturating_add(thousandths);
        (!user.is_empty()).then_some(Self { whole, expiry_ms, user })
    }

    /// Whether an allocation may still be made with it.
    pub(crate) const fn is_expired(&self, wall_ms: u64) -> bool {
        self.expiry_ms <= wall_ms
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

    use super::{Username, credentials, password, person_of};

    #[test]
    fn passwords_are_those_that_other_servers_with_a_shared_secret_make() {
        let secret = Secret::new(b"north".to_vec());
        // printf 1767226200.999:alice | openssl dgst -sha1 -hmac north -binary | base64
        let (username, made) = credentials(&secret, "alice", 600, 1_767_225_600_999);
        assert_eq!(username, "1767226200.999:alice");
        assert_eq!(made.expose(), "LFBcq7wjiwxUUtW2HoohXlGUlho=");
        assert_eq!(password(&secret, b"1767226200:alice"), "Nq1a3KiJgNYpkM1bdOIQYadPo9I=");
    }

    #[test]
    fn names_are_taken_apart_strictly() {
        let name = Username::read(b"1767226200.005:@alice:example.org|PHONE").unwrap();
        assert_eq!((name.expiry_ms, name.user), (1_767_226_200_005, "@alice:example.org|PHONE"));
        assert!(name.is_expired(1_767_226_200_005) && !name.is_expired(1_767_226_200_004));
        assert_eq!(Username::read(b"1767226200:alice").unwrap().expiry_ms, 1_767_226_200_000);
        let long = format!("1:{}", "x".repeat(507));
        for bad in [
            "",
            ":",
            "1",
            "1:",
            ":user",
            "+1:user",
            "-1:user",
            " 1:user",
            "1.5:user",
            "1.:user",
            ".500:user",
            "1.+05:user",
            "1.0005:user",
            "1.000.000:user",
            "99999999999999999999:u",
            &long,
        ] {
            assert_eq!(Username::read(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(Username::read(b"1:\xFF"), None);
        assert!(!Username::read(b"18446744073709551615:u").unwrap().is_expired(u64::MAX - 1));
    }

    #[test]
    fn a_person_is_what_stands_before_the_first_dot() {
        for (user, person) in
            [("alice", "alice"), ("alice.phone", "alice"), ("alice.", "alice"), ("a.b.c", "a"), (".x", "")]
        {
            assert_eq!(person_of(user), person, "{user}");
        }
    }
}
