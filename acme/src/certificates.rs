//! The certificates of a running server: which there are, which is in use, and what is done when.
//!
//! There is always one: the own authority's stands in until the wanted source has one. Whatever fails, what was in use before
//! stays in use.

mod inspect;
mod renewal;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use veche_base::metrics::Registry;
use veche_base::{Clock, Entropy};

use crate::challenge::HttpTokens;
use crate::check::{check, missing_names};
use crate::credential::Credential;
use crate::fault::Fault;
use crate::folder::{Folder, FolderError};
use crate::metrics::Metrics;
use crate::names::{Name, Names};
use crate::own::{OwnAuthority, OwnError, sane_now};
use crate::pem;
use crate::resolver::Resolver;
use crate::schedule::{Failure, Schedule, Stage};
use crate::source::Source;
use crate::status::{Alarm, LastError, Renewal, RootStatus, SourceKind, Status, renewal_time};
use crate::transport::Outbound;
use crate::x509::UnixSeconds;

pub use inspect::{DamagedFile, inspect};
pub use renewal::RevokeError;

/// The certificate of the own authority, with its key.
const OWN_FILE: &str = "own.pem";
/// The uploaded chain with its key.
const UPLOADED_FILE: &str = "uploaded.pem";

/// The clock may be set at any time, so what is due is looked at this often at least.
const WAIT_MAX: Duration = Duration::from_secs(60 * 60);
/// And not more often than this, even if it cannot be done.
const WAIT_MIN: Duration = Duration::from_secs(60);

/// How certificates are kept and chosen.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder of keys and certificates; made if it is missing. It belongs to this process alone.
    pub folder: PathBuf,
    /// What the server is called.
    pub names: Names,
    /// Where the certificate is to come from.
    pub source: Source,
}

/// Why an upload was refused. What was in use before still is.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// Everything that is wrong with it.
    #[error("the certificate has faults")]
    Faults(Vec<Fault>),
    /// It is good and could not be kept.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// The certificates of the server. Clones are handles to the same.
#[derive(Clone)]
pub struct Certificates {
    inner: Arc<Inner>,
}

struct Inner {
    folder: Folder,
    outbound: Arc<dyn Outbound>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    resolver: Arc<Resolver>,
    tokens: HttpTokens,
    metrics: Metrics,
    state: Mutex<State>,
    wake: Notify,
    /// Held by whoever works, so that no two orders run at once.
    turn: tokio::sync::Mutex<()>,
}

struct State {
    names: Names,
    source: Source,
    own: OwnAuthority,
    own_leaf: Credential,
    own_failures: u32,
    own_error: Option<LastError>,
    uploaded: Option<Credential>,
    upload_error: Option<LastError>,
    acme: Option<Credential>,
    /// What is known about the orders to the directory of the settings; none while no directory is wanted.
    schedule: Option<Schedule>,
    in_use: SourceKind,
    alarm: Alarm,
}

impl State {
    /// The certificate that should be in use, and where it is from.
    fn choice(&self) -> (SourceKind, &Credential) {
        match (&self.source, &self.uploaded, &self.acme) {
            (Source::Uploaded, Some(uploaded), _) => (SourceKind::Uploaded, uploaded),
            (Source::Acme(_), _, Some(acme)) => (SourceKind::Acme, acme),
            _ => (SourceKind::Own, &self.own_leaf),
        }
    }

    /// Failures in a row of the wanted source.
    fn failures(&self) -> u32 {
        self.schedule.as_ref().map_or(self.own_failures, |schedule| schedule.failures)
    }

    /// What went wrong last: with the wanted source, or else with the own authority.
    fn last_error(&self) -> Option<LastError> {
        let ordered = self.schedule.as_ref().and_then(|schedule| schedule.last_failure.as_ref());
        let uploaded = self.upload_error.as_ref().filter(|_| self.source.kind() == SourceKind::Uploaded);
        ordered.map(Failure::told).or_else(|| uploaded.cloned()).or_else(|| self.own_error.clone())
    }

    /// Whether the own authority's certificate needs a successor.
    fn is_own_due(&self, now: UnixSeconds) -> bool {
        let facts = &self.own_leaf.facts;
        let listed: BTreeSet<&Name> = facts.names.iter().collect();
        let vouched = self.own.vouched(&self.names);
        now >= renewal_time(facts)
            || now < facts.not_before
            || !self.own.has_issued(facts)
            || listed != vouched.iter().collect()
    }
}

