//! The first run: whoever shows the claim code of an empty server decides what it is called and who owns it.
//!
//! - [`claim`]: the code, five tries for each, and the sessions of those who have shown it;
//! - [`draft`]: the answers so far, kept on disk, so that the wizard goes on where it was after a restart;
//! - `passkey`: the owner's passkey, if he makes one;
//! - [`finish`]: one transaction that makes the owner's account and writes every choice down.
//!
//! Until then there is no account, and the server's name may still be anything. Nothing here knows which settings the
//! answers become: whoever finishes says so.

mod claim;
mod draft;
mod finish;
mod passkey;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use veche_base::limits::{PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN};
use veche_base::metrics::Registry as MetricsRegistry;
use veche_base::{Clock, Entropy, Secret};
use veche_store::sql::secrets::Name;
use veche_store::sql::{Sql, accounts};

use crate::StoreError;
use crate::directory::OpenError;
use crate::passkeys::Ceremonies;
use crate::password::{PasswordCost, Passwords};

pub use claim::{CLAIM_TRIES_MAX, ClaimError, ClaimSession, shown_code};
pub use draft::{Draft, DraftCertificate, DraftError, DraftOrganisation, DraftOwner, DraftRegistration, NewOwner};
pub use finish::{FinishError, Finished, OwnerProfile, Step};

use claim::Claims;

/// How the first run is guarded.
#[derive(Debug, Clone, Copy)]
pub struct SetupSettings {
    /// What a password hash costs.
    pub password_cost: PasswordCost,
    /// Whether guessing is slowed down; off only for tests.
    pub rates: bool,
}

impl Default for SetupSettings {
    fn default() -> Self {
        Self { password_cost: PasswordCost::default(), rates: true }
    }
}

/// The first run of a server without accounts.
pub struct Setup {
    sql: Arc<Sql>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    passwords: Passwords,
    claims: Claims,
    ceremonies: Ceremonies,
}

impl Setup {
    /// Whether nobody has an account yet. Reads on the calling thread.
    pub fn is_needed(sql: &Sql) -> Result<bool, StoreError> {
        sql.read_blocking(|view| Ok(accounts::count(view)? == 0))
    }

    /// Opens the first run with a code of its own.
    pub fn open(
        sql: Arc<Sql>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        settings: SetupSettings,
    ) -> Result<Arc<Self>, OpenError> {
        let pepper = sql.secret_bytes(Name::PasswordPepper, &*entropy).map_err(|error| OpenError(error.to_string()))?;
        // A registry of its own: the directory, which comes after this, counts hashes under the same names.
        let scope = MetricsRegistry::new().scope("setup");
        let passwords = Passwords::open(settings.password_cost, pepper, Arc::clone(&entropy), &scope)
            .map_err(|error| OpenError(error.to_string()))?;
        let claims = Claims::new(&*entropy, settings.rates);
        Ok(Arc::new(Self { sql, clock, entropy, passwords, claims, ceremonies: Ceremonies::default() }))
    }

    fn now(&self) -> Duration {
        self.clock.monotonic()
    }
}

/// Whether somebody may choose this password.
fn is_good_password(password: &Secret<String>) -> bool {
    let password = password.expose();
    password.len() <= PASSWORD_BYTES_MAX && password.chars().count() >= PASSWORD_CHARS_MIN
}
