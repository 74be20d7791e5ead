//! Nonces that nobody has to remember: when they end, and an HMAC of that and of the client's address.
//!
//! Kept short (16 characters), because a refusal carries one and must not be much longer than the
//! request. The HMAC is cut to 64 bits: guessing one right only proves an address, and every guess
//! has to be sent to us. It is a new key at each start, so no nonce outlives the process.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use hmac::digest::{KeyInit, Mac};
use sha2::Sha256;
use veche_base::Entropy;

use crate::address::FiveTuple;

/// Characters of a nonce.
const NONCE_CHARS: usize = 16;
/// Seconds and cut HMAC.
const NONCE_BYTES: usize = 12;
const MAC_BYTES: usize = 8;

/// What a nonce is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// This client was given it, and it has not ended.
    Good,
    /// This client was given it, and it has ended.
    Stale,
    /// This client was never given it.
    Foreign,
}

/// Makes and judges nonces.
pub(crate) struct Nonces {
    mac: Hmac<Sha256>,
    lifetime: Duration,
}

impl Nonces {
    /// Draws the key.
    pub(crate) fn new(entropy: &dyn Entropy, lifetime: Duration) -> Self {
        let mut key = [0; 32];
        entropy.fill(&mut key);
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).expect("HMAC takes keys of any length");
        Self { mac, lifetime }
    }

    /// A nonce for this client.
    pub(crate) fn make(&self, now: Duration, client: &FiveTuple) -> String {
        let until = u32::try_from((now + self.lifetime).as_secs()).unwrap_or(u32::MAX);
        let mut bytes = [0; NONCE_BYTES];
        bytes[..4].copy_from_slice(&until.to_be_bytes());
        bytes[4..].copy_from_slice(&self.feed(until, client).finalize().into_bytes()[..MAC_BYTES]);
        STANDARD.encode(bytes)
    }

    /// Whether this client was given this nonce, and whether it has ended.
    pub(crate) fn judge(&self, nonce: &[u8], now: Duration, client: &FiveTuple) -> Judged {
        let mut bytes = [0; NONCE_BYTES];
        if nonce.len() != NONCE_CHARS || STANDARD.decode_slice(nonce, &mut bytes) != Ok(NONCE_BYTES) {
            return Judged::Foreign;
        }
        let until = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        match self.feed(until, client).verify_truncated_left(&bytes[4..]) {
            Ok(()) if u64::from(until) > now.as_secs() => Judged::Good,
            Ok(()) => Judged::Stale,
            Err(_) => Judged::Foreign,
        }
    }

    fn feed(&self, until: u32, client: &FiveTuple) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        mac.update(&until.to_be_bytes());
        mac.update(&[u8::from(client.transport.is_stream())]);
        match client.remote.ip() {
            IpAddr::V4(ip) => mac.update(&ip.octets()),
            IpAddr::V6(ip) => mac.update(&ip.octets()),
        }
        mac.update(&client.remote.port().to_be_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use veche_base::testing::SeededEntropy;

    use super::Judged::{Foreign, Good, Stale};
    use super::{NONCE_CHARS, Nonces};
    use crate::address::{FiveTuple, Transport};

    fn client(remote: &str, transport: Transport) -> FiveTuple {
        FiveTuple { transport, local: "192.0.2.1:3478".parse().unwrap(), remote: remote.parse().unwrap() }
    }

    #[test]
    fn a_nonce_is_good_for_one_client_until_it_ends() {
        let nonces = Nonces::new(&SeededEntropy::new(1), Duration::from_secs(3_600));
        let alice = client("198.51.100.1:40000", Transport::Udp);
        let start = Duration::from_secs(77);
        let nonce = nonces.make(start, &alice);
        assert_eq!(nonce.len(), NONCE_CHARS);
        let judge =
            |after: u64, whose: &FiveTuple| nonces.judge(nonce.as_bytes(), start + Duration::from_secs(after), whose);
        assert_eq!((judge(0, &alice), judge(3_599, &alice), judge(3_600, &alice)), (Good, Good, Stale));
        for other in ["198.51.100.1:40001", "198.51.100.2:40000", "[2001:db8::1]:40000"] {
            assert_eq!(judge(0, &client(other, Transport::Udp)), Foreign);
        }
        let over_tcp = client("198.51.100.1:40000", Transport::Tcp);
        assert_eq!((judge(0, &over_tcp), judge(9_999, &over_tcp)), (Foreign, Foreign));
        let others = Nonces::new(&SeededEntropy::new(2), Duration::from_secs(3_600));
        assert_eq!(others.judge(nonce.as_bytes(), start, &alice), Foreign);
    }

    #[test]
    fn every_changed_character_spoils_it() {
        let nonces = Nonces::new(&SeededEntropy::new(1), Duration::from_secs(3_600));
        let alice = client("[2001:db8::1]:40000", Transport::Tls);
        let nonce = nonces.make(Duration::ZERO, &alice).into_bytes();
        for position in 0..nonce.len() {
            let mut changed = nonce.clone();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            assert_eq!(nonces.judge(&changed, Duration::ZERO, &alice), Foreign, "character {position}");
        }
        assert_eq!(nonces.judge(&nonce[..15], Duration::ZERO, &alice), Foreign);
        assert_eq!(nonces.judge(b"", Duration::ZERO, &alice), Foreign);
    }
}
