//! Randomness as an argument.
//!
//! Everything secret or unguessable comes through [`Entropy`]: the operating system's in the
//! product, a seeded one in tests, so that a failing test can be replayed from its seed.

/// A source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills the whole buffer with random bytes.
    fn fill(&self, out: &mut [u8]);
}

const TOKEN_ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Bytes from this value on are thrown away: 248 is the largest multiple of 62 in a byte, and
/// keeping the rest would make the first letters of the alphabet likelier than the others.
const UNBIASED_END: u8 = 248;

/// Makes a token of `chars` characters from `[A-Za-z0-9]`, each worth 5.95 bits.
///
/// 43 characters carry 256 bits, 22 carry 130.
pub fn random_token(entropy: &dyn Entropy, chars: usize) -> String {
    let mut token = String::with_capacity(chars);
    let mut block = [0_u8; 64];
    while token.len() < chars {
        entropy.fill(&mut block);
        let missing = chars - token.len();
        let letters = block.iter().filter(|byte| **byte < UNBIASED_END);
        token.extend(letters.take(missing).map(|byte| char::from(TOKEN_ALPHABET[usize::from(byte % 62)])));
    }
    token
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::random_token;
    use crate::testing::SeededEntropy;

    #[test]
    fn token_has_the_asked_length_and_only_letters_and_digits() {
        let entropy = SeededEntropy::new(1);
        for chars in [0, 1, 22, 43, 64, 65, 500] {
            let token = random_token(&entropy, chars);
            assert_eq!(token.len(), chars);
            assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        }
    }

    #[test]
    fn tokens_use_the_whole_alphabet_and_do_not_repeat() {
        let entropy = SeededEntropy::new(2);
        let letters: BTreeSet<char> = random_token(&entropy, 10_000).chars().collect();
        assert_eq!(letters.len(), 62);
        let tokens: BTreeSet<String> = (0..1_000).map(|_| random_token(&entropy, 22)).collect();
        assert_eq!(tokens.len(), 1_000);
    }
}
