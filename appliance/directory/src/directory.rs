//! The parts of the directory, put together.

use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::Duration;

use ruma::{OwnedUserId, ServerName, UserId};
use tokio::sync::{Notify, broadcast};
use veche_base::metrics::{LabelledCounter, Registry as MetricsRegistry};
use veche_base::{Clock, Entropy, Secret, random_token};
use veche_store::sql::secrets::Name;
use veche_store::sql::sessions::SessionId;
use veche_store::sql::{Sql, Tx, accounts, closed_rooms, meetings, sessions, short_tokens};

use crate::StoreError;
use crate::closed_rooms::ClosedRooms;
use crate::fresh::Proofs;
use crate::ldap::Ldap;
use crate::limiter::Limiter;
use crate::outbox::Conversations;
use crate::passkeys::Ceremonies;
use crate::password::Passwords;
use crate::registry::{Change, Registry, Revoked};
use crate::settings::{RegistrationMode, Settings};
use crate::shared_secret::Nonces;
use crate::uia::UiaSessions;

/// Characters of the claim token: 130 bits.
const CLAIM_CHARS: usize = 22;

/// Why the directory could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the directory of users: {0}")]
pub struct OpenError(pub(crate) String);

/// Accounts, ways to sign in, tokens, administrators. See the crate's documentation.
pub struct Directory {
    pub(crate) sql: Arc<Sql>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) settings: Settings,
    pub(crate) registry: Arc<Registry>,
    pub(crate) passwords: Passwords,
    pub(crate) limiter: Limiter,
    pub(crate) ldap: Ldap,
    pub(crate) uia: UiaSessions,
    pub(crate) nonces: Nonces,
    pub(crate) proofs: Proofs,
    pub(crate) ceremonies: Ceremonies,
    pub(crate) closed_rooms: ClosedRooms,
    pub(crate) meetings_changed: Notify,
    registration: RwLock<RegistrationMode>,
    pub(crate) outcomes: LabelledCounter,
    pub(crate) conversations: Mutex<Option<Weak<dyn Conversations>>>,
    claim: Mutex<Option<Secret<String>>>,
}

impl Directory {
    /// Loads everybody. Reads and writes the database on the calling thread, so call it before serving.
    pub fn open(
        sql: Arc<Sql>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        settings: Settings,
        metrics: &MetricsRegistry,
    ) -> Result<Arc<Self>, OpenError> {
        let words = |error: StoreError| OpenError(error.to_string());
        let scope = metrics.scope("directory");
        let (people, guests, signed_in, closed) = sql
            .read_blocking(|view| -> Result<_, StoreError> {
                Ok((accounts::all(view)?, meetings::guests(view)?, sessions::all(view)?, closed_rooms::all(view)?))
            })
            .map_err(words)?;
        let pepper = sql.secret_bytes(Name::PasswordPepper, &*entropy).map_err(words)?;
        let passwords = Passwords::open(settings.password_cost, pepper, Arc::clone(&entropy), &scope)
            .map_err(|error| OpenError(error.to_string()))?;
        let claim = (settings.claim && people.is_empty()).then(|| Secret::new(random_token(&*entropy, CLAIM_CHARS)));
        Ok(Arc::new(Self {
            registry: Arc::new(Registry::new(
                Arc::clone(&clock),
                Duration::from_secs(settings.access_token_secs),
                people,
                guests,
                signed_in,
            )),
            passwords,
            limiter: Limiter::new(Arc::clone(&clock), settings.rates),
            ldap: Ldap::default(),
            uia: UiaSessions::default(),
            nonces: Nonces::default(),
            proofs: Proofs::default(),
            ceremonies: Ceremonies::default(),
            closed_rooms: ClosedRooms::new(closed),
            meetings_changed: Notify::new(),
            registration: RwLock::new(settings.registration),
            outcomes: scope.labelled_counter("attempts", "Attempts to prove something, by kind and outcome"),
            conversations: Mutex::new(None),
            claim: Mutex::new(claim),
            sql,
            clock,
            entropy,
            settings,
        }))
    }

    /// The domain of this server's users.
    pub fn server_name(&self) -> &ServerName {
        &self.settings.server_name
    }