impl Certificates {
    /// Opens the folder, makes what is missing, and puts the best certificate there is in use.
    ///
    /// Fails only if the folder cannot be used or the own authority's root is damaged; a damaged upload is reported by
    /// [`Self::status`], and the own authority stands in. Nothing is ordered before [`Self::run`].
    pub fn open(
        settings: Settings,
        outbound: Arc<dyn Outbound>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        registry: &Registry,
    ) -> Result<Self, OwnError> {
        let folder = Folder::open(&settings.folder)?;
        let names = settings.names;
        let now = sane_now(clock.as_ref());
        let own = OwnAuthority::open(&folder, &names, clock.as_ref(), entropy.as_ref())?;
        let kept = folder.read(OWN_FILE)?.and_then(|file| Credential::read(&file).ok());
        let own_leaf = match kept {
            Some(leaf) => leaf,
            None => issue_own(&own, &folder, &names, now, entropy.as_ref())?,
        };
        let mut upload_error = None;
        let uploaded = folder.read(UPLOADED_FILE)?.and_then(|file| {
            let read = Credential::read(&file);
            read.inspect_err(|damaged| upload_error = Some(told("upload_damaged", damaged, now))).ok()
        });
        let (acme, schedule) = renewal::read(&folder, &settings.source)?;
        let resolver = Arc::new(Resolver::new(Arc::clone(&own_leaf.certified)));
        let state = State {
            names,
            source: settings.source,
            own,
            own_leaf,
            own_failures: 0,
            own_error: None,
            uploaded,
            upload_error,
            acme,
            schedule,
            in_use: SourceKind::Own,
            alarm: Alarm::Fine,
        };
        let inner = Inner {
            folder,
            outbound,
            clock,
            entropy,
            resolver,
            tokens: HttpTokens::default(),
            metrics: Metrics::new(registry),
            state: Mutex::new(state),
            wake: Notify::new(),
            turn: tokio::sync::Mutex::new(()),
        };
        let this = Self { inner: Arc::new(inner) };
        this.renew_own(&mut this.state());
        this.put_in_use(&mut this.state());
        Ok(this)
    }

    /// What the listener gives to rustls.
    pub fn resolver(&self) -> Arc<Resolver> {
        Arc::clone(&self.inner.resolver)
    }

    /// What port 80 answers to validators.
    pub fn http_tokens(&self) -> HttpTokens {
        self.inner.tokens.clone()
    }

    /// The own authority's root in PEM, for a closed network to install.
    pub fn own_root_pem(&self) -> String {
        pem::block("CERTIFICATE", self.state().own.root())
    }

    /// The same in DER, which phones ask for.
    pub fn own_root_der(&self) -> Vec<u8> {
        self.state().own.root().to_vec()
    }

    /// As [`Certificates::upload`], for a server that is to be called so.
    pub fn upload_for(&self, names: &[Name], chain_pem: &[u8], key_pem: &[u8]) -> Result<Status, UploadError> {
        self.keep_upload(names, chain_pem, key_pem)
    }

    /// Everything that would be wrong with an upload; nothing is kept.
    pub fn check_upload(&self, chain_pem: &[u8], key_pem: &[u8]) -> Vec<Fault> {
        let names = self.state().names.public.clone();
        self.judge(&names, chain_pem, key_pem).err().unwrap_or_default()
    }

    /// What an upload would put in use: asking and uploading must agree.
    fn judge(&self, names: &[Name], chain_pem: &[u8], key_pem: &[u8]) -> Result<Credential, Vec<Fault>> {
        let checked = check(chain_pem, key_pem, names, self.now())?;
        // There are keys that match and that TLS cannot sign with.
        Credential::of_checked(checked).map_err(|_| vec![Fault::UnusableKey])
    }

    /// Checks and keeps an uploaded chain and key; puts it in use if uploads are the wanted source.
    ///
    /// Writes to disk: call it where that may be waited for.
    pub fn upload(&self, chain_pem: &[u8], key_pem: &[u8]) -> Result<Status, UploadError> {
        let names = self.state().names.public.clone();
        self.keep_upload(&names, chain_pem, key_pem)
    }

    fn keep_upload(&self, names: &[Name], chain_pem: &[u8], key_pem: &[u8]) -> Result<Status, UploadError> {
        let uploaded = self.judge(names, chain_pem, key_pem).map_err(|faults| {
            self.inner.metrics.refused_uploads.inc();
            UploadError::Faults(faults)
        })?;
        self.inner.folder.write(UPLOADED_FILE, uploaded.to_pem().as_bytes())?;
        let mut state = self.state();
        state.uploaded = Some(uploaded);
        state.upload_error = None;
        self.put_in_use(&mut state);
        drop(state);
        Ok(self.status())
    }

    /// Takes another source from now on.
    pub fn set_source(&self, source: Source) {
        let mut state = self.state();
        state.schedule = renewal::schedule_for(&source, state.schedule.take());
        state.source = source;
        self.put_in_use(&mut state);
        drop(state);
        self.inner.wake.notify_one();
    }

    /// Takes other names from now on, and makes the own authority's certificate anew if they demand it.
    pub fn set_names(&self, names: Names) {
        let mut state = self.state();
        state.names = names;
        self.renew_own(&mut state);
        self.put_in_use(&mut state);
        drop(state);
        self.inner.wake.notify_one();
    }

