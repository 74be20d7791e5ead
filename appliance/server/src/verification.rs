//! Once a week, everything that is kept is read and compared with its checksums, slowly, while the server runs: what
//! nobody reads for years would otherwise be found damaged only when no backup is old enough to mend it.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use veche_base::Clock;
use veche_base::metrics::{Gauge, Registry};
use veche_store::sql::{self, Sql, settings};
use veche_store::verify::Report;
use veche_store::{Error, Store};

/// From the end of one verification to the start of the next.
const EVERY: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How often somebody looks whether it is time: a server that sleeps or whose clock is set must not miss it by much.
const LOOK: Duration = Duration::from_secs(60 * 60);
/// How much is read in one go, and in a second. A disk that serves people must hardly notice.
const PIECE_BYTES: u64 = 1 << 20;
const BYTES_PER_SEC: u64 = 8 << 20;
/// Problems that are written into the log; `veche check` lists all of them.
const LOGGED_MAX: usize = 20;

/// Where the last verification is remembered among the stored settings.
pub(crate) const KEY: &str = "verification.last";

/// How the last verification ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Last {
    /// When, on the wall clock.
    pub(crate) at_ms: u64,
    /// How much was found to be wrong.
    pub(crate) problems: u64,
}

/// The worker and what it needs.
pub(crate) struct Verification {
    store: Arc<Store>,
    sql: Arc<Sql>,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    bytes_per_sec: u64,
}

struct Metrics {
    last_run_seconds: Gauge,
    problems: Gauge,
}