    /// The settings it was opened with.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// On a server without accounts: the one-time registration token that makes the first account an administrator.
    /// Show it on the machine's console only. It changes with every start, and is gone once an account exists.
    pub fn first_claim_token(&self) -> Option<String> {
        let mut claim = self.claim.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.registry.is_empty() {
            *claim = None;
        }
        claim.as_ref().map(|token| token.expose().clone())
    }

    /// Who may make an account for himself now.
    pub fn registration(&self) -> RegistrationMode {
        *self.registration.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets others make accounts for themselves from now on, or nobody.
    pub fn set_registration(&self, mode: RegistrationMode) {
        *self.registration.write().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    /// How many accounts have a device that was seen at this time or later.
    pub fn seen_since(&self, at_ms: u64) -> usize {
        self.registry.seen_since(at_ms)
    }

    /// Turns the slowing down of guesses on or off; off only for load tests.
    pub fn set_rates(&self, on: bool) {
        self.limiter.set_enabled(on);
    }

    /// Whether this is an account of ours that has not been deactivated.
    pub fn is_active(&self, user: &UserId) -> bool {
        self.registry.is_account(user, |account| account.deactivated_ms.is_none())
    }

    /// Whether this is an account of ours that is gone for good.
    pub fn is_deactivated(&self, user: &UserId) -> bool {
        self.registry.is_account(user, |account| account.deactivated_ms.is_some())
    }

    /// Whether this is an account of ours whose owner wanted its messages forgotten when it was deactivated.
    pub fn is_erased(&self, user: &UserId) -> bool {
        self.registry.is_account(user, |account| account.deactivated_ms.is_some() && account.erased)
    }

    /// An account of ours, deactivated or not.
    pub fn account(&self, user: &UserId) -> Option<accounts::Account> {
        self.registry.account(user)
    }

    /// All accounts, by user id, deactivated ones too.
    pub fn accounts(&self) -> Vec<accounts::Account> {
        self.registry.accounts()
    }

    /// All users of this server that have not been deactivated, by user id.
    pub fn local_users(&self) -> Vec<OwnedUserId> {
        let active = self.registry.accounts().into_iter().filter(|account| account.deactivated_ms.is_none());
        active.map(|account| account.user_id).collect()
    }

    /// Tells of every session that ends from now on. A listener that falls far behind is told that it
    /// missed some and should then look at everything it holds; a long poll rather waits for
    /// [`Requester::revoked`](crate::Requester::revoked), which misses nothing.
    pub fn revocations(&self) -> broadcast::Receiver<Revoked> {
        self.registry.revocations()
    }

    /// Every session that can be used now, for a listener that does not know which ones have ended meanwhile. One that
    /// subscribes to [`Directory::revocations`] before it asks misses none.
    pub fn usable_sessions(&self) -> Vec<(OwnedUserId, SessionId)> {
        self.registry.usable_sessions()
    }

    /// Writes down who was seen when, and forgets what has expired. Call it every few minutes and before the end.
    pub async fn housekeep(&self) -> Result<(), StoreError> {
        let now_ms = self.clock.wall_ms();
        let seen = self.registry.take_unwritten();
        self.limiter.forget_full();
        self.uia.forget_old(self.clock.monotonic());
        self.nonces.forget_old(self.clock.monotonic());
        let work = move |tx: &Tx<'_>| -> Result<(), StoreError> {
            for (session, seen) in &seen {
                sessions::set_last_seen(tx, *session, seen)?;
            }
            short_tokens::delete_expired(tx, now_ms)?;
            Ok(())
        };
        self.sql.write(work).await
    }

    /// Runs `work` in a transaction. What it pushes to its second argument is in the picture in memory
    /// before this answers, and also when the caller stops waiting.
    pub(crate) async fn commit<R, E>(
        &self,
        work: impl FnOnce(&Tx<'_>, &mut Vec<Change>) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let registry = Arc::clone(&self.registry);
        let work = move |tx: &Tx<'_>| {
            let mut changes = Vec::new();
            let result = work(tx, &mut changes)?;
            Ok::<_, E>((result, changes))
        };
        let (result, _) = self.sql.write_then(work, move |(_, changes)| registry.apply(changes)).await?;
        Ok(result)
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic()
    }
}