    /// Does what is due until `shutdown`. An order that is cut off by it is begun anew after the next start.
    pub async fn run(&self, shutdown: CancellationToken) {
        loop {
            let wait = tokio::select! {
                biased;
                wait = self.tick() => wait.min(WAIT_MAX),
                () = shutdown.cancelled() => return,
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.inner.wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Does what is due now, orders included, and says after what time something is due again.
    pub async fn tick(&self) -> Duration {
        let _turn = self.inner.turn.lock().await;
        self.renew_own(&mut self.state());
        self.order_if_due().await;
        let mut state = self.state();
        self.put_in_use(&mut state);
        let now = self.now();
        let own = renewal_time(&state.own_leaf.facts);
        let next = self.next_order(&state, now).map_or(own, |order| order.min(own));
        let seconds = u64::try_from(next.saturating_sub(now)).unwrap_or(0);
        Duration::from_secs(seconds).max(WAIT_MIN)
    }

    /// Everything there is to know about the certificate in use.
    pub fn status(&self) -> Status {
        let state = self.state();
        let now = self.now();
        let (in_use, credential) = state.choice();
        let facts = &credential.facts;
        Status {
            wanted: state.source.kind(),
            in_use,
            names: facts.names.iter().map(ToString::to_string).collect(),
            missing_names: missing_names(facts, &state.names.public).iter().map(ToString::to_string).collect(),
            issuer: facts.issuer_text.clone(),
            fingerprint_sha256: fingerprint(&credential.certified.cert[0]),
            not_before: facts.not_before,
            not_after: facts.not_after,
            next_try: match state.source {
                Source::Own => Some(renewal_time(facts).max(now)),
                Source::Uploaded => None,
                Source::Acme(_) => self.next_order(&state, now),
            },
            failures: state.failures(),
            next_is_staging: state.schedule.as_ref().is_some_and(|schedule| schedule.stage == Stage::Staging),
            last_error: state.last_error(),
            alarm: self.alarm(&state, now),
            own_root: RootStatus {
                fingerprint_sha256: fingerprint(state.own.root()),
                not_before: state.own.facts().not_before,
                not_after: state.own.facts().not_after,
            },
        }
    }

    fn now(&self) -> UnixSeconds {
        sane_now(self.inner.clock.as_ref())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is made as a whole, so what a panic leaves can be used.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the own authority's root and certificate anew if they are due; keeps the old ones if that fails.
    fn renew_own(&self, state: &mut State) {
        let now = self.now();
        if let Err(error) = self.try_renew_own(state, now) {
            error!(%error, "the server's own certificate cannot be renewed; the old one stays in use");
            state.own_failures = state.own_failures.saturating_add(1);
            state.own_error = Some(told("own_renewal", &error, now));
        }
    }

    fn try_renew_own(&self, state: &mut State, now: UnixSeconds) -> Result<(), OwnError> {
        let (folder, entropy) = (&self.inner.folder, self.inner.entropy.as_ref());
        state.own.renew(folder, &state.names, now, entropy)?;
        if state.is_own_due(now) {
            state.own_leaf = issue_own(&state.own, folder, &state.names, now, entropy)?;
            state.own_failures = 0;
            state.own_error = None;
        }
        Ok(())
    }

    /// Gives the wanted certificate to the listener, and tells how near its end is.
    fn put_in_use(&self, state: &mut State) {
        let (kind, credential) = state.choice();
        if self.inner.resolver.replace(&credential.certified) || kind != state.in_use {
            self.inner.metrics.swaps.inc();
            info!(source = kind.as_str(), not_after = credential.facts.not_after, "another certificate is in use");
        }
        self.inner.metrics.not_after_seconds.set(credential.facts.not_after);
        state.in_use = kind;
        let now = self.now();
        let alarm = self.alarm(state, now);
        self.inner.metrics.alarm_level.set(alarm.level());
        self.inner.metrics.failures.set(i64::from(state.failures()));
        if alarm > state.alarm {
            let days_left = (state.choice().1.facts.not_after - now) / (24 * 60 * 60);
            let source = kind.as_str();
            if alarm >= Alarm::Days7 {
                error!(source, days_left, "the certificate ends soon or is invalid");
            } else {
                warn!(source, days_left, "the certificate ends soon");
            }
        }
        state.alarm = alarm;
    }

    fn alarm(&self, state: &State, now: UnixSeconds) -> Alarm {
        let (kind, credential) = state.choice();
        let renewal = match kind {
            SourceKind::Uploaded => Renewal::ByHand,
            SourceKind::Own => Renewal::ByItself { failures: state.own_failures },
            SourceKind::Acme => Renewal::ByItself { failures: state.failures() },
        };
        Alarm::of(&credential.facts, now, renewal)
    }
}

fn issue_own(
    own: &OwnAuthority,
    folder: &Folder,
    names: &Names,
    now: UnixSeconds,
    entropy: &dyn Entropy,
) -> Result<Credential, OwnError> {
    let leaf = own.issue(names, now, entropy)?;
    folder.write(OWN_FILE, leaf.to_pem().as_bytes())?;
    info!(not_after = leaf.facts.not_after, "the server's own authority issued a certificate");
    Ok(leaf)
}

fn told(code: &'static str, error: &dyn std::error::Error, at: UnixSeconds) -> LastError {
    LastError { code: code.to_owned(), words: error.to_string(), at }
}

fn fingerprint(der: &[u8]) -> String {
    Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
