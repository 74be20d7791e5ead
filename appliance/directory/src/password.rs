//! Password hashes: Argon2id with the server's pepper.
//!
//! A check costs the same whether the account exists or not: without a hash to compare with, a dummy
//! one is. Hashing runs on blocking threads, as many at once as there are cores, so that a
//! rush of sign-ins cannot take all memory or starve the rest.

use std::sync::Arc;
use std::thread::available_parallelism;

use argon2::password_hash::{PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, CustomizedPasswordHasher, Params, Version};
use tokio::sync::Semaphore;
use veche_base::metrics::{Counter, Scope};
use veche_base::{Entropy, Secret};

/// Bytes of salt: what RFC 9106 asks for.
const SALT_BYTES: usize = 16;

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory of one hash, KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for PasswordCost {
    /// The OWASP recommendation for Argon2id: 19 MiB, two passes.
    fn default() -> Self {
        Self { memory_kib: Params::DEFAULT_M_COST, passes: Params::DEFAULT_T_COST }
    }
}

impl PasswordCost {
    /// The cheapest that is still Argon2id: for tests and load tests.
    pub const LOWEST: Self = Self { memory_kib: Params::MIN_M_COST, passes: Params::MIN_T_COST };
}

/// Why hashing failed: a bug or a cost that is out of range.
#[derive(Debug, thiserror::Error)]
#[error("password hashing failed: {0}")]
pub(crate) struct HashError(String);

impl From<HashError> for crate::StoreError {
    fn from(error: HashError) -> Self {
        Self::Engine(error.to_string())
    }
}

pub(crate) struct Passwords {
    hashing: Arc<Hashing>,
    dummy: String,
    turns: Arc<Semaphore>,
    entropy: Arc<dyn Entropy>,
    /// How often a password was compared, with a real hash or with the dummy; tests read it.
    pub(crate) checks: Counter,
    /// How many of them were with the dummy.
    pub(crate) dummy_checks: Counter,
}

struct Hashing {
    params: Params,
    pepper: Secret<[u8; 32]>,
}

impl Passwords {
    pub(crate) fn open(
        cost: PasswordCost,
        pepper: Secret<[u8; 32]>,
        entropy: Arc<dyn Entropy>,
        metrics: &Scope,
    ) -> Result<Self, HashError> {
        let params =
            Params::new(cost.memory_kib, cost.passes, 1, None).map_err(|error| HashError(error.to_string()))?;
        let hashing = Arc::new(Hashing { params, pepper });
        let mut unknown = [0_u8; 32];
        entropy.fill(&mut unknown);
        let dummy = hashing.hash(&unknown, &salt(&*entropy))?;
        let cores = available_parallelism().map_or(2, std::num::NonZero::get);
        Ok(Self {
            hashing,
            dummy,
            turns: Arc::new(Semaphore::new(cores)),
            entropy,
            checks: metrics.counter("password_checks", "Passwords compared with a hash"),
            dummy_checks: metrics.counter("password_dummy_checks", "Of these, with the dummy of unknown accounts"),
        })
    }

    /// The hash to store, a PHC string.
    pub(crate) async fn hash(&self, password: Secret<String>) -> Result<String, HashError> {
        let salt = salt(&*self.entropy);
        self.turn(move |hashing| hashing.hash(password.expose().as_bytes(), &salt)).await?
    }

    /// Whether the password is the one behind `hash`. Without a hash the answer is no, and takes as long.
    pub(crate) async fn verify(&self, hash: Option<String>, password: Secret<String>) -> Result<bool, HashError> {
        self.checks.inc();
        let real = hash.is_some();
        if !real {
            self.dummy_checks.inc();
        }
        let hash = hash.unwrap_or_else(|| self.dummy.clone());
        let fits = self.turn(move |hashing| hashing.fits(password.expose().as_bytes(), &hash)).await??;
        Ok(fits && real)
    }

    async fn turn<R: Send + 'static>(&self, work: impl FnOnce(&Hashing) -> R + Send + 'static) -> Result<R, HashError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|error| HashError(error.to_string()))?;
        let hashing = Arc::clone(&self.hashing);
        let hashed = tokio::task::spawn_blocking(move || {
            let result = work(&hashing);
            // The turn ends with the work, not with the caller, who may have gone away.
            drop(turn);
            result
        });
        hashed.await.map_err(|error| HashError(error.to_string()))
    }
}

impl Hashing {
    fn argon2(&self) -> Result<Argon2<'_>, HashError> {
        Argon2::new_with_secret(self.pepper.expose(), Algorithm::Argon2id, Version::V0x13, self.params.clone())
            .map_err(|error| HashError(error.to_string()))
    }

    fn hash(&self, password: &[u8], salt: &[u8]) -> Result<String, HashError> {
        let hash: PasswordHash = self
            .argon2()?
            .hash_password_with_params(password, salt, self.params.clone())
            .map_err(|error| HashError(error.to_string()))?;
        Ok(hash.to_string())
    }

    fn fits(&self, password: &[u8], hash: &str) -> Result<bool, HashError> {
        let hash = PasswordHash::new(hash).map_err(|error| HashError(error.to_string()))?;
        match PasswordVerifier::<PasswordHash>::verify_password(&self.argon2()?, password, &hash) {
            Ok(()) => Ok(true),
            Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(HashError(error.to_string())),
        }
    }
}

fn salt(entropy: &dyn Entropy) -> [u8; SALT_BYTES] {
    let mut salt = [0_u8; SALT_BYTES];
    entropy.fill(&mut salt);
    salt
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use veche_base::Secret;
    use veche_base::metrics::Registry;
    use veche_base::testing::SeededEntropy;

    use super::{PasswordCost, Passwords};

    fn passwords(pepper: u8) -> Passwords {
        let entropy = Arc::new(SeededEntropy::new(1));
        let scope = Registry::new().scope("directory");
        Passwords::open(PasswordCost::LOWEST, Secret::new([pepper; 32]), entropy, &scope).unwrap()
    }

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_password_fits_its_hash_and_only_with_the_pepper() {
        let here = passwords(1);
        let hash = here.hash(secret("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
        assert!(here.verify(Some(hash.clone()), secret("correct horse")).await.unwrap());
        assert!(!here.verify(Some(hash.clone()), secret("correct horsf")).await.unwrap());
        assert!(!passwords(2).verify(Some(hash.clone()), secret("correct horse")).await.unwrap());
        assert_ne!(here.hash(secret("correct horse")).await.unwrap(), hash, "every hash has its own salt");
    }

    #[tokio::test]
    async fn without_a_hash_a_dummy_is_checked_and_nothing_fits_it() {
        let here = passwords(1);
        for guess in ["", "correct horse"] {
            assert!(!here.verify(None, secret(guess)).await.unwrap());
        }
        assert_eq!((here.checks.get(), here.dummy_checks.get()), (2, 2));
    }

    #[test]
    fn default_cost_is_the_recommended_one() {
        assert_eq!(PasswordCost::default(), PasswordCost { memory_kib: 19 * 1_024, passes: 2 });
    }
}
