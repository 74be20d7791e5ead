//! Hash maps whose order of buckets nobody outside can guess, without randomness of their own.

use std::collections::HashMap;
#[expect(deprecated, reason = "it is the only hasher of the standard library whose keys can be given")]
use std::hash::SipHasher;
use std::hash::{BuildHasher, Hasher};

use veche_base::Entropy;

/// A map with keys that clients choose in part.
pub(crate) type KeyedMap<K, V> = HashMap<K, V, KeyedHash>;

/// Makes hashers with two secret keys; the same keys give the same hashes, so that a simulation can
/// be replayed from its seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyedHash {
    keys: (u64, u64),
}

impl KeyedHash {
    /// Draws the keys.
    pub(crate) fn new(entropy: &dyn Entropy) -> Self {
        Self { keys: (random_u64(entropy), random_u64(entropy)) }
    }
}

impl BuildHasher for KeyedHash {
    type Hasher = KeyedHasher;

    #[expect(deprecated, reason = "it is the only hasher of the standard library whose keys can be given")]
    fn build_hasher(&self) -> KeyedHasher {
        KeyedHasher(SipHasher::new_with_keys(self.keys.0, self.keys.1))
    }
}

/// SipHash 2-4 with secret keys.
#[derive(Debug, Clone)]
#[expect(deprecated, reason = "it is the only hasher of the standard library whose keys can be given")]
pub(crate) struct KeyedHasher(SipHasher);

impl Hasher for KeyedHasher {
    fn finish(&self) -> u64 {
        self.0.finish()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }
}

/// Eight random bytes as a number.
pub(crate) fn random_u64(entropy: &dyn Entropy) -> u64 {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    u64::from_le_bytes(bytes)
}