/// Why a verification did not come to its end. It is tried again an hour later.
#[derive(Debug, thiserror::Error)]
enum Unfinished {
    #[error("the server is stopping")]
    Stopping,
    #[error("conversations: {0}")]
    Store(#[from] Error),
    #[error("administration: {0}")]
    Sql(#[from] sql::Error),
}

impl Verification {
    /// A verification of these two stores.
    pub(crate) fn new(store: Arc<Store>, sql: Arc<Sql>, clock: Arc<dyn Clock>, registry: &Registry) -> Self {
        let scope = registry.scope("verification");
        let metrics = Metrics {
            last_run_seconds: scope.gauge("last_run_seconds", "When all data was last verified, in seconds since 1970"),
            problems: scope.gauge("problems", "What the last verification found to be damaged"),
        };
        Self { store, sql, clock, metrics, bytes_per_sec: BYTES_PER_SEC }
    }

    /// Verifies whenever a week has passed since the last time, also if the server was stopped meanwhile.
    pub(crate) async fn run(self, stopping: CancellationToken) {
        self.show_last().await;
        // Not at once: a server that starts has better things to do.
        while tokio::time::timeout(LOOK, stopping.cancelled()).await.is_err() {
            match self.verify_if_due(&stopping).await {
                Ok(_) | Err(Unfinished::Stopping) => {}
                Err(error) => warn!(%error, "the data could not be verified; this is tried again in an hour"),
            }
        }
    }

    /// Verifies if it is time. `None` if it is not.
    async fn verify_if_due(&self, stopping: &CancellationToken) -> Result<Option<Last>, Unfinished> {
        if !is_due(self.last().await?, self.clock.wall_ms()) {
            return Ok(None);
        }
        info!("verifying all data");
        let mut problems = self.sql.problems().await?;
        let report = self.conversations(stopping.clone()).await?;
        problems.extend(report.findings.iter().map(ToString::to_string));
        let last = Last { at_ms: self.clock.wall_ms(), problems: problems.len() as u64 + report.findings_left_out };
        for problem in problems.iter().take(LOGGED_MAX) {
            error!(%problem, "damage was found");
        }
        let (records, files) = (report.records, report.content_files);
        if last.problems > 0 {
            error!(problems = last.problems, "the data is damaged: stop the server and run `veche check`");
        } else {
            info!(records, files, "all data is as it was written");
        }
        self.sql.write(move |tx| settings::set(tx, KEY, &last)).await?;
        self.show(last);
        Ok(Some(last))
    }

    async fn conversations(&self, stopping: CancellationToken) -> Result<Report, Unfinished> {
        let (store, bytes_per_sec) = (Arc::clone(&self.store), self.bytes_per_sec);
        let runtime = Handle::current();
        let verifying = tokio::task::spawn_blocking(move || {
            let mut unpaid = 0;
            store.verify(&mut |bytes| {
                unpaid += bytes;
                if unpaid < PIECE_BYTES && !stopping.is_cancelled() {
                    return ControlFlow::Continue(());
                }
                let pause = Duration::from_millis(std::mem::take(&mut unpaid).saturating_mul(1_000) / bytes_per_sec);
                match runtime.block_on(tokio::time::timeout(pause, stopping.cancelled())) {
                    Ok(()) => ControlFlow::Break(()),
                    Err(_) => ControlFlow::Continue(()),
                }
            })
        });
        let verified = verifying.await.unwrap_or_else(|panic| Err(Error::Panicked(panic.to_string())));
        verified?.ok_or(Unfinished::Stopping)
    }

    async fn last(&self) -> Result<Option<Last>, sql::Error> {
        self.sql.read(|view| settings::get(view, KEY)).await
    }

    async fn show_last(&self) {
        match self.last().await {
            Ok(last) => last.into_iter().for_each(|last| self.show(last)),
            Err(error) => warn!(%error, "when the data was last verified is not known"),
        }
    }

    fn show(&self, last: Last) {
        let shown = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.metrics.last_run_seconds.set(shown(last.at_ms / 1_000));
        self.metrics.problems.set(shown(last.problems));
    }
}

/// True a week after the last time, if there was none, and if it lies in the future: then a clock was wrong.
fn is_due(last: Option<Last>, now_ms: u64) -> bool {
    last.is_none_or(|last| now_ms.checked_sub(last.at_ms).is_none_or(|since| u128::from(since) >= EVERY.as_millis()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use ruma::owned_user_id;
    use tokio_util::sync::CancellationToken;
    use veche_base::metrics::Registry;
    use veche_base::testing::{ManualClock, SeededEntropy};
    use veche_store::disk::Volume;
    use veche_store::records::content::{Media, MediaFile, MediaKey};
    use veche_store::sql::{Options, Sql, settings};
    use veche_store::{Error, OpenOptions, Store, Txn};

    use super::{EVERY, KEY, Last, Unfinished, Verification, is_due};

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn open(dir: &Path, clock: &Arc<ManualClock>, registry: &Registry) -> Verification {
        let room = || Ok(Volume { free_bytes: 1 << 40, total_bytes: 1 << 41 });
        let options = OpenOptions::new(clock.clone(), Arc::new(SeededEntropy::new(1))).measure(Arc::new(room));
        let store = Store::open(dir, options).unwrap();
        let sql = Sql::open(dir, Options::default()).unwrap();
        let bytes_per_sec = 1 << 40;
        Verification { bytes_per_sec, ..Verification::new(store, sql, clock.clone(), registry) }
    }

    /// Stores a file that a record refers to, and gives its name.
    async fn upload(store: &Store) -> String {
        let mut writer = store.content().create().await.unwrap();
        writer.write(b"bytes").await.unwrap();
        let stored = writer.finish().await.unwrap();
        let file = MediaFile { hash: stored.hash, bytes: stored.bytes, content_type: None, name: None };
        let media = Media { owner: owned_user_id!("@alice:example.org"), created_ms: 1, file: Some(file) };
        let put = move |txn: &mut Txn| -> Result<(), Error> {
            txn.put(&MediaKey { media_id: "file".to_owned() }, &media);
            Ok(())
        };
        store.commit(put).await.unwrap();
        stored.hash.to_string()
    }

    #[test]
    fn it_is_due_after_a_week_and_when_the_clock_was_wrong() {
        let last = Some(Last { at_ms: 1_000, problems: 0 });
        let week_ms = u64::try_from(EVERY.as_millis()).unwrap();
        for (last, now_ms, expected) in [
            (None, 0, true),
            (last, 1_000, false),
            (last, 999 + week_ms, false),
            (last, 1_000 + week_ms, true),
            (last, 999, true),
        ] {
            assert_eq!(is_due(last, now_ms), expected, "{last:?} at {now_ms}");
        }
    }

    #[tokio::test]
    async fn it_runs_once_a_week_over_restarts_and_counts_what_it_finds() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new());
        let go_on = CancellationToken::new();
        let registry = Registry::new();
        let verification = open(dir.path(), &clock, &registry);
        let first = verification.verify_if_due(&go_on).await.unwrap().unwrap();
        assert_eq!(first.problems, 0);
        assert_eq!(verification.verify_if_due(&go_on).await.unwrap(), None);
        clock.advance(6 * DAY);
        drop(verification);

        let registry = Registry::new();
        let verification = open(dir.path(), &clock, &registry);
        verification.show_last().await;
        let shown = format!("veche_verification_last_run_seconds {}\n", first.at_ms / 1_000);
        assert!(registry.encode().contains(&shown), "{}", registry.encode());
        assert_eq!(verification.verify_if_due(&go_on).await.unwrap(), None);
        clock.advance(DAY);
        let file = upload(&verification.store).await;
        fs::write(dir.path().join("content").join(&file[..2]).join(&file[2..]), "other bytes").unwrap();
        let second = verification.verify_if_due(&go_on).await.unwrap().unwrap();
        assert_eq!(second.problems, 1);
        assert!(registry.encode().contains("veche_verification_problems 1\n"), "{}", registry.encode());
        assert_eq!(verification.last().await.unwrap(), Some(second));
    }

    #[tokio::test]
    async fn one_that_is_stopped_is_begun_anew() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new());
        let verification = open(dir.path(), &clock, &Registry::new());
        let stopping = CancellationToken::new();
        stopping.cancel();
        let ended = verification.verify_if_due(&stopping).await;
        assert!(matches!(ended, Err(Unfinished::Stopping)), "{ended:?}");
        assert!(verification.sql.read(|view| settings::get::<Last>(view, KEY)).await.unwrap().is_none());
        assert!(verification.verify_if_due(&CancellationToken::new()).await.unwrap().is_some());
    }
}
