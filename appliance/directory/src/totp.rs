//! Codes of authenticator apps (RFC 6238, with RFC 4226's HMAC-SHA-1): a secret that server and app share, and the
//! number of the half minute, make six digits. HMAC is safe with SHA-1, and every app knows this form.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use veche_base::{Entropy, Secret};
use veche_store::sql::second_factors::SECRET_BYTES;

/// How long a code is shown.
const STEP_MS: u64 = 30_000;
/// Digits of a code.
const DIGITS: usize = 6;
/// One more than the greatest code.
const CODES: u32 = 1_000_000;
/// Half minutes by which the app's clock may differ either way.
const SKEW_STEPS: u64 = 1;
/// RFC 4648's alphabet for five bits each, in which apps take secrets.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What both sides know.
pub(crate) type SharedSecret = [u8; SECRET_BYTES];

/// A secret that an authenticator app is to keep.
#[derive(Debug, Clone)]
pub struct NewSecondFactor {
    /// As somebody types it into the app.
    pub secret: Secret<String>,
    /// As the app reads it from a picture.
    pub uri: Secret<String>,
}

/// What a code is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// It is the code of this half minute.
    Step(u64),
    /// It was one, and is used up.
    Used,
    Wrong,
}

/// A new secret.
pub(crate) fn make(entropy: &dyn Entropy) -> SharedSecret {
    let mut secret = [0; SECRET_BYTES];
    entropy.fill(&mut secret);
    secret
}

/// The secret in the forms that apps take.
pub(crate) fn offered(secret: &SharedSecret, issuer: &str, account: &str) -> NewSecondFactor {
    let secret = base32(secret);
    let (issuer, account) = (percent_encoded(issuer), percent_encoded(account));
    let uri = format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}");
    NewSecondFactor { secret: Secret::new(secret), uri: Secret::new(uri) }
}

/// Looks whether somebody has typed a code of about now that is newer than the last one taken.
pub(crate) fn judge(secret: &SharedSecret, typed: u32, now_ms: u64, last_step: u64) -> Shown {
    let now = now_ms / STEP_MS;
    let steps = now.saturating_sub(SKEW_STEPS)..=now.saturating_add(SKEW_STEPS);
    let mut fitting = steps.filter(|step| code(secret, *step) == typed).peekable();
    match (fitting.peek().copied(), fitting.find(|step| *step > last_step)) {
        (_, Some(step)) => Shown::Step(step),
        (Some(_), None) => Shown::Used,
        (None, None) => Shown::Wrong,
    }
}

/// A code as somebody types it: six digits, perhaps with a space between.
pub(crate) fn typed_code(text: &str) -> Option<u32> {
    let digits: String = text.chars().filter(|char| !char.is_whitespace()).collect();
    let is_code = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then(|| digits.parse().ok()).flatten()
}

/// A password with a code behind it, with or without a space between.
pub(crate) fn split(typed: &str) -> Option<(&str, u32)> {
    let (password, code) = typed.split_at_checked(typed.len().checked_sub(DIGITS)?)?;
    let code = typed_code(code).filter(|_| !code.contains(char::is_whitespace))?;
    Some((password.strip_suffix(' ').unwrap_or(password), code))
}

/// RFC 4226's number for a counter.
fn code(secret: &SharedSecret, step: u64) -> u32 {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[digest.len() - 1] & 0x0f);
    let word = [digest[at] & 0x7f, digest[at + 1], digest[at + 2], digest[at + 3]];
    u32::from_be_bytes(word) % CODES
}

/// Without padding: a whole number of letters holds the secret.
fn base32(secret: &SharedSecret) -> String {
    let mut letters = String::with_capacity(SECRET_BYTES * 8 / 5);
    for five in secret.chunks(5) {
        let bits = five.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        letters.extend((0..8).rev().map(|place| char::from(BASE32[(bits >> (5 * place) & 31) as usize])));
    }
    letters
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
pub(crate) fn code_at(secret: &str, now_ms: u64) -> String {
    let bits = secret.bytes().map(|letter| BASE32.iter().position(|other| *other == letter).unwrap() as u8);
    let bits: Vec<u8> = bits.flat_map(|five| (0..5).rev().map(move |place| five >> place & 1)).collect();
    let bytes: Vec<u8> = bits.chunks(8).map(|eight| eight.iter().fold(0, |byte, bit| byte << 1 | bit)).collect();
    format!("{:06}", code(&bytes.try_into().unwrap(), now_ms / STEP_MS))
}

#[cfg(test)]
mod tests {
    use super::{STEP_MS, Shown, base32, code, code_at, judge, offered, split, typed_code};

    const SECRET: &[u8; 20] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 4226, appendix D, and the last six digits of RFC 6238, appendix B.
        for (step, expected) in [(0, 755_224), (1, 287_082), (2, 359_152), (9, 520_489)] {
            assert_eq!(code(SECRET, step), expected, "{step}");
        }
        for (at_s, expected) in [(59, 287_082), (1_111_111_109, 81_804), (20_000_000_000, 353_130)] {
            assert_eq!(judge(SECRET, expected, at_s * 1_000, 0), Shown::Step(at_s / 30), "{at_s}");
        }
        assert_eq!(base32(SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(code_at("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 59_000), "287082");
    }

    #[test]
    fn a_code_is_good_about_its_half_minute_and_once() {
        let (step, at_ms) = (1_000, 1_000 * STEP_MS);
        let shown = code(SECRET, step);
        for now_ms in [at_ms - STEP_MS, at_ms, at_ms + 2 * STEP_MS - 1] {
            assert_eq!(judge(SECRET, shown, now_ms, step - 1), Shown::Step(step));
            assert_eq!(judge(SECRET, shown, now_ms, step), Shown::Used);
        }
        for now_ms in [at_ms - STEP_MS - 1, at_ms + 2 * STEP_MS] {
            assert_eq!(judge(SECRET, shown, now_ms, 0), Shown::Wrong);
        }
    }

    #[test]
    fn what_is_typed_is_taken_apart() {
        for (typed, expected) in [
            ("correct horse 123456", Some(("correct horse", 123_456))),
            ("correct horse012345", Some(("correct horse", 12_345))),
            ("пароль 000000", Some(("пароль", 0))),
            ("two  123456", Some(("two ", 123_456))),
            ("123456", Some(("", 123_456))),
            ("correct horse 12345", None),
            ("correct horse 123 456", None),
            ("парол", None),
            ("", None),
        ] {
            assert_eq!(split(typed), expected, "{typed}");
        }
        assert_eq!(["123 456", "123456", " 012345 "].map(typed_code), [Some(123_456), Some(123_456), Some(12_345)]);
        assert_eq!(["12345", "1234567", "12345a", "١٢٣٤٥٦"].map(typed_code), [None; 4]);
    }

    #[test]
    fn the_picture_names_whose_it_is() {
        let offer = offered(SECRET, "Рога: & Co", "@olga:ex.org");
        let uri = offer.uri.expose();
        assert!(
            uri.starts_with("otpauth://totp/%D0%A0%D0%BE%D0%B3%D0%B0%3A%20%26%20Co:%40olga%3Aex.org?secret=GEZD"),
            "{uri}"
        );
        assert!(!format!("{offer:?}").contains("GEZD"));
    }
}
