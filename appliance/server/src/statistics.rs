//! Numbers of each day, written down every few minutes: messages, people, the disk. What a crash takes with it is what
//! was counted since.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::warn;
use veche_base::Clock;
use veche_directory::{Day, Directory};
use veche_homeserver::Homeserver;

/// How often they are written down.
const EVERY: Duration = Duration::from_secs(5 * 60);
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Writes them down.
pub(crate) struct Statistics {
    clock: Arc<dyn Clock>,
    directory: Arc<Directory>,
    homeserver: Arc<Homeserver>,
}

impl Statistics {
    pub(crate) const fn new(clock: Arc<dyn Clock>, directory: Arc<Directory>, homeserver: Arc<Homeserver>) -> Self {
        Self { clock, directory, homeserver }
    }

    /// Until the server stops; what was counted until then is written down at the end.
    pub(crate) async fn run(self, stopping: CancellationToken) {
        loop {
            let stopped = tokio::time::timeout(EVERY, stopping.cancelled()).await.is_ok();
            self.write().await;
            if stopped {
                return;
            }
        }
    }

    async fn write(&self) {
        let now_ms = self.clock.wall_ms();
        let day = now_ms / DAY_MS;
        let volume = self.homeserver.overview.disk().map(|(volume, _)| volume);
        let people = self.directory.seen_since(day * DAY_MS);
        let seen = Day {
            day,
            messages: self.homeserver.parts.timeline.take_sent(),
            people: u64::try_from(people).unwrap_or(u64::MAX),
            disk_used_bytes: volume.map_or(0, |volume| volume.total_bytes.saturating_sub(volume.free_bytes)),
            disk_total_bytes: volume.map_or(0, |volume| volume.total_bytes),
        };
        if let Err(error) = self.directory.record_day(seen).await {
            warn!(%error, "the numbers of the day could not be written down");
        }
    }
}
