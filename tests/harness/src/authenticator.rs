//! An authenticator app: the codes of RFC 6238, made apart from the server's own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Keeps one secret.
pub struct Authenticator {
    secret: Vec<u8>,
}

impl Authenticator {
    /// Takes the secret as somebody types it.
    pub fn new(secret: &str) -> Self {
        let (mut bits, mut held, mut bytes) = (0u32, 0, Vec::new());
        for letter in secret.bytes() {
            let five = ALPHABET.iter().position(|it| *it == letter).expect("a letter of Base32");
            bits = (bits << 5) | u32::try_from(five).expect("five bits");
            held += 5;
            if held >= 8 {
                held -= 8;
                bytes.push(u8::try_from(bits >> held & 0xff).expect("eight bits"));
            }
        }
        Self { secret: bytes }
    }

    /// The code that is shown now.
    pub fn code(&self) -> String {
        self.code_at(now())
    }

    /// The one after it, which a server takes from an app whose clock is ahead.
    pub fn next_code(&self) -> String {
        self.code_at(now() + Duration::from_secs(30))
    }

    fn code_at(&self, time: Duration) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        mac.update(&(time.as_secs() / 30).to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let at = usize::from(digest[19] % 16);
        let four = [digest[at], digest[at + 1], digest[at + 2], digest[at + 3]];
        format!("{:06}", u32::from_be_bytes(four) % (1 << 31) % 1_000_000)
    }
}

#[expect(clippy::disallowed_methods, reason = "an app has the time of its own machine")]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970")
}
