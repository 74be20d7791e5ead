//! The process and the machine, as the console shows them.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use veche_api::admin::v1::about::{Machine, MachineFacts, Verification};
use veche_base::Clock;
use veche_directory::StoreError;
use veche_store::sql::{Sql, settings};

use crate::verification;

/// This process.
pub(crate) struct ThisMachine {
    clock: Arc<dyn Clock>,
    sql: Arc<Sql>,
    started: Duration,
    started_ms: u64,
}

impl ThisMachine {
    /// Begins to count its time.
    pub(crate) fn new(clock: Arc<dyn Clock>, sql: Arc<Sql>) -> Self {
        let (started, started_ms) = (clock.monotonic(), clock.wall_ms());
        Self { clock, sql, started, started_ms }
    }

    async fn facts(&self) -> Result<MachineFacts, StoreError> {
        let last = self.sql.read(|view| settings::get::<verification::Last>(view, verification::KEY)).await?;
        let uptime = self.clock.monotonic().saturating_sub(self.started);
        Ok(MachineFacts {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_ms: self.started_ms,
            uptime_ms: u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX),
            memory_bytes: memory_bytes(),
            processors: available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX)),
            verification: last.map(|last| Verification { at_ms: last.at_ms, problems: last.problems }),
        })
    }
}

impl Machine for ThisMachine {
    fn about(&self) -> BoxFuture<'_, Result<MachineFacts, StoreError>> {
        self.facts().boxed()
    }
}

/// Resident memory, as Linux tells.
fn memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1_024)
}

#[cfg(test)]
mod tests {
    use super::memory_bytes;

    #[test]
    fn memory_is_told_by_linux() {
        assert!(memory_bytes().is_some_and(|bytes| bytes > 1_024 * 1_024));
    }
}
